"""One piece of text -> the words in it, as they are written and as they are compared."""

import re
import unicodedata

# Combining marks are no \w in `re`, but belong to the letter before them.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u0652\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e"
#: Han and kana: each is a word by itself. First and last code points.
SINGLES = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))
_SINGLE = "".join(f"{chr(first)}-{chr(last)}" for first, last in SINGLES)
WORD = re.compile(
    rf"\d+(?:[.,:٫٬]\d+)*(?:[^\W\d_{_SINGLE}]+)?"  # a number and what is written to it: 2.30pm, 5m, 22nd
    rf"|[{_SINGLE}]"
    rf"|(?:[^\W\d_{_SINGLE}]\.){{2,}}"  # U.S.
    rf"|[^\W_{_SINGLE}]+(?:[{_MARKS}]+[^\W_{_SINGLE}]*)*"
    rf"(?:['’ʼ](?=[^\W\d_])[^\W_{_SINGLE}]+)*"
    r"|[$£€¥₹%]"
)
_APOSTROPHES = str.maketrans("’ʼ", "''")


def key(word: str) -> str:
    """A word as it is compared: casefolded, without dots inside and without 's."""
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word).translate(_APOSTROPHES)
    word = word.casefold()
    if "." in word and not word[0].isdigit():
        word = word.replace(".", "")
    return word[:-2] if len(word) > 2 and word.endswith("'s") else word


def is_single(key: str) -> bool:
    """Whether a word is a Han or kana character."""
    return any(first <= ord(key[0]) <= last for first, last in SINGLES)
