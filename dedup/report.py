"""What there is to say of a feed -> one self-contained page; the long tail is folded, and the page says so."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from dedup.charts import draw, timeline
from dedup.explain import news, reason
from dedup.model import KINDS, Decision, Match
from dedup.moments import written
from dedup.settings import Settings
from dedup.survey import MANY, Survey, documents
from dedup.worddiff import Piece, diff

_SHOWN = 100  # groups, blocks, updates and boilerplate of which the page tells
_MEMBERS = 12  # paragraphs of each
_LETTERS = 1200  # of a text
_SOURCES = 12  # sources in the table of who copied whom
_SECTIONS = (
    ("Longest blocks", "block", "Runs of paragraphs that repeat a run of earlier ones."),
    ("Largest groups", "group", "Paragraphs, and all that came again of each. What is boilerplate stands below."),
    ("Updates", "update", "Nearly repeats, but a fact changed or news was added, so they were kept."),
    ("Boilerplate", "boilerplate", f"Paragraphs in {MANY} or more documents of one source, or in most of them."),
)


def render(survey: Survey, settings: Settings, inputs: Sequence[str] = ()) -> str:
    """The page, which asks for nothing from anywhere; `inputs` are the paths that it names in its title."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("dedup"), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    folder = _folder(inputs)
    environment.filters |= {"short": lambda name: name.removeprefix(folder), "grouped": "{:,}".format}
    return environment.get_template("report.html").render(_page(survey, settings, inputs), folder=folder)


def _page(survey: Survey, settings: Settings, inputs: Sequence[str]) -> dict[str, Any]:
    stories, boilerplate = survey.groups_apart()
    runs = (
        sorted(survey.blocks, key=len, reverse=True),
        stories,
        [[update] for update in survey.updates],
        boilerplate,
    )
    sections = [_section(*told, found, settings) for told, found in zip(_SECTIONS, runs, strict=True)]
    return {
        "title": _title(inputs),
        "documents": sum(map(len, survey.documents.values())),
        "sources": len(survey.documents),
        "tiles": _tiles(survey),
        "timeline": (over := timeline(survey.places)),
        "charts": [("Paragraphs", draw(over.columns)), ("Share that repeats", draw(over.columns, share=True))],
        "copies": _copies(survey.copies),
        "sections": sections,
        "kinds": KINDS[1:],
        "page_sources": sorted({name for section in sections for entry in section["entries"] for name in entry["of"]}),
        "settings": asdict(settings) | {"seed": "not shown", "fingerprint": settings.fingerprint()},
    }


def _title(inputs: Sequence[str]) -> str:
    if len(inputs) != 1:
        return f"{len(inputs)} inputs" if inputs else "a feed"
    return "a feed" if inputs[0] == "-" else os.path.basename(inputs[0])


def _folder(inputs: Sequence[str]) -> str:
    """The folder that all inputs are in, which their names need not repeat."""
    folders = {os.path.dirname(path) for path in inputs}
    try:
        common = os.path.commonpath(folders)
    except ValueError:  # nothing in common
        return ""
    return os.path.join(common, "") if common else ""


def _tiles(survey: Survey) -> list[tuple[str, str, str]]:
    read = survey.kinds.total()
    kept = survey.kinds["novel"] + survey.kinds["update"]
    told = {
        "exact": "the same words",
        "near": "lightly reworded",
        "contained": "said before, within more",
        "update": "kept: a fact changed, or news",
    }
    return [
        ("read", f"{read:,}", "paragraphs"),
        ("kept", f"{kept:,}", "novel or update"),
        ("dropped", f"{read - kept:,}", f"{(read - kept) / max(1, read):.1%} of what was read"),
        *((kind, f"{survey.kinds[kind]:,}", told[kind]) for kind in KINDS[1:]),
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
    told = f"seen {len(run) + 1:,} times"
    if name == "block":
        told = f"{len(run)} paragraphs again"
    elif name == "update":
        told = news(run[0])
    elif name == "boilerplate":
        told += f" in {sum(map(len, documents(run).values())):,} documents"
    of = dict.fromkeys(source for decision in run[:_MEMBERS] for source in _sources(decision))
    return {
        "told": told,
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
    before, after = diff(old.text, new.text, decision.changed)
    return {
        "kind": decision.kind,
        "reason": reason(decision, settings),
        "jaccard": decision.jaccard,
        "coverage": decision.coverage,
        "of": _sources(decision),
        "same": old.text == new.text,
        "sides": (
            ("first seen", old.id, old.seen, old.source, _cut(before)),
            ("again", new.id, written(new.time), new.source, _cut(after)),
        ),
    }


def _cut(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of a text up to so many letters."""
    left = _LETTERS
    kept: list[Piece] = []
    for piece in pieces:
        if left <= 0:
            return [*kept, Piece(" […]", "same")]
        kept.append(Piece(piece.text[:left], piece.kind))
        left -= len(piece.text)
    return kept


def _copies(copies: dict[tuple[str, str], list[float | None]]) -> dict[str, Any]:
    """Who repeated whom how often, of the sources that do most of it."""
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
