"""The canonical text against a slow reference, over all of Unicode."""

import sys
import unicodedata
from itertools import pairwise

import pytest
from helpers.reference import slow_canonical, slow_tokens
from helpers.strategies import batches, texts
from hypothesis import given
from hypothesis import strategies as st

from dedup.model.utf8 import decode, encode
from dedup.sketch.char_classes import CharClasses, normalise
from dedup.sketch.normalize import canonical, canonicalise, pack, prenormalize

ALPHABET = CharClasses()  # the classes that it caches do not depend on the test


def fast(data: list[bytes], char_classes: CharClasses = ALPHABET) -> tuple[list[bytes], list[int]]:
    """The canonical texts of a batch and their numbers of tokens."""
    prepared, normalised = prenormalize(pack(data), char_classes)
    (out, offsets), tokens = canonicalise(prepared, normalised, char_classes)
    whole = out.tobytes()
    parts = [whole[start:end] for start, end in pairwise(offsets)]
    return parts, tokens.tolist()


def differing(sources: list[str]) -> list[str]:
    """The texts whose canonical form differs from that of the reference."""
    data = [encode(source) for source in sources]
    return [
        f"{source!r} {part!r}"
        for source, raw, part in zip(sources, data, fast(data)[0], strict=True)
        if part != slow_canonical(raw)
    ]


@given(batches)
def test_equals_the_reference(batch: list[str]) -> None:
    """Every text of a batch has the canonical form and the number of tokens of the slow reference."""
    data = [encode(text) for text in batch]
    parts, tokens = fast(data)
    assert parts == [slow_canonical(text) for text in data]
    assert tokens == [len(slow_tokens(text)) for text in data]


@given(texts)
def test_canonical_equals_a_batch(text: str) -> None:
    """`canonical` gives the same for one text as for a batch."""
    assert encode(canonical(text)) == fast([encode(text)])[0][0]


@given(batches)
def test_neighbours_do_not_matter(batch: list[str]) -> None:
    """A text has the same canonical form in a batch as alone, even with an empty cache of character classes."""
    data = [encode(text) for text in batch]
    fresh = CharClasses()
    together = fast(data, fresh)[0]
    assert together == [fast([text])[0][0] for text in data]


@given(st.text("aZ9 ", max_size=40) | st.text("aAzZ09 @[`{/:'.\n", max_size=40))
def test_eight_bytes_at_a_time(text: str) -> None:
    """Plain text, which is written in blocks of eight bytes, equals the reference wherever the blocks begin and end."""
    data = [encode(before + text + after) for before in ("", "one", "a space ") for after in ("", "to the end of it")]
    parts, tokens = fast(data)
    assert parts == [slow_canonical(raw) for raw in data]
    assert tokens == [len(slow_tokens(raw)) for raw in data]


@given(st.lists(st.binary(max_size=30), max_size=5))
def test_any_bytes(batch: list[bytes]) -> None:
    """Bytes that are not UTF-8 have the canonical form of the reference too."""
    assert fast(batch)[0] == [slow_canonical(data) for data in batch]


def test_every_code_point() -> None:
    """Every code point alone, between letters, between digits and at the end of a word equals the reference."""
    unassigned = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cn", "Co")]
    assert set(fast([encode(f"x{character}y") for character in unassigned])[0]) == {b"x y"}
    assigned = sorted(set(map(chr, range(sys.maxunicode + 1))) - set(unassigned))
    assert len(assigned) > 140_000
    assert differing([f"{character} x{character}y 3{character}4 e{character}" for character in assigned]) == []


def test_composing_characters() -> None:
    """Every second character of a canonical composition composes with its first one, though each alone is simple."""
    pairs = []
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            pairs.append("".join(chr(int(part, 16)) for part in parts))
    pairs += [chr(0x1100 + lead) + chr(0x1161 + vowel) for lead in range(19) for vowel in range(21)]
    pairs += [chr(0xAC00 + 28 * syllable) + chr(0x11A7 + tail) for syllable in range(0, 399, 7) for tail in range(28)]
    assert len(pairs) > 1500
    assert differing(pairs) == []
    assert differing([pair[0] + "\u0301" + pair[1] for pair in pairs]) == []
    composed = [unicodedata.normalize("NFC", pair) for pair in pairs]
    assert fast([encode(text) for text in composed])[0] == fast([encode(text) for text in pairs])[0]


