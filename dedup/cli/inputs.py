"""Reads the inputs of the commands that analyse a whole feed, and counts their paragraphs."""

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
    """Reads the paragraphs of all inputs of a command, and holds its settings.

    Args:
        output_file: The output of the command. It must not be one of the inputs.
        inputs: The INPUT arguments.
        format_: The format of the inputs.
        config: A TOML file with settings.
        quiet: Whether to write only warnings and errors to stderr.
        **options: The other options that `input_options` and `filter_options` add.

    Attributes:
        settings: The settings of the filter.
        paths: The input files.
        quiet: Whether to write only warnings and errors to stderr.
        read: The number of paragraphs read so far.
        rejected: The number of rejected records and inputs so far. Each is reported on stderr.

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
        check_output_paths(self.paths, [output_file], config=config)

    def decisions(self) -> "Iterator[Decision]":
        """The decision of the filter on each paragraph, in order."""
        from dedup.filter.novelty_filter import NoveltyFilter

        # The filter warns of times that it cannot read. `InputCheck` reports them here, for each input.
        filterwarnings("ignore", category=UserWarning, module="dedup")
        for decision in NoveltyFilter(self.settings).judge(self.paragraphs()):
            self._kinds[decision.kind] += 1
            yield decision

    def paragraphs(self) -> "Iterator[Paragraph]":
        """The paragraphs of all inputs, in order.

        If one of several inputs cannot be read, it is reported and skipped.

        Raises:
            InputError: The only input cannot be read.
        """
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
        warnings = Warnings(print_status)
        with open_input(path) as file, closing(warnings):
            for batch in records(file, source, self._format):
                if isinstance(batch, RejectedInput):
                    if batch.reason is not None:
                        self.rejected += 1
                        warnings.add(batch)
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
        """Print the numbers of kept and dropped paragraphs, unless the command is quiet."""
        if not self.quiet:
            print_status(str(self.counts()))

    def counts(self) -> "RunCounts":
        """The numbers of kept and dropped paragraphs and of rejected records."""
        from dedup.pipeline.counts import RunCounts

        return RunCounts(self._kinds, self.rejected, splits=self._splits)

    def end(self) -> None:
        """End the process with status 3 if input was rejected."""
        if self.rejected:
            sys.exit(REJECTED)
