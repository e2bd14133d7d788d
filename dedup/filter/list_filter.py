"""ListFilter decides lists of paragraphs and of articles, as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from dedup.errors import InputError
from dedup.filter.articles import Article, Split, as_article, trimmed
from dedup.filter.batch_filter import BatchFilter
from dedup.filter.converter import Converter, Item, OnError, not_judged, unreadable
from dedup.filter.delivery import labels_of
from dedup.filter.engine import Engine
from dedup.filter.probe import probe
from dedup.model.convert import check_iterable
from dedup.model.types import ArticleDecision, Decision, Paragraph

_LARGE = 4096  # paragraphs that are decided together


class ListFilter(BatchFilter):
    """Decides lists of paragraphs. The argument is that of `BatchFilter`."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._converter = Converter(engine.settings)

    def decide_many(
        self,
        paragraphs: Iterable[str | Paragraph | Mapping[str, Any]],
        *,
        remember: bool = True,
        on_error: OnError = "raise",
    ) -> list[Decision]:
        """The decisions of many paragraphs at once, in order. Nothing is committed: call `commit` when they arrived.

        All are decided, or none: an item that cannot be judged raises its error before anything is remembered. Other
        threads wait until all are decided.

        A commit of another call on this filter covers these decisions too. What is remembered cannot be undone: if the
        decisions could not be used, close the filter without a commit, and open its state again.

        Args:
            paragraphs: As for `judge`.
            remember: Whether to remember the paragraphs. Otherwise each gets the decision that it would get if it came
                next, alone: the others are no matches. Nothing changes.
            on_error: As for `judge`.

        Raises:
            TypeError: `paragraphs` is a single paragraph, a table, or not iterable.
            InputError: An item is not a paragraph, or is longer than `max_bytes`.
            ClosedError: The filter is closed.
        """
        check_iterable(paragraphs, "decide_many")
        items = list(map(self._converter.for_errors(on_error), paragraphs))
        return [decision for decision, _ in self._decided(items, remember)]

    def judge_article(self, article: str | Paragraph | Mapping[str, Any], *, split: Split = "blank") -> ArticleDecision:
        """Judge the paragraphs of an article, and trim it to what is new. With a state, this is committed.

        Args:
            article: As an item of `decide_articles`.
            split: As for `decide_articles`.

        Raises:
            InputError: It is not an article, or a paragraph is longer than `max_bytes`.
            StateError: The state cannot be written.
            ClosedError: The filter is closed.
        """
        with self._turn():
            (decision,) = self.decide_articles([article], split=split)
            self.commit()
        return decision

    def decide_articles(
        self,
        articles: Iterable[str | Paragraph | Mapping[str, Any]],
        *,
        split: Split = "blank",
        remember: bool = True,
        on_error: OnError = "raise",
    ) -> list[ArticleDecision]:
        """Judge the paragraphs of many articles at once, and trim each to what is new. Nothing is committed.

        The paragraphs of an article with the id `a` get the ids `a#1`, `a#2`, and so on; a text of one paragraph keeps
        the id `a`.

        Args:
            articles: As the paragraphs of `judge`. The text of a mapping may be a list of paragraphs.
            split: Whether a text is split at `blank` lines, or at each `line` end.
            remember: As for `decide_many`.
            on_error: As for `judge`. An article with a paragraph that cannot be judged is unreadable as a whole.

        Raises:
            TypeError: `articles` is a single article, a table, or not iterable.
            InputError: An item is not an article, or a paragraph is longer than `max_bytes`.
            ClosedError: The filter is closed.
        """
        check_iterable(articles, "decide_articles")
        self._converter.for_errors(on_error)
        read = [self._article(record, split, on_error) for record in articles]
        decided = iter(self._decided([item for _, items in read for item in items], remember))
        return [trimmed(article, list(islice(decided, len(items)))) for article, items in read]

    def _article(self, record: Any, split: Split, on_error: OnError) -> tuple[Article, list[Item]]:
        """An article with its paragraphs as items; with one unreadable item if it cannot be judged."""
        try:
            article = as_article(record, split)
            return article, [self._converter.item(paragraph, 5) for paragraph in article.paragraphs]
        except InputError as error:
            if on_error == "raise":
                raise
            return Article(record, "", [], []), [unreadable(record, error)]

    def _decided(self, items: Sequence[Item], remember: bool) -> list[tuple[Decision, bool]]:
        """The decision of each item, and whether it has no word."""
        readable = [item for item in items if item.error is None]
        chunks = [readable[first : first + _LARGE] for first in range(0, len(readable), _LARGE)]
        sketched = [self._engine.sketch_batch([item.data for item in chunk]) for chunk in chunks]
        decided: list[tuple[Decision, bool]] = []
        with self._turn() as engine, self._closed_if_it_fails():
            self._delivery.end()
            for chunk, batch in zip(chunks, sketched, strict=True):
                paragraphs = [item.paragraph for item in chunk]
                labels = labels_of(paragraphs, engine.read)
                found = engine.match_batch(batch, labels) if remember else probe(engine, batch, labels)
                decisions = [engine.decision(found, i, paragraph) for i, paragraph in enumerate(paragraphs)]
                decided += zip(decisions, (batch.words == 0).tolist(), strict=True)
        rest = iter(decided)
        return [next(rest) if item.error is None else (not_judged(item), False) for item in items]

    def encoded(self, text: str) -> bytes:
        """A text as UTF-8. Raises InputError if it is longer than `max_bytes`."""
        return self._converter.encoded(text)