def test_invalid_bytes_are_letters() -> None:
    """Each byte that is not UTF-8 is a different letter. None is dropped."""
    data = [b"caf" + bytes([byte]) + b" au lait" for byte in range(0x80, 0x100)]
    parts, tokens = fast(data)
    assert parts == data
    assert set(tokens) == {3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("„Kein Zurück“ – sagt »er«", "kein zurück sagt er"),
        ("“No way back”, she said – again.", "no way back she said again"),
        ("• The Mayor’s plan — it's `Rock 'n' Roll'", "the mayor's plan it's rock n roll"),
        ("co\u00adoperation zero\u200dwidth\ufeff", "cooperation zerowidth"),
        ("one\u200btwo", "one two"),
        ("up 3.5% to 1,000.25 at 9.30.", "up 3.5 to 1 000.25 at 9.30"),
        (".5 and 5. and v2.b", "5 and 5 and v2 b"),
        ("东京都が洪水に", "东 京 都 が 洪 水 に"),
        ("2024年カタカナー", "2024 年 カ タ カ ナ ー"),
        ("ﾊﾟﾝとｶﾞｽ", "パ ン と ガ ス"),
        ("Die STRASSE, die Straße", "die strasse die strasse"),
        ("ＦＵＬＬ　Ｗｉｄｔｈ １２．５", "full width 12.5"),
        ("cafe\u0301 CAFÉ", "café café"),
        ("😀 🎉 … — !", ""),
        ("", ""),
        ("قال الوزير: «لا»، ٣٫٥ في المئة", "قال الوزير لا ٣٫٥ في المئة"),
        ("बाढ़ से पाँच लोगों की मौत।", "बाढ़ से पाँच लोगों की मौत"),
        ("น้ำท่วมกรุงเทพฯ ๑๒", "น้ ํ า ท่ ว ม ก รุ ง เ ท พ ฯ ๑๒".replace(" ํ", "ํ")),
        ("ໂຮງຮຽນປິດ", "ໂ ຮ ງ ຮ ຽ ນ ປິ ດ"),
        ("សាលាបិទ", "សា លា បិ ទ"),
        ("ကျောင်းပိတ်", "ကျော င်း ပိ တ်"),
        ("10² m² CO₂", "10 2 m2 co2"),
        ("İSTANBUL ISTANBUL istanbul ıstanbul", "istanbul istanbul istanbul istanbul"),
        ("Αθήνα ΑΘΗΝΑ Αθη\u0301να ΐδιος", "αθηνα αθηνα αθηνα ϊδιοσ"),
        ("الرَّئِيسُ الرئـــيس الرئيس", "الرئيس الرئيس الرئيس"),
        ("שָׁלוֹם שלום", "שלום שלום"),
        ("한국 \u1112\u1161\u11ab국", "한국 한국"),
        ("win\x00dow\r\nsill", "win dow sill"),
    ],
)
def test_golden(text: str, expected: str) -> None:
    """Sentences of many scripts have the canonical form that a reader expects."""
    assert canonical(text) == unicodedata.normalize("NFKC", expected).replace("٫", ".")


@given(st.lists(st.binary(max_size=20)))
def test_pack_round_trip(batch: list[bytes]) -> None:
    """Packed texts can be taken out again by their offsets."""
    packed = pack(batch)
    whole = packed.data.tobytes()
    assert [whole[packed.offsets[i] : packed.offsets[i + 1]] for i in range(len(batch))] == batch


@given(st.binary())
def test_decode_round_trip(data: bytes) -> None:
    """Any bytes survive decoding and encoding."""
    assert encode(decode(data)) == data


@given(st.text())
def test_encode_is_utf8(text: str) -> None:
    """Text without lone surrogates is encoded as UTF-8 and decoded unchanged."""
    assert encode(text) == text.encode()
    assert decode(encode(text)) == text


def test_encode_surrogates() -> None:
    """Lone surrogates are encoded too: as the byte they stand for, or otherwise as three bytes."""
    assert encode("a\udcffb") == b"a\xffb"
    assert encode("a\ud800b") == b"a\xed\xa0\x80b"


@given(st.text())
def test_normalise_is_stable(text: str) -> None:
    """A normalised text has the same tokens as the original."""
    assert slow_canonical(encode(normalise(text))) == slow_canonical(encode(text))
