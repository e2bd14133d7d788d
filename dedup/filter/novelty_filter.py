"""NoveltyFilter decides, in feed order, whether each paragraph is new.

It is the only stateful object in the package.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from os import PathLike
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, Unpack
from warnings import warn

from dedup.errors import InputError, SettingsError
from dedup.filter.articles import Article, Split, as_article, trimmed
from dedup.filter.batch import SketchedBatch
from dedup.filter.batch_filter import BatchFilter
from dedup.filter.converter import Converter, Item, OnError, unreadable
from dedup.filter.delivery import labels_of
from dedup.filter.probe import probe
from dedup.filter.second_opinion import TIMEOUT, Ask, SecondOpinion
from dedup.model.convert import batches, check_iterable
from dedup.model.types import ArticleDecision, Decision, Paragraph
from dedup.settings import Settings, SettingsFields, settings_from

if TYPE_CHECKING:
    from dedup.store.state_file import State

_COMMIT_EVERY = 0.05  # seconds between commits while decisions are delivered
_LARGE = 4096  # paragraphs that are decided together


class NoveltyFilter(BatchFilter):
    """Decides, in feed order, whether each paragraph is new or repeats an earlier one. The first one seen wins.

    Several threads may use one filter. Their calls take turns, so the results are those of some order of the calls. A
    forked process needs a filter of its own.

    Args:
        settings: The settings; by default `Settings()`.
        state: A state file, to remember paragraphs across runs. It is created if it does not exist. The filter locks
            it until it is closed, best with a `with` statement.
        sync: Whether each commit is synced to disk, so that it survives a power failure.
        second_opinion: A function that is asked about repeats that are not certain, for a batch of them at a time. It
            gets a sequence of pairs, each with `old`, `new` and `new_words`, and returns for each pair whether the new
            text is a repeat. If it is none, the paragraph is emitted as `reworded`. If the function fails, takes too
            long, or does not return one answer per pair, all of them are emitted, with a warning.
        second_opinion_timeout: The seconds that it may take for a batch.
        same_id: What an equal text is that comes again under the id of the paragraph that it repeats: a `repeat`; or
            the same paragraph `again`, for example because an answer was lost. It then gets its first decision, so it
            is emitted again, and `Decision.again` is true.
        **fields: Fields of `Settings`, instead of `settings`.

    Raises:
        SettingsError: The settings are invalid.
        StateError: The state file cannot be used.
        ClosedError: The filter is used after `close`, or in a forked process.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        state: "str | PathLike[str] | State | None" = None,
        sync: bool = False,
        second_opinion: Ask | None = None,
        second_opinion_timeout: float = TIMEOUT,
        same_id: Literal["repeat", "again"] = "repeat",
        **fields: Unpack[SettingsFields],
    ) -> None:
        chosen = settings_from(settings, fields)
        if same_id not in ("repeat", "again"):
            raise SettingsError(f"same_id must be repeat or again, not {same_id!r}")
        if second_opinion is not None and chosen.updates == "drop":
            raise SettingsError("updates must be keep if there is a second opinion, which can only emit more")
        opinion = SecondOpinion(second_opinion, second_opinion_timeout, warn) if second_opinion is not None else None
        super().__init__(
            chosen,
            Path(state) if isinstance(state, str | PathLike) else state,
            sync=sync,
            second_opinion=opinion,
            same_id_again=same_id == "again",
        )
        self._converter = Converter(chosen)

    @staticmethod
    def warm_up() -> None:
        """Compile all kernels, or load them from their cache, so that the first decision does not wait for that."""
        from dedup.filter.warm_up import warm_up  # late, because it needs this module

        warm_up()

    def judge(
        self,
        paragraphs: Iterable[str | Paragraph | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
        commit: bool = True,
        on_error: OnError = "raise",
    ) -> Iterator[Decision]:
        """Yield the decision of each paragraph, in order.

        A paragraph is remembered when its decision is delivered, not earlier. If you stop early, by `break` or an
        exception, you can judge the rest again later. With a state, delivered decisions are committed when the iterator
        ends or is closed, by `close`, and every 50 ms or more when the next decision is requested.

        Paragraphs are taken from an iterator one by one, so no decision waits for the next paragraph. A collection,
        such as a list, is sketched in batches, which is faster. If the source raises an exception, the decisions of
        everything before it are delivered first.

        Args:
            paragraphs: Strings, Paragraphs, or mappings with `text` and optionally `id`, `time` and `source`. A
                paragraph without an id gets the id `paragraph:N`, where N counts all paragraphs of the filter. Values
                may be scalars of pandas, NumPy and pyarrow; NaN is a missing value.
            batch_size: The number of paragraphs to take from the source at a time. A larger number is faster for an
                iterator that never waits. It does not change any decision.
            commit: Whether to commit what was delivered. Otherwise you call `commit`.
            on_error: Whether an item that cannot be judged raises InputError, or yields a decision of the kind
                `unreadable` in its place.

        Warns:
            UserWarning: With a window, once, for a time that cannot be read. The paragraph gets the time of the clock.

        Raises:
            TypeError: `paragraphs` is a single paragraph, a table, or not iterable.
            SettingsError: `batch_size` is below 1.
            InputError: An item is not a paragraph, or is longer than `max_bytes`.
            StateError: The state cannot be written.
            ClosedError: The filter is closed.
        """
        check_iterable(paragraphs)
        if batch_size is not None and batch_size < 1:
            raise SettingsError(f"batch_size must be at least 1, not {batch_size}")
        convert = self._converter.for_errors(on_error)
        with self._turn():
            return self._judged(paragraphs, batch_size, convert, commit)

    def _judged(
        self, paragraphs: Iterable[Any], batch_size: int | None, convert: Callable[[Any], Item], commit: bool
    ) -> Iterator[Decision]:
        committed = monotonic()
        try:
            for batch, error in batches(paragraphs, batch_size, convert):
                readable = [item for item in batch if item.error is None]
                prepared = self._engine.sketch_batch([item.data for item in readable])
                chosen = [item.paragraph for item in readable]
                place = 0
                for item in batch:
                    if item.error is not None:
                        yield _not_judged(item)
                    else:
                        yield self._decide_one(prepared, chosen, place, commit)
                        place += 1
                    if commit and monotonic() - committed > _COMMIT_EVERY:
                        self._commit_delivered()
                        committed = monotonic()
                if error is not None:
                    raise error
        finally:
            if commit and self._process == os.getpid():
                self._commit_delivered()

    def judge_one(self, paragraph: str | Paragraph | Mapping[str, Any]) -> Decision:
        """The decision of one paragraph. With a state, it is committed when this returns.

        Args:
            paragraph: As an item of `judge`.

        Raises:
            InputError: It is not a paragraph, or is longer than `max_bytes`.
            StateError: The state cannot be written.
            ClosedError: The filter is closed.
        """
        item = self._converter.item(paragraph, 3)
        with self._turn() as engine:
            decision = self._decide_one(engine.sketch_batch([item.data]), [item.paragraph], 0, True)
            self._commit_delivered()
        return decision

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
        return [next(rest) if item.error is None else (_not_judged(item), False) for item in items]

    def _decide_one(self, batch: SketchedBatch, paragraphs: list[Paragraph], place: int, commit: bool) -> Decision:
        """Decide the paragraph at `place` of a batch, which is about to be delivered."""
        with self._turn(), self._closed_if_it_fails():
            decision = self._delivery.decide(batch, paragraphs, place)
            self._delivered = self._delivered or commit
            return decision

    def encoded(self, text: str) -> bytes:
        """A text as UTF-8. Raises InputError if it is longer than `max_bytes`."""
        return self._converter.encoded(text)


def _not_judged(item: Item) -> Decision:
    return Decision(item.paragraph, "unreadable", error=item.error)
