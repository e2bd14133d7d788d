"""Normal forms of Unicode are those of Python, also for long rows of combining marks."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.model.normal_form import nfkc, nfkd

_MARKS = [chr(code) for code in range(0x300, 0x20000) if unicodedata.combining(chr(code))]
_CHARACTERS = st.one_of(st.sampled_from(_MARKS), st.sampled_from("aeé가각가ㅏ´ ́̈́\u0344ͅ⃣️🔺"), st.characters())


@given(st.text(_CHARACTERS, max_size=200), st.text(st.sampled_from(_MARKS), min_size=30, max_size=200))
def test_equal_to_python(text: str, marks: str) -> None:
    """Whatever stands before, between and after the marks."""
    for whole in (text, text + marks, f"a{marks}b{text}", marks + text + marks):
        assert nfkc(whole) == unicodedata.normalize("NFKC", whole)
        assert nfkd(whole) == unicodedata.normalize("NFKD", whole)


@pytest.mark.parametrize("form", [nfkc, nfkd])
def test_a_long_row_of_marks_ends(form: object) -> None:
    """A million marks in the worst order would take Python hours."""
    text = "a" + "\u0301\u0323" * 500_000
    assert len(form(text)) == len(text) - (form is nfkc)  # type: ignore[operator]
