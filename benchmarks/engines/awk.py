"""The one-liner that everybody knows."""

NOTE = "equal lines only, so an id in the record makes every line another; keeps whole lines in memory"
PACKAGES = ()


def command(threshold: float | None, words: int | None) -> list[str]:
    """awk has no rule to be told."""
    return ["awk", "!seen[$0]++"]
