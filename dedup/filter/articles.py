"""Splits articles into paragraphs, and puts what is new of them together again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from typing import Any, Literal, NamedTuple

from dedup.errors import InputError
from dedup.formats.split_paragraphs import cut, join, separator
from dedup.model.convert import as_paragraph, plain
from dedup.model.types import ArticleDecision, Decision, Paragraph

#: How the text of an article is split: at `blank` lines, or at each `line` end.
Split = Literal["blank", "line"]


class Article(NamedTuple):
    """An article and its paragraphs.

    Attributes:
        record: The object of the caller.
        text: Its text, or the list of its paragraphs.
        parts: The paragraphs; those of a text include the separator after them.
        paragraphs: The paragraphs to judge.
    """

    record: Any
    text: str | list[str]
    parts: list[str]
    paragraphs: list[Paragraph]


def as_article(item: str | Paragraph | Mapping[str, Any], split: Split) -> Article:
    """Split an article. A paragraph gets the id `id#N`, or `id` if it is the whole text.

    Raises:
        InputError: It has neither a text nor a list of texts.
    """
    value: Any = item.as_py() if hasattr(item, "as_py") else item
    found = plain(value.get("text")) if isinstance(value, Mapping) else None
    if isinstance(found, Iterable) and not isinstance(found, str | bytes | Mapping):
        text: str | list[str] = [plain(part) for part in found]
        whole = as_paragraph({**value, "text": ""})
        parts = list(text) or [""]
        for k, part in enumerate(parts, 1):
            if not isinstance(part, str):
                raise InputError(f"paragraph {k} of an article is a str, not {type(part).__name__}")
    else:
        whole = as_paragraph(value)
        text, parts = whole.text, cut(whole.text, separator(split))
    record = whole.record if isinstance(value, Paragraph) and value.record is not None else item
    if isinstance(text, str) and parts == [text] and whole.record is record:
        return Article(record, text, parts, [whole])
    is_numbered = whole.id is not None and (isinstance(text, list) or len(parts) > 1)
    paragraphs = [
        replace(whole, text=part.strip("\r\n"), id=f"{whole.id}#{k}" if is_numbered else whole.id, record=record)
        for k, part in enumerate(parts, 1)
    ]
    return Article(record, text, parts, paragraphs)


def trimmed(article: Article, decided: Sequence[tuple[Decision, bool]]) -> ArticleDecision:
    """The decision on an article, from those on its paragraphs.

    Args:
        article: The article.
        decided: The decision on each of its paragraphs, and whether that has no word. Such a paragraph stays if another
            one does.
    """
    decisions = tuple(decision for decision, _ in decided)
    error = next((decision.error for decision in decisions if decision.error is not None), None)
    if error is not None:
        return ArticleDecision(article.record, decisions, None, False, error)
    with_words = [decision.novel for decision, is_wordless in decided if not is_wordless]
    novel = [any(with_words) if is_wordless and with_words else decision.novel for decision, is_wordless in decided]
    if all(novel):
        text: str | list[str] | None = article.text
    elif not any(novel):
        text = None
    else:
        text = list(compress(article.parts, novel)) if isinstance(article.text, list) else join(article.parts, novel)
    return ArticleDecision(article.record, decisions, text, all(novel))
