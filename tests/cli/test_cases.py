"""Inputs that often cause trouble in news tools, each through the real command: one table entry per kind."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.running import dedup

TRAMS = "Trams in Osterhaven stood still on Friday after a burst water main flooded the depot below the old brewery."
OWLS = "Rangers on the Skarn plateau counted forty nesting pairs of snowy owls, the most since their records began."
TOLLS = "Lorry drivers will pay no toll on the mountain road until the second tunnel opens, the canton decided."
RIGHTS = "Copying this report in any form needs the written consent of the Osterhaven news office."
PROMO = "Follow all that happens in our region through the day, with pictures, sound and the views of our readers."
HEADLINES = ["Mayor Ilvane steps down", "Fire destroys the Skarn museum", "Canton raises the wage of nurses"]
DAY = 86_400_000  # milliseconds
BLOCKS = f"<p>{TRAMS}</p><p>{OWLS}</p>"


def rss(*items: str) -> str:
    """An RSS feed."""
    written = "".join(f"<item>{item}</item>" for item in items)
    return f"<rss version='2.0'><channel><title>T</title>{written}</channel></rss>"


def titled(name: str, title: str, text: str) -> str:
    """An RSS item."""
    return f"<guid>{name}</guid><title>{title}</title><description>{text}</description>"


def json_feed(*items: dict[str, str], **head: str) -> str:
    """A JSON Feed."""
    return json.dumps(head | {"items": [{"id": f"i{place}"} | item for place, item in enumerate(items)]})


def escaped(text: str) -> str:
    """Markup as text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


VIEWS = pa.table({"id": [1, 2, 3, 4], "text": pa.array([TRAMS, OWLS, TRAMS, TOLLS], pa.string_view())})
TWINS = pa.table([[TRAMS, OWLS], [1, 2], [OWLS, TRAMS]], names=["text", "id", "text"])
Run = CompletedProcess[bytes]
Check = Callable[[Run, bytes, Path], None]


def keeps(
    run: Run, data: bytes, folder: Path, *, counts: str, without: tuple[str, ...] = (), message: str = ""
) -> None:
    """The input comes out without these parts, and the summary has these counts."""
    for part in without:
        assert data.count(part.encode()) == 1
        data = data.replace(part.encode(), b"")
    assert run.stdout == data
    assert counts in run.stderr.decode()
    assert message in run.stderr.decode()
    assert run.returncode == (3 if "rejected" in counts else 0)


def refuses(run: Run, data: bytes, folder: Path, *, message: str) -> None:
    """There is no output and no output file, and one line names the reason."""
    assert (run.returncode, run.stdout, run.stderr.count(b"\n")) == (1, b"", 1)
    assert message in run.stderr.decode()
    assert not list(folder.glob("out*"))


def writes_ids(run: Run, data: bytes, folder: Path, *, ids: list[str]) -> None:
    """The JSON output has exactly these ids."""
    assert run.returncode == 0
    assert [line.partition(b",")[0].decode() for line in run.stdout.splitlines()] == [f'{{"id":{id_}' for id_ in ids]


def writes_rows(run: Run, data: bytes, folder: Path, *, ids: list[object], schema: pa.Schema | None = None) -> None:
    """The Parquet output has the rows with these ids, and the schema of the input."""
    assert (run.returncode, run.stdout) == (0, b"")
    out = pq.read_table(folder / "out.parquet")
    assert out.column("id").to_pylist() == ids
    assert schema is None or out.schema.equals(schema)


WARNING = "<br />\n<b>Notice</b>:  Undefined index in <b>/srv/feed.php</b> on line <b>7</b><br />\n"
FEED = rss(titled("a", "Depot", TRAMS), titled("b", "Owls", OWLS))
AGAIN = f"<item>{titled('c', 'Depot', TRAMS)}</item>"
TWO_ROWS = f'1,"{TRAMS}"\n2,"{OWLS}"\n'
THREE = [titled(str(place), title, PROMO) for place, title in enumerate(HEADLINES)]
IN_FORMS = [BLOCKS, escaped(BLOCKS), escaped(escaped(BLOCKS)), f"<![CDATA[{BLOCKS}]]>"]
FORMS = [titled(f"f{place}", "Trams &amp; owls", text) for place, text in enumerate(IN_FORMS)]
ARTICLES = f'n,headline,story\n1,Trams,"{TRAMS}\n{RIGHTS}"\n2,Owls,"{OWLS}\n{RIGHTS}"\n'
WRAPPED = (
    "Trams in Osterhaven stood still on Friday after a burst water\nmain flooded the depot, the police\nsaid.\n\n"
    "Rangers on the Skarn plateau counted forty pairs of snowy owls,\nthe most since records began, the police\nsaid.\n"
)
TIMES = [
    json.dumps({"id": place, "text": text, "time": 1_900_000_000_000 + day * DAY}) + "\n"
    for place, (text, day) in enumerate([(TRAMS, 0), (OWLS, 1), (TRAMS, 30), (OWLS, 2)])
]
PRETTY = [json.dumps({"id": place, "text": TRAMS}, indent=2) + "\n" for place in (1, 2)]
UNNAMED = json_feed({"content_text": TRAMS}, {"content_text": TRAMS}, title="T")
RECORDS = [json.dumps({"id": place, "text": text}) + "\n" for place, text in ((7, TRAMS), (0.25, OWLS))]
LONG = f'{{"id":36893488147419103233,"text":"{TRAMS}"}}\n{{"id":1e400,"text":"{OWLS}"}}\n'

