"""Changes in the bytes of a JSON object: the rest stays the same, byte for byte."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.running import dedup
from hypothesis import example, given
from hypothesis import strategies as st

from dedup.formats.json_values import dump, put
from dedup.formats.splice import append, as_line, elements, find, members, replace
from dedup.model.utf8 import decode, encode

TEXT = "The harbour authority in Halmere said on Tuesday that the north quay would stay closed until spring."
OTHER = "Farmers in the eastern valleys have asked the ministry for seed after the second frost in a week."
NAMES = st.text(st.sampled_from('ab"\\{}[],: é\n'), max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
LAYOUTS = st.sampled_from([{"separators": (",", ":")}, {}, {"indent": 1}, {"ensure_ascii": False, "indent": "\t"}])


@given(OBJECTS, LAYOUTS)
def test_members(value: dict[str, Any], layout: dict[str, Any]) -> None:
    """Each member of an object, and each element of an array, is found at its place."""
    data = json.dumps(value, **layout).encode()
    assert {name: json.loads(data[start:end]) for name, (start, end) in members(data).items()} == value
    array = json.dumps(list(value.values()), **layout).encode()
    assert [json.loads(element) for element in elements(array)] == list(value.values())


@given(OBJECTS, LAYOUTS, st.sampled_from(["a", "b", "new", "a.b", "a.new.c"]), VALUES)
def test_replace(value: dict[str, Any], layout: dict[str, Any], path: str, new: Any) -> None:
    """A replaced value reads as in a changed object, and the bytes of every other member stay the same."""
    data = json.dumps(value, **layout).encode()
    out = replace(data, path, dump(new))
    assert json.loads(out) == put(value, path, new)
    assert json.loads(as_line(out)) == put(value, path, new)
    assert b"\n" not in as_line(out)
    found = find(out, path)
    assert found is not None
    assert json.loads(found) == json.loads(dump(new))
    first = path.partition(".")[0]
    before, after = members(data), members(out)
    for name in before.keys() - {first}:
        assert out[slice(*after[name])] == data[slice(*before[name])]


def test_examples_of_replacement() -> None:
    """White space stays, the last of equal names counts, and a missing member is added at the end."""
    assert replace(b'{ "a" : 1.0 , "b":[1,\t2] }', "a", b"7") == b'{ "a" : 7 , "b":[1,\t2] }'
    assert replace(b'{"a":1,"a":2}', "a", b"7") == b'{"a":1,"a":7}'
    assert replace(b'{ "a":1 }', "b", b"7") == b'{ "a":1,"b":7 }'
    assert replace(b"{ }", "b.c", b"7") == b'{"b":{"c":7} }'
    assert replace(b'{"b":[]}', "b.c", b"7") == b'{"b":{"c":7}}'
    assert append(b'{"a":"}"}\n', "b", b"7") == b'{"a":"}","b":7}\n'
    assert find(b'{"a":{"b":1e400}}', "a.b") == b"1e400"
    assert find(b'{"a":[1]}', "a.b") is None
    assert as_line(b'{\r\n "a": "\\n" ,\n\n"b":2}') == b'{"a": "\\n" ,"b":2}'
    deep = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b',"b":1}'
    assert replace(deep, "b", b"2") == deep.replace(b'"b":1', b'"b":2')


@given(st.text(st.characters() | st.sampled_from("\ud800\udbff\udc00\udc7f\udc80\udcff\udd00\udfff"), max_size=6))
def test_any_string_can_be_carried(text: str) -> None:
    """Lone surrogates and bytes that are not UTF-8 survive the conversion to bytes and back, even in one text."""
    assert decode(encode(text)) == text


@given(st.lists(st.sampled_from([b"\xed", b"\xa0", b"\x80", b"\xb2", b"\xb3", b"\xbf", b"\xff", b"a", b"\xc3\xa9"])))
@example([b"\xed", b"\xb2", b"\x80"])
@example([b"\xed", b"\xb3", b"\xbf", b"\xed", b"\xa0", b"\x80", b"\xed"])
def test_any_bytes_can_be_carried(parts: list[bytes]) -> None:
    """Any bytes survive the conversion to text and back."""
    assert encode(decode(b"".join(parts))) == b"".join(parts)


KEPT = b",".join(
    [
        b'"a":18446744073709551616',
        b'"b":-123456789012345678901234567890',
        b'"c":' + b"9" * 5000,
        b'"d":1e400',
        b'"e":-0.0',
        b'"f":1.10',
        b'"g":1E+2',
        b'"h":0.1000000000000000055511151231257827',
        b'"i":"a\\ud800b"',
        b'"j":"\\u00e9\\/\\u007f\\udc00"',
        b'"k":"\xc3\xa9 \xf0\x9f\x98\x80"',
        b'"l":{"m":[1.0, {"o":1e-400}]}',
        b'"m" : [ 1.50 ,\t2 ]',
        b'"n":1,"n":2.0',
    ]
)


@pytest.mark.parametrize("kind", ["lines", "array", "others"])
def test_values_come_out_as_they_came(kind: str, tmp_path: Path) -> None:
    """JSON output keeps the other values of a record, whether it is novel, dropped, trimmed or in an array."""
    text, other = json.dumps(TEXT).encode(), json.dumps(OTHER).encode()
    lines = [
        b'{"text":' + text + b"," + KEPT + b"}",
        b"{" + KEPT + b',"text":' + text + b',"dedup":{"decision":"old"}}',
        b"{" + KEPT + b',"text":[' + text + b"," + other + b'],"id":"x"}',
    ]
    data = {
        "lines": b"\n".join(lines),
        "array": b"[" + b",\n".join(lines) + b"]",
        "others": b"\xef\xbb\xbf" + b"\r\n".join([*lines, b'{"text":"\\ud800"}']),  # no batch of simple lines
    }[kind]
    dropped = tmp_path / "dropped"
    run = dedup("filter", "--emit", "all", "--output-format", "jsonl", "--duplicates", dropped, stdin=data)
    assert run.returncode == 0, run.stderr
    out = run.stdout.splitlines()[:4]
    assert all(KEPT in line for line in out + dropped.read_bytes().splitlines())
    read = [json.loads(line, parse_int=str) for line in out]
    assert [each["dedup"]["decision"] for each in read] == ["novel", "exact", "exact", "novel"]
    assert [line.count(b'"dedup"') for line in out] == [1, 1, 1, 1]
    assert (read[3]["text"], read[3]["id"]) == (OTHER, "x#2")
    assert b"{" + KEPT + b',"text":[' + other + b'],"id":"x"}' in dedup("filter", stdin=data).stdout


def test_large_ids_are_unchanged() -> None:
    """Ids beyond the range of a float keep every digit, even in the match of a later record."""
    lines = [b'{"id":%d,"text":"%s"}\n' % (2**64 + k, TEXT.encode()) for k in range(2)]
    run = dedup("filter", "--emit", "all", "--output-format", "jsonl", stdin=b"".join(lines))
    first, second = run.stdout.splitlines()
    assert first.startswith(lines[0][:-2] + b',"dedup":')
    assert second.startswith(lines[1][:-2] + b',"dedup":')
    assert json.loads(second)["dedup"]["match"]["id"] == str(2**64)


def test_lone_surrogates_are_unchanged() -> None:
    """A text with a lone surrogate keeps it, and so does the match of its repeat."""
    lines = b'{"text":"%s \\ud800 x"}\n{"text":["%s \\ud800 x","%s"]}\n' % ((TEXT.encode(),) * 2 + (OTHER.encode(),))
    first, second, _ = dedup("filter", "--emit", "all", "--output-format", "jsonl", stdin=lines).stdout.splitlines()
    assert json.loads(first)["text"] == f"{TEXT} \ud800 x"
    assert json.loads(second)["text"] == json.loads(second)["dedup"]["match"]["text"] == f"{TEXT} \ud800 x"


def test_bytes_that_are_not_utf8_stay_readable() -> None:
    """JSON output is valid UTF-8, even if the input is not."""
    out = dedup("filter", "--output-format", "jsonl", stdin=b'{"text":"caf\xe9 \xed\xa0 au lait","id":"\xff"}\n').stdout
    assert json.loads(out.decode())["text"] == "caf\udce9 \udced\udca0 au lait"
    assert json.loads(out.decode())["id"] == "\udcff"
