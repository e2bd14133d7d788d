"""Writes results as Markdown."""

from typing import Any

#: Planted repeats, in the order of the table's columns.
KINDS = ("form", "words", "clause", "typos")
_HEAD = (
    "engine", "paragraphs / CPU s", "of baseline (CPU)", "of baseline (wall)", "peak MB", "bytes / kept",
    "first output s", "kept", *KINDS, "false drops", "of them contained",
)  # fmt: skip


def markdown(results: dict[str, Any]) -> str:
    """The table of a run, with its corpus and machine, and notes on the differences between engines."""
    machine, corpus = results["machine"], results["corpus"]
    quality = results.get("quality")
    parts = [
        f"{corpus['name']}, {corpus['lines']:,} paragraphs, sha256 {corpus['sha256'][:16]}; {machine['cpu']}, "
        f"core {', '.join(map(str, machine['used_cores']))} of {machine['cores']}; Python {machine['python']}.",
    ]
    if quality:
        planted = quality["planted"]
        parts[0] += f" Recall and false drops on {quality['lines']:,} paragraphs with {planted:,} repeats planted."
    rows = [row(name, report) for name, report in results["engines"].items()]
    parts += ["", *grid(_HEAD, rows), ""]
    for name, report in results["engines"].items():
        used = ", ".join(f"{package} {version}" for package, version in report["versions"].items())
        parts.append(f"- **{name}**" + (f" ({used})" if used else "") + f": {report['note']}.")
    return "\n".join(parts) + "\n"


def row(name: str, report: dict[str, Any]) -> list[str]:
    """The cells of one engine. An engine that cannot run has the reason."""
    if "error" in report:
        return [name, f"cannot run: {report['error']}", *[""] * (len(_HEAD) - 2)]
    first = report["first_output"]
    cells = [
        name,
        f"{report['paragraphs_per_cpu_second']:,.0f}",
        f"{report['of_baseline_cpu']:.3f}",
        f"{report['of_baseline_wall']:.3f}",
        f"{report['peak'] / 1e6:,.0f}",
        f"{report['bytes_per_kept']:,.0f}",
        "" if first is None else f"{first:.2f}",
        f"{report['kept']:,}",
    ]
    quality = report.get("quality")
    if quality is None:
        return cells + [""] * (len(_HEAD) - len(cells))
    cells += [f"{quality['recall'][kind]:.3f}" for kind in KINDS]
    return [*cells, f"{quality['false_drops']:,}", f"{quality['contained']:,}"]


def grid(head: tuple[str, ...], rows: list[list[str]]) -> list[str]:
    """The lines of a Markdown table, with numbers aligned to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(cells) + " |" for cells in (list(head), rule, *rows)]
