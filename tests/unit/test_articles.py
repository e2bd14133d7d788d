"""Articles: what is left of each is what the command leaves of the same record."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.running import dedup
from hypothesis import given
from hypothesis import strategies as st

from dedup import NoveltyFilter, Paragraph
from dedup.errors import InputError
from dedup.formats.split_paragraphs import cut, separator

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
STORM = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
BUDGET = "The council has agreed on a budget for new schools, clinics and a tram line to the airport."
HARVEST = "Farmers in the valleys have asked the ministry for seed after the second frost in a week."
ARTICLES: list[dict[str, Any]] = [
    {"id": "a", "text": f"{STORM}\n\n* * *\n\n{BUDGET}\n"},
    {"id": "b", "text": [BUDGET, "", HARVEST, "***"]},
    {"id": "c", "text": f"{BUDGET}\r\n\r\n* * *\r\n\r\n{STORM}"},
    {"id": "d", "text": STORM},
    {"id": "e", "text": []},
    {"id": "f", "text": ""},
    {"id": "g", "text": [STORM]},
    {"id": "h", "text": f"\n\n{HARVEST}\n\nA new bridge opens on Saturday.\n\n"},
    {"text": f"{HARVEST}\n\nNobody was hurt, the mayor said on Sunday evening."},
]


@pytest.mark.parametrize("split", ["blank", "line"])
def test_equals_the_command(split: Any, tmp_path: Path) -> None:
    """The decisions, ids and texts that are left are those of `dedup filter` on the same records."""
    records = ARTICLES + [json.loads(line) for line in (SAMPLES / "articles.jsonl").read_text().splitlines()]
    lines = "".join(json.dumps(record) + "\n" for record in records).encode()
    options = ["--quiet", "--split", split, "-"]
    kept = [json.loads(line) for line in dedup("filter", *options, stdin=lines).stdout.splitlines()]
    marked = dedup("filter", "--emit", "all", "--output-format", "jsonl", *options, stdin=lines).stdout.splitlines()
    found = NoveltyFilter().decide_articles(records, split=split)
    left = [{**article.record, "text": article.text} for article in found if article.text is not None]
    assert left == kept
    decided = [decision for article in found for decision in article.decisions]
    for decision, line in zip(decided, map(json.loads, marked), strict=True):
        assert decision.kind == line["dedup"]["decision"]
        assert decision.paragraph.text == line["text"]
        assert decision.paragraph.id in (line["id"], None)
    assert {article.result for article in found} == {"kept", "trimmed", "dropped"}
    assert [article.record for article in found] == records


@given(st.text("a\n\r ", max_size=30), st.sampled_from(["blank", "line"]))
def test_nothing_is_lost(text: str, split: Any) -> None:
    """A novel article comes back as it was, and its parts make up the text."""
    (article,) = NoveltyFilter(min_words=50).decide_articles([text], split=split)
    assert "".join(cut(text, separator(split))) == text
    assert len(article.decisions) == len(cut(text, separator(split)))
    if all(decision.novel for decision in article.decisions):
        assert (article.text, article.result) == (text, "kept")


def test_the_object_of_the_caller() -> None:
    """Each decision has the article that it belongs to, as it was passed, or the object of a Paragraph."""
    mine = object()
    articles: list[Any] = [f"{STORM}\n\n{BUDGET}", Paragraph(f"{BUDGET}\n\n{HARVEST}", "x", record=mine), ARTICLES[0]]
    found = NoveltyFilter().decide_articles(articles)
    assert [article.record for article in found] == [articles[0], mine, ARTICLES[0]]
    for article in found:
        assert all(decision.paragraph.record is article.record for decision in article.decisions)
    assert found[1].text == HARVEST


def test_judge_article_commits(tmp_path: Path) -> None:
    """One article is committed when it returns; many are not, and a probe remembers nothing."""
    path = tmp_path / "feed.dedup"
    article = ARTICLES[0]
    for result in ("kept", "dropped"):
        novelty = NoveltyFilter(state=path)
        assert novelty.decide_articles([article], remember=False)[0].result == result
        assert novelty.judge_article(article).result == result
        novelty.decide_articles([HARVEST])
        novelty._engine.close()  # as if the process had been killed
    with NoveltyFilter(state=path) as novelty:
        assert novelty.judge_article(HARVEST).result == "kept"


@pytest.mark.parametrize("wrong", [None, 7, {"text": None}, {"id": 1}, {"text": [STORM, None]}, {"text": {"a": 1}}])
def test_unreadable_articles(wrong: Any) -> None:
    """An article that cannot be judged raises, or is unreadable in its place. None of its paragraphs is remembered."""
    with pytest.raises(InputError):
        NoveltyFilter().decide_articles([BUDGET, wrong])
    novelty = NoveltyFilter()
    first, second, third = novelty.decide_articles([BUDGET, wrong, STORM], on_error="yield")
    assert [first.result, second.result, third.result] == ["kept", "unreadable", "kept"]
    assert second.record is wrong
    assert second.text is None
    assert second.error
    assert [decision.kind for decision in second.decisions] == ["unreadable"]


def test_the_longest_paragraph_of_an_article() -> None:
    """`max_bytes` limits a paragraph, not the article."""
    novelty = NoveltyFilter(max_bytes=100)
    assert novelty.judge_article(f"{STORM}\n\n{BUDGET}").result == "kept"
    with pytest.raises(InputError, match="max_bytes"):
        novelty.judge_article(STORM + BUDGET)
