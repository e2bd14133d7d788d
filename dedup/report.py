"""Decisions -> one self-contained page: what repeats, who copied whom, when; the long tail is folded."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from dedup.blocks import gather
from dedup.explain import reason
from dedup.model import KINDS, Decision, Match
from dedup.moments import moment
from dedup.settings import Settings
from dedup.worddiff import Piece, diff

_SHOWN = 100  # groups, blocks, updates and boilerplate of which the page tells
_MEMBERS = 12  # paragraphs of each
_LETTERS = 1200  # of a text
_SOURCES = 12  # sources in the table of who copied whom
_COLUMNS = 48  # of the chart
_EVERYWHERE = 5, 0.005  # boilerplate is seen in so many documents, and in such a share of them


@dataclass(slots=True)
class Gathered:
    """What a page is made of. places: (moment or None, whether it repeats) of each paragraph."""

    kinds: Counter[str] = field(default_factory=Counter)
    places: list[tuple[float | None, bool]] = field(default_factory=list)
    groups: defaultdict[str, list[Decision]] = field(default_factory=lambda: defaultdict(list))
    blocks: list[list[Decision]] = field(default_factory=list)
    updates: list[Decision] = field(default_factory=list)
    copies: defaultdict[tuple[str, str], list[float | None]] = field(default_factory=lambda: defaultdict(list))
    documents: set[str] = field(default_factory=set)

    def add(self, decisions: Iterable[Decision]) -> None:
        """Take up a feed."""
        for run in gather(map(self._count, decisions)):
            if run[0].kind == "update":
                self.updates += run
            elif len(run) > 1:
                self.blocks.append(run)

    def _count(self, decision: Decision) -> Decision:
        paragraph, match = decision.paragraph, decision.match
        self.kinds[decision.kind] += 1
        at = moment(paragraph.time)
        self.places.append((at, not decision.novel))
        self.documents.add(_document(str(paragraph.id)))
        if match is not None and not decision.novel:
            self.groups[match.id].append(decision)
            if paragraph.source and match.source and paragraph.source != match.source:
                seen = moment(match.seen)
                self.copies[paragraph.source, match.source].append(None if at is None or seen is None else at - seen)
        return decision


def render(gathered: Gathered, settings: Settings) -> str:
    """The page, which asks for nothing from anywhere."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("dedup"), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    return environment.get_template("report.html").render(_page(gathered, settings))


def _page(gathered: Gathered, settings: Settings) -> dict[str, Any]:
    groups = sorted(gathered.groups.values(), key=len, reverse=True)
    least = max(_EVERYWHERE[0], _EVERYWHERE[1] * len(gathered.documents))
    boilerplate = {id(group) for group in groups if len(_documents(group)) >= least}
    stories = [group for group in groups if id(group) not in boilerplate]
    lists = (
        ("Boilerplate", "boilerplate", [group for group in groups if id(group) in boilerplate]),
        ("Largest groups", "group", stories),
        ("Longest blocks", "block", sorted(gathered.blocks, key=len, reverse=True)),
        ("Updates", "update", [[update] for update in gathered.updates]),
    )
    read = gathered.kinds.total()
    kept = gathered.kinds["novel"] + gathered.kinds["update"]
    return {
        "tiles": [
            ("paragraphs read", f"{read:,}"),
            ("kept", f"{kept:,}"),
            ("dropped", f"{read - kept:,} ({(read - kept) / max(1, read):.1%})"),
            *((kind, f"{gathered.kinds[kind]:,}") for kind in KINDS[1:]),
            ("blocks", f"{len(gathered.blocks):,}"),
        ],
        "chart": _chart(gathered.places),
        "copies": _copies(gathered.copies),
        "sections": [_section(*one, settings) for one in lists],
        "settings": asdict(settings) | {"seed": "not shown"},
        "kinds": KINDS[1:],
    }


def _section(title: str, name: str, runs: Sequence[list[Decision]], settings: Settings) -> dict[str, Any]:
    return {
        "title": title,
        "name": name,
        "entries": [_entry(name, run, settings) for run in runs[:_SHOWN]],
        "total": len(runs),
        "folded": max(0, len(runs) - _SHOWN),
    }


def _entry(name: str, run: list[Decision], settings: Settings) -> dict[str, Any]:
    old = run[0].match or Match("", "")
    told = {"block": f"{len(run)} paragraphs again", "update": run[0].kind}.get(name, f"seen {len(run) + 1} times")
    if name == "boilerplate":
        told += f" in {len(_documents(run)):,} documents"
    return {
        "told": told,
        "text": old.text[:160],
        "kinds": " ".join(dict.fromkeys(decision.kind for decision in run)),
        "pairs": [_pair(decision, settings) for decision in run[:_MEMBERS]],
        "folded": max(0, len(run) - _MEMBERS),
    }


def _pair(decision: Decision, settings: Settings) -> dict[str, Any]:
    old, new = decision.match or Match("", ""), decision.paragraph
    before, after = diff(old.text, new.text, decision.changed)
    return {
        "kind": decision.kind,
        "reason": reason(decision, settings),
        "jaccard": decision.jaccard,
        "coverage": decision.coverage,
        "sides": (
            ("seen", old.id, old.seen, old.source, _cut(before)),
            ("again", new.id, new.time, new.source, _cut(after)),
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


def _document(id_: str) -> str:
    """What a paragraph is part of: an article's paragraphs are called `article#2`, a file's `file:2`."""
    for sign in "#:":
        name, _, ordinal = id_.rpartition(sign)
        if name and ordinal.isdigit():
            return name
    return id_


def _documents(group: Sequence[Decision]) -> set[str]:
    first = group[0].match
    return {_document(str(decision.paragraph.id)) for decision in group} | ({_document(first.id)} if first else set())


def _chart(places: Sequence[tuple[float | None, bool]]) -> dict[str, Any]:
    """Novel and repeated paragraphs over time where most have one, else over their position."""
    timed = [(at, repeats) for at, repeats in places if at is not None]
    over_time = 2 * len(timed) > len(places) and max(timed)[0] > min(timed)[0]
    marks = timed if over_time else [(float(place), repeats) for place, (_, repeats) in enumerate(places)]
    low, high = (min(marks)[0], max(marks)[0]) if marks else (0.0, 0.0)
    columns = [[0, 0] for _ in range(_COLUMNS)]
    for at, repeats in marks:
        columns[min(_COLUMNS - 1, int((at - low) / (high - low or 1) * _COLUMNS))][repeats] += 1
    return {
        "columns": columns,
        "top": max(map(sum, columns)) or 1,
        "ends": (_day(low), _day(high)) if over_time else (1, f"{len(places):,}"),
        "over": "time" if over_time else "position",
        "left_out": len(places) - len(marks),
    }


def _day(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


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
            cells.append({"count": len(delays), "delay": delay, "share": len(delays) / most})
        rows.append((later, cells))
    return {"names": names, "rows": rows, "folded": len(weight) - len(names)}


def _span(seconds: float) -> str:
    size = abs(seconds)
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if size >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
