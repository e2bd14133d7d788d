"""Feeds of a few templates with more variants than a bucket holds."""

from random import Random

from dedup import Paragraph

TEMPLATES = [
    "The level of the river {0} at the gauge of {1} stood at {2} centimetres on {3} morning, the office said.",
    "{1}: {2} people were hurt when a tram left the rails near the {0} bridge, police said on {3}.",
]


def template_feed(count: int, seed: int) -> list[Paragraph]:
    """A feed of variants, some of which come again in another case or with other words."""
    draw = Random(seed)  # noqa: S311  # no secret
    feed: list[Paragraph] = []
    for place in range(count):
        text = draw.choice(TEMPLATES).format(
            draw.choice(["Elbe", "Oder"]), draw.choice(["Dresden", "Torgau", "Pirna"]), draw.choice([3, 12, 40]),
            draw.choice(["Monday", "Tuesday"]),
        )  # fmt: skip
        edited = [text, text, text.upper(), f"“{text}”", text.replace("stood", "was measured"), f"Update: {text}"]
        feed.append(Paragraph(draw.choice(edited), f"record {place}"))
    return feed
