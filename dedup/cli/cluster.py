"""The verb `cluster`: a corpus in, a line a group out."""

from collections import Counter
from typing import Any

import click

from dedup.cli.feed import Feed
from dedup.cli.manners import manners, prepare_process, say
from dedup.cli.options import judges, reads_a_feed


@click.command("cluster", epilog="Example: dedup cluster feed.jsonl --order size > groups.jsonl")
@reads_a_feed
@click.option("--transitive", is_flag=True, help="Give connected components: what matches a member is a member.")
@click.option("--singletons", is_flag=True, help="Give paragraphs that nothing repeats too, as groups of one.")
@click.option(
    "--order", type=click.Choice(["first", "size"]), default="first", show_default=True,
    help="Which group comes first: that of the earliest paragraph, or the largest.",
)  # fmt: skip
@judges
def cluster(transitive: bool, singletons: bool, order: Any, **given: Any) -> None:
    """Write one JSON line a group of paragraphs that say the same, with its members and how similar they are.

    A group is a paragraph that `dedup filter` keeps and all that it drops for it. The whole input is held in
    memory. Exit status: 0 done, 1 could not go on, 2 wrong usage, 3 done but some input was rejected.
    """
    feed = Feed(**given)
    prepare_process()
    with manners(feed.quiet):
        from dedup.clusters import cluster as clustered
        from dedup.errors import OutputClosed
        from dedup.formats.objects import dump

        sizes: Counter[int] = Counter()
        groups = clustered(feed.paragraphs(), feed.settings, transitive=transitive, singletons=singletons, order=order)
        try:
            with open(1, "wb", closefd=False) as out:
                for group in groups:
                    sizes[len(group.members)] += 1
                    out.write(dump(group.as_dict()) + b"\n")
        except BrokenPipeError:
            raise OutputClosed("the output was closed") from None
        if not feed.quiet:
            members = sum(size * count for size, count in sizes.items())
            largest = max(sizes, default=0)
            groups_ = f"{sizes.total()} groups of {members} paragraphs, the largest of {largest}"
            say(f"read {feed.read}, {groups_}{feed.counts().split_chosen}")
    feed.end()
