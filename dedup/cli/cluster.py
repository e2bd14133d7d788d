"""The verb `cluster`: a corpus in, a line a group out."""

from collections import Counter
from typing import Any

import click

from dedup.cli.inputs import Feed
from dedup.cli.options import judges, reads_a_feed, writes
from dedup.cli.runtime import compile_kernels, manners, prepare_process, refuse_overwriting, say
from dedup.formats.output_files import STANDARD, Output
from dedup.model.types import plural


@click.command("cluster", epilog="Example: dedup cluster feed.jsonl --order size > groups.jsonl")
@reads_a_feed
@click.option("--transitive", is_flag=True, help="Give connected components: what matches a member is a member.")
@click.option("--singletons", is_flag=True, help="Give paragraphs that nothing repeats too, as groups of one.")
@click.option(
    "--order", type=click.Choice(["first", "size"]), default="first", show_default=True,
    help="Which group comes first: that of the earliest paragraph, or the largest.",
)  # fmt: skip
@writes()
@judges
def cluster(transitive: bool, singletons: bool, order: Any, output_file: str, **given: Any) -> None:
    """Write one JSON line a group of paragraphs that say the same, with its members and how similar they are.

    A group is a paragraph that `dedup filter` keeps and all that it drops for it. The whole input is held in
    memory. Exit status: 0 done, 1 could not go on, 2 wrong usage, 3 done but some input was rejected.
    """
    feed = Feed(**given, writes=output_file in STANDARD)
    refuse_overwriting(feed.paths, [output_file])
    prepare_process()
    with manners():
        compile_kernels(feed.quiet)
        from dedup.analysis.cluster import cluster as clustered
        from dedup.formats.json_values import dump

        sizes: Counter[int] = Counter()
        found = clustered(feed.paragraphs(), feed.settings, transitive=transitive, singletons=singletons, order=order)
        with Output(output_file) as out:
            for group in found:
                sizes[len(group.members)] += 1
                out.file.write(dump(group.as_dict()) + b"\n")
        if not feed.quiet:
            groups, members = sizes.total(), sum(size * count for size, count in sizes.items())
            made = f"{groups} {plural(groups, 'group')} of {members} {plural(members, 'paragraph')}"
            say(f"read {feed.read}, {made}, the largest of {max(sizes, default=0)}{feed.counts().split_chosen}")
    feed.end()
