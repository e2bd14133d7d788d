"""Reads the inputs of the commands that look at a whole feed, and sums up what they found."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import filterwarnings

from dedup.cli.progress import Progress
from dedup.cli.runtime import (
    REJECTED,
    check_output_paths,
    chosen_settings,
    find_inputs,
    is_standard_output,
    print_status,
)
from dedup.errors import InputError
from dedup.model.types import EMITTED

if TYPE_CHECKING:
    from dedup.formats.input_checks import InputCheck
    from dedup.model.types import Decision, Paragraph
    from dedup.pipeline.counts import RunCounts

_FIELDS = ("split", "text_field", "id_field", "time_field", "source_field", "extract")


class InputReader:
    """The paragraphs of all inputs of a command, and the settings to decide them by.

    It counts paragraphs in `read` and rejected input, which it reports on stderr, in `rejected`.

    Args:
        output_file: What the command writes; it must not be one of the inputs.
        options: What `input_options` and `filter_options` gave.

    Raises:
        click.UsageError: A setting or a path is wrong.
    """

    def __init__(
        self,
        output_file: str,
        inputs: tuple[str, ...],
        format_: str,
        config: Path | None,
        quiet: bool,
        **options: Any,
    ) -> None:
        self.quiet = quiet
        self.rejected = 0
        self.read = 0
        self._kinds: Counter[str] = Counter()
        self._splits: Counter[str] = Counter()
        self._show_progress = False if quiet else None if is_standard_output(output_file) else True
        self._format = format_
        self._fields = {name: options.pop(name) for name in _FIELDS}
        self.settings = chosen_settings(config, options)
        self.paths = find_inputs(inputs)
        check_output_paths(self.paths, [output_file])

    def decisions(self) -> "Iterator[Decision]":
        """The decision of the filter on each paragraph, in order."""
        from dedup.filter.novelty_filter import NoveltyFilter

        filterwarnings("ignore", category=UserWarning, module="dedup")  # of times, which are reported for each input
        for decision in NoveltyFilter(self.settings).judge(self.paragraphs()):
            self._kinds[decision.kind] += 1
            yield decision

    def paragraphs(self) -> "Iterator[Paragraph]":
        """The paragraphs of all inputs, in order. Raises InputError if the only input cannot be read."""
        progress = Progress(self._show_progress, self.paths)
        for path in self.paths:
            try:
                yield from self._input(path, progress)
            except InputError as error:
                if len(self.paths) == 1:
                    raise
                self.rejected += 1
                print_status(str(error))
        progress.close()

    def _input(self, path: str, progress: Progress) -> "Iterator[Paragraph]":
        from dedup.formats.base import RejectedInput, Source
        from dedup.formats.input_checks import InputCheck
        from dedup.formats.reading import input_name, open_input, records
        from dedup.model.types import Paragraph
        from dedup.model.utf8 import decode
        from dedup.pipeline.warnings import Warnings

        source = Source(input_name(path), max_bytes=self.settings.max_bytes, **self._fields)
        check = InputCheck(source)
        complaints = Warnings(print_status)
        with open_input(path) as file, closing(complaints):
            for batch in records(file, source, self._format):
                if isinstance(batch, RejectedInput):
                    if batch.reason is not None:
                        self.rejected += 1
                        complaints.add(batch)
                    continue
                self.read += len(batch.texts)
                labels = batch.labels()
                check.see(batch, labels)
                self._print_notices(check, ended=False)
                for text, label in zip(batch.texts, labels, strict=True):
                    yield Paragraph(decode(text), *label)
                dropped = sum(count for kind, count in self._kinds.items() if kind not in EMITTED)
                progress(file, self.read, dropped if self._kinds else None)
        self._print_notices(check, ended=True)
        if check.split is not None:
            self._splits[check.split] += 1

    def _print_notices(self, check: "InputCheck", *, ended: bool) -> None:
        for line in check.notices(ended=ended):
            print_status(line)

    def sum_up(self) -> None:
        """Print how many paragraphs were kept and dropped, unless the command is quiet."""
        if not self.quiet:
            print_status(str(self.counts()))

    def counts(self) -> "RunCounts":
        """How many paragraphs were kept and dropped."""
        from dedup.pipeline.counts import RunCounts

        return RunCounts(self._kinds, self.rejected, splits=self._splits)

    def end(self) -> None:
        """End the process with status 3 if input was rejected."""
        if self.rejected:
            sys.exit(REJECTED)
