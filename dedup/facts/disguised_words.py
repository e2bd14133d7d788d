"""The rule on disguised words: those that look like others, because of invisible characters or letters that look alike.

With an invisible character inside "not", a reader sees a negation that the other rules do not see.
"""

import re
from collections.abc import Iterator

from dedup.facts.text_pair import Change, TextPair

_INVISIBLE = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_OTHER_SCRIPTS = "\u0370-\u03ff\u0400-\u052f"  # Greek and Cyrillic, whose letters look like Latin ones
_DISGUISED = re.compile(
    rf"[A-Za-z][{_INVISIBLE}]+[A-Za-z]|[A-Za-z][{_INVISIBLE}]*[{_OTHER_SCRIPTS}]|[{_OTHER_SCRIPTS}][{_INVISIBLE}]*[A-Za-z]"
)


def disguised_words(pair: TextPair) -> Iterator[Change]:
    """The runs that delete a disguised word of the old text."""
    if pair.old.body.isascii():
        return
    spans, text = pair.old.spans, pair.old.text
    for run in pair.runs:
        if run.old_size and _DISGUISED.search(text, spans[run.old_start][0], spans[run.old_end - 1][1]):
            yield run.old_places, run.new_places
