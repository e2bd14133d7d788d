"""awk: the common one-liner for exact deduplication."""

NOTE = "equal lines only, so an id in the record makes every line different; keeps whole lines in memory"
PACKAGES = ()


def command(threshold: float | None, words: int | None) -> list[str]:
    """awk has no options for the rule."""
    return ["awk", "!seen[$0]++"]
