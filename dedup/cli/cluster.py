"""The command `cluster`: writes one line per group of paragraphs."""

from collections import Counter
from typing import Any

import click

from dedup.cli.inputs import InputReader
from dedup.cli.options import (
    MATCHING,
    OUTPUT,
    Command,
    filter_options,
    input_options,
    option,
    output_file_option,
)
from dedup.cli.runtime import compile_kernels, exit_cleanly, prepare_process, print_status
from dedup.model.types import plural


@click.command("cluster", cls=Command, epilog="Example: dedup cluster feed.jsonl --order size > groups.jsonl")
@input_options
@option(
    MATCHING, "--transitive", is_flag=True,
    help="Group by connected components: a paragraph joins the group of any paragraph that it matches.",
)  # fmt: skip
@option(
    MATCHING, "--stories", is_flag=True,
    help="Group by stories: a paragraph, its updates, their updates, and the repeats of all of these. Each member has "
    "its version.",
)  # fmt: skip
@option(OUTPUT, "--singletons", is_flag=True, help="Also write paragraphs without a repeat, as groups of one.")
@option(
    OUTPUT, "--order", type=click.Choice(["first", "size"]), default="first", show_default=True,
    help="Sort groups by their first paragraph, or by size with the largest first.",
)  # fmt: skip
@output_file_option()
@filter_options
def cluster(transitive: bool, stories: bool, singletons: bool, order: Any, output_file: str, **options: Any) -> None:
    """Write groups of repeated paragraphs as JSON Lines.

    Each line is one group, with its members and their similarity. A group is a paragraph that `dedup filter` emits,
    with all paragraphs that it drops as repeats of it. The whole input is held in memory.

    Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some input was rejected.
    """
    if transitive and stories:
        raise click.UsageError("choose either --transitive or --stories")
    reader = InputReader(output_file, **options)
    prepare_process()
    with exit_cleanly():
        compile_kernels(reader.quiet)
        from dedup.analysis.cluster import cluster as find_groups
        from dedup.formats.json_values import dump
        from dedup.formats.output_files import Output

        sizes: Counter[int] = Counter()
        found_groups = find_groups(
            reader.paragraphs(),
            reader.settings,
            transitive=transitive,
            stories=stories,
            singletons=singletons,
            order=order,
        )
        with Output(output_file) as out:
            for group in found_groups:
                sizes[len(group.members)] += 1
                out.file.write(dump(group.as_dict()) + b"\n")
        if not reader.quiet:
            groups, members = sizes.total(), sum(size * count for size, count in sizes.items())
            print_status(
                f"read {reader.read}, found {groups} {plural(groups, 'group')} of {members} "
                f"{plural(members, 'paragraph')}, largest {max(sizes, default=0)}{reader.counts().split_chosen}"
            )
    reader.end()