# A name, the input, the options, and the check.
CASES: list[tuple[str, str | pa.Table, list[str], Check]] = [
    ("a feed after a warning", WARNING + FEED.replace("</channel>", f"{AGAIN}</channel>"), [],
     partial(keeps, counts="read 4, kept 2, dropped 1: 1 exact; rejected 1", without=(WARNING, AGAIN),
             message="comes before a feed")),
    ("markup in every form", rss(*FORMS), [],
     partial(keeps, counts="read 12, kept 3, dropped 9: 9 exact",
             without=tuple(f"<item>{item}</item>" for item in FORMS[1:]))),
    ("lone CR", f'id,text\n{TWO_ROWS}3,"{TRAMS}"\n'.replace("\n", "\r"), [],
     partial(keeps, counts="read 3, kept 2, dropped 1", without=(f'3,"{TRAMS}"\r',))),
    ("a header in capitals", f"ID,TEXT\n{TWO_ROWS}3,{TRAMS}\n", [],
     partial(keeps, counts="read 3, kept 2, dropped 1", without=(f"3,{TRAMS}\n",))),
    ("a separator line", f"sep=;\nid;text\n1;{TRAMS}\n2;{TRAMS}\n", [],
     partial(keeps, counts="read 2, kept 1, dropped 1", without=(f"2;{TRAMS}\n",))),
    ("another column", ARTICLES, [],
     partial(refuses, message="no column 'text' among n, headline, story; name one with --text-field")),
    ("the column named", ARTICLES, ["--text-field", "story"], partial(keeps, counts="read 2, kept 2, dropped 0")),
    ("text in braces", f"{{{{Live}}}} {TRAMS}\n{{New}} {OWLS}\n{TOLLS}\n", [],
     partial(keeps, counts="read 3, kept 3, dropped 0")),
    ("objects of several lines", "".join(PRETTY), [],
     partial(keeps, counts="read 2, kept 1, dropped 1", without=(PRETTY[1],))),
    ("ids of two kinds", "".join(RECORDS), ["--output-format", "parquet", "-o", "out.parquet"],
     partial(writes_rows, ids=["7", "0.25"])),
    ("ids of many digits", LONG, ["--output-format", "jsonl"],
     partial(writes_ids, ids=["36893488147419103233", "1e400"])),
    ("a JSON Feed without a version", UNNAMED, [],
     partial(keeps, counts="read 2, kept 1, dropped 1",
             without=(f', {json.dumps({"id": "i1", "content_text": TRAMS})}',))),
    ("two columns of one name", TWINS, ["-o", "out.parquet"],
     partial(refuses, message="columns 1 and 3 are both called 'text'")),
    ("a string view", VIEWS, ["-o", "out.parquet"], partial(writes_rows, ids=[1, 2, 4], schema=VIEWS.schema)),
    ("headlines over one description", rss(*THREE), [],
     partial(keeps, counts="read 6, kept 4, dropped 2")),
    ("headlines in a JSON Feed", json_feed(*({"title": title, "content_text": PROMO} for title in HEADLINES),
                                           version="https://jsonfeed.org/version/1.1"), [],
     partial(keeps, counts="read 6, kept 4, dropped 2")),
    ("a corrected headline", rss(titled("a", "Depot flooded", TRAMS), titled("a", "Two drown in the depot", TRAMS)), [],
     partial(keeps, counts="read 4, kept 3, dropped 1")),
    ("milliseconds", "".join(TIMES), ["--time-field", "time", "--window", "7d"],
     partial(keeps, counts="read 4, kept 3, dropped 1", without=(TIMES[3],))),
    ("hard-wrapped text", WRAPPED, [], partial(keeps, counts="read 2, kept 2, dropped 0; split at blank lines")),
]  # fmt: skip


@pytest.mark.parametrize(("data", "options", "check"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_case(data: str | pa.Table, options: list[str], check: Check, tmp_path: Path) -> None:
    """Nothing is misread and nothing is lost: each paragraph that is not in the output is a repeat, or is reported."""
    given = tmp_path / ("in.parquet" if isinstance(data, pa.Table) else "in")
    if isinstance(data, pa.Table):
        pq.write_table(data, given)
    else:
        given.write_bytes(data.encode())
    check(dedup("filter", *options, given.name, cwd=tmp_path), given.read_bytes(), tmp_path)
