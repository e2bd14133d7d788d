"""What the verbs that look at a feed as a whole have in common: how it is read, judged and told of."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dedup.cli.progress import Progress
from dedup.cli.runtime import REJECTED, chosen_settings, say
from dedup.errors import InputError
from dedup.formats.input_files import find
from dedup.model.types import EMITTED

if TYPE_CHECKING:
    from dedup.formats.input_checks import InputCheck
    from dedup.model.types import Decision, Paragraph
    from dedup.pipeline.counts import Counts

_FIELDS = ("split", "text_field", "id_field", "time_field", "source_field", "extract")


class Feed:
    """The paragraphs of all inputs of a verb, and the settings to judge them by.

    Takes what the options of `reads_a_feed` and `judges` gave, and whether standard output is written to. Counts
    the paragraphs in `read`, and in `rejected` what cannot be read, of which it tells on stderr. Raises
    click.UsageError for wrong settings and for inputs that are not there.
    """

    def __init__(
        self,
        inputs: tuple[str, ...],
        format_: str,
        config: Path | None,
        quiet: bool,
        writes: bool = True,
        **given: Any,
    ) -> None:
        self.quiet = quiet
        self.rejected = 0
        self.read = 0
        self._kinds: Counter[str] = Counter()
        self._splits: Counter[str] = Counter()
        self._writes = writes
        self._format = format_
        self._fields = {name: given.pop(name) for name in _FIELDS}
        self.settings = chosen_settings(config, given)
        try:
            self.paths = list(find(inputs or ("-",)))
        except InputError as error:
            raise click.UsageError(str(error)) from None

    def decisions(self) -> "Iterator[Decision]":
        """What the filter decides of each paragraph, in order."""
        from dedup.filter.novelty_filter import NoveltyFilter

        for decision in NoveltyFilter(self.settings).judge(self.paragraphs()):
            self._kinds[decision.kind] += 1
            yield decision

    def paragraphs(self) -> "Iterator[Paragraph]":
        """The paragraphs of all inputs, in order. Raises InputError where the only input cannot be read."""
        watch = Progress(False if self.quiet else None if self._writes else True, self.paths)
        for path in self.paths:
            try:
                yield from self._input(path, watch)
            except InputError as error:
                if len(self.paths) == 1:
                    raise
                self.rejected += 1
                say(str(error))
        watch.close()

    def _input(self, path: str, watch: Progress) -> "Iterator[Paragraph]":
        from dedup.formats import input_name, open_input, records
        from dedup.formats.base import Rejected, Source
        from dedup.formats.input_checks import InputCheck
        from dedup.model.types import Paragraph
        from dedup.model.utf8 import decode
        from dedup.pipeline.warnings import Complaints

        source = Source(input_name(path), max_bytes=self.settings.max_bytes, **self._fields)
        check = InputCheck(source)
        complaints = Complaints(say)
        with open_input(path) as file, closing(complaints):
            for batch in records(file, source, self._format):
                if isinstance(batch, Rejected):
                    if batch.reason is not None:
                        self.rejected += 1
                        complaints.add(batch)
                    continue
                self.read += len(batch.texts)
                labels = batch.labels()
                check.see(batch, labels)
                self._tell(check, ended=False)
                for text, label in zip(batch.texts, labels, strict=True):
                    yield Paragraph(decode(text), *label)
                dropped = sum(count for kind, count in self._kinds.items() if kind not in EMITTED)
                watch(file, self.read, dropped if self._kinds else None)
        self._tell(check, ended=True)
        if check.split is not None:
            self._splits[check.split] += 1

    def _tell(self, check: "InputCheck", *, ended: bool) -> None:
        for line in check.notices(ended=ended):
            say(line)

    def sum_up(self) -> None:
        """Say what became of the paragraphs, where somebody wants to know."""
        if not self.quiet:
            say(str(self.counts()))

    def counts(self) -> "Counts":
        """What became of the paragraphs."""
        from dedup.pipeline.counts import Counts

        return Counts(self._kinds, self.rejected, splits=self._splits)

    def end(self) -> None:
        """End the process with the status that says that input was rejected, if it was."""
        if self.rejected:
            sys.exit(REJECTED)
