"""Renders the summary of a feed as one self-contained page. The page says what it leaves out."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from dedup.analysis.charts import draw
from dedup.analysis.explain import news, reason
from dedup.analysis.feed_summary import MANY, FeedSummary, documents
from dedup.analysis.timeline import timeline
from dedup.analysis.word_diff import Piece, diff
from dedup.model.times import written
from dedup.model.types import EMITTED, KINDS, Decision, Match
from dedup.settings import Settings

_SHOWN = 100  # blocks, groups, updates and boilerplate on the page
_MEMBERS = 12  # paragraphs of each
_LETTERS = 1200  # of a text
_SOURCES = 12  # sources in the table of who published first
_SECTIONS = (
    ("Longest blocks", "block", "Runs of paragraphs that repeat an earlier run."),
    ("Largest groups", "group", "Paragraphs with all their repeats. Boilerplate has its own section below."),
    (
        "Stories",
        "update",
        "Paragraphs with their updates, which were emitted because a fact changed or news was added. Each opens as its "
        "versions.",
    ),
    ("Boilerplate", "boilerplate", f"Paragraphs in {MANY} or more documents of one source, or in most of them."),
)


def render(survey: FeedSummary, settings: Settings, inputs: Sequence[str] = ()) -> str:
    """Render the page. It requests nothing from the network.

    Args:
        survey: The summary of the feed.
        settings: The settings of the filter.
        inputs: The paths of the inputs. The page shortens them as long as they stay distinct.
    """
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("dedup.analysis"), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    shown = _short_names(inputs)

    def short(name: str) -> str:
        path, colon, place = name.rpartition(":")  # `file:line` is a paragraph of a file
        return shown.get(name) or (shown[path] + colon + place if path in shown else name)

    environment.filters |= {"short": short, "grouped": "{:,}".format}
    return environment.get_template("report.html").render(_page(survey, settings, list(shown.values())))


def _page(survey: FeedSummary, settings: Settings, inputs: Sequence[str]) -> dict[str, Any]:
    groups, boilerplate = survey.groups_and_boilerplate()
    runs = (
        sorted(survey.blocks, key=len, reverse=True),
        groups,
        sorted(survey.updates.values(), key=len, reverse=True),
        boilerplate,
    )
    sections = [_section(*about, found, settings) for about, found in zip(_SECTIONS, runs, strict=True)]
    return {
        "title": _title(inputs),
        "documents": sum(map(len, survey.documents.values())),
        "sources": len(survey.documents),
        "tiles": _tiles(survey),
        "timeline": (over := timeline(survey.places)),
        "charts": draw(over),
        "copies": _copies(survey.copies),
        "sections": sections,
        "shown": sum(len(section["entries"]) for section in sections),
        "total": sum(section["total"] for section in sections),
        "members": _MEMBERS,
        "kinds": KINDS[1:],
        "page_sources": sorted({name for section in sections for entry in section["entries"] for name in entry["of"]}),
        "settings": asdict(settings) | {"seed": "not shown", "fingerprint": settings.fingerprint()},
    }


def _title(inputs: Sequence[str]) -> str:
    if len(inputs) != 1:
        return f"{len(inputs)} inputs" if inputs else "a feed"
    return "a feed" if inputs[0] == "-" else os.path.basename(inputs[0])


def _short_names(paths: Sequence[str]) -> dict[str, str]:
    """The shortest distinct end of each path."""
    shown = dict.fromkeys(paths, "")  # in the order of the inputs
    left = {path: [part for part in path.split(os.sep) if part] for path in paths}
    length = 0
    while left:
        length += 1
        ends = {path: os.sep.join(parts[-length:]) for path, parts in left.items()}
        often = Counter(ends.values())
        done = {path: end for path, end in ends.items() if often[end] == 1 or length >= len(left[path])}
        shown |= done
        left = {path: parts for path, parts in left.items() if path not in done}
    return shown


def _tiles(survey: FeedSummary) -> list[tuple[str, str, str]]:
    read = survey.kinds.total()
    kept = sum(survey.kinds[kind] for kind in EMITTED)
    about = {
        "exact": "the same words",
        "near": "lightly reworded",
        "contained": "part of an earlier one",
        "update": "kept: a fact changed, or news",
        "reworded": "kept: not a certain repeat",
    }
    return [
        ("read", f"{read:,}", "paragraphs"),
        ("kept", f"{kept:,}", "novel or update"),
        ("dropped", f"{read - kept:,}", f"{(read - kept) / read:.1%} of the paragraphs" if read else "paragraphs"),
        *(
            (kind, f"{survey.kinds[kind]:,}", about[kind])
            for kind in KINDS[1:]
            if kind != "reworded" or survey.kinds[kind]
        ),
        ("blocks", f"{len(survey.blocks):,}", "of two or more in a row"),
    ]


def _section(title: str, name: str, about: str, runs: Sequence[list[Decision]], settings: Settings) -> dict[str, Any]:
    return {
        "title": title,
        "name": name,
        "about": about,
        "entries": [_entry(name, run, settings) for run in runs[:_SHOWN]],
        "total": len(runs),
        "folded": max(0, len(runs) - _SHOWN),
    }


def _entry(name: str, run: list[Decision], settings: Settings) -> dict[str, Any]:
    old = run[0].match or Match("", "")
    heading = f"seen {len(run) + 1:,} times"
    if name == "block":
        heading = f"{len(run)} paragraphs again"
    elif name == "update":
        heading = f"{len(run) + 1:,} versions, last: {news(run[-1])}" if len(run) > 1 else news(run[0])
    elif name == "boilerplate":
        heading += f" in {sum(map(len, documents(run).values())):,} documents"
    of = dict.fromkeys(source for decision in run[:_MEMBERS] for source in _sources(decision))
    return {
        "heading": heading,
        "ends": (old.id, run[0].paragraph.id) if name == "block" else (),
        "text": old.text[:300],
        "of": list(of),
        "pairs": [_pair(decision, settings) for decision in run[:_MEMBERS]],
        "folded": max(0, len(run) - _MEMBERS),
    }


def _sources(decision: Decision) -> list[str]:
    sources = (decision.match.source if decision.match else None, decision.paragraph.source)
    return [source for source in dict.fromkeys(sources) if source]


def _pair(decision: Decision, settings: Settings) -> dict[str, Any]:
    old, new = decision.match or Match("", ""), decision.paragraph
    why = reason(decision, settings)
    before, after = diff(old.text, new.text, decision.changed)
    return {
        "kind": decision.kind,
        "reason": why,
        "coverage": None if decision.kind == "exact" or "coverage" in why else decision.coverage,
        "of": _sources(decision),
        "same": old.text == new.text,
        "sides": (
            ("first seen", old.id, old.seen, old.source, _cut(before)),
            ("again", new.id, written(new.time), new.source, _cut(after)),
        ),
    }


def _cut(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of a text, up to `_LETTERS` characters."""
    left = _LETTERS
    kept: list[Piece] = []
    for piece in pieces:
        if left <= 0:
            return [*kept, Piece(" […]", "same")]
        kept.append(Piece(piece.text[:left], piece.kind))
        left -= len(piece.text)
    return kept


def _copies(copies: dict[tuple[str, str], list[float | None]]) -> dict[str, Any]:
    """How often each source repeated each other one, for the sources with the most repeats."""
    weight: Counter[str] = Counter()
    for pair, delays in copies.items():
        for source in pair:
            weight[source] += len(delays)
    names = [name for name, _ in weight.most_common(_SOURCES)]
    most = max(map(len, copies.values()), default=1)
    rows = []
    for later in names:
        cells = []
        for earlier in names:
            delays = copies.get((later, earlier), [])
            known = [delay for delay in delays if delay is not None]
            delay = _span(median(known)) if known else ""
            cells.append({"of": earlier, "count": len(delays), "delay": delay, "share": len(delays) / most})
        rows.append((later, cells))
    early = any(delay is not None and delay < 0 for delays in copies.values() for delay in delays)
    return {"names": names, "rows": rows, "folded": len(weight) - len(names), "early": early}


def _span(seconds: float) -> str:
    size = abs(seconds)
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if size >= length:
            return f"{seconds / length:,.{0 if size >= 100 * length else 1}f} {unit}"
    return f"{seconds:.0f} s"
