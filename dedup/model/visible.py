"""Shows characters that steer a terminal as escapes."""

import re

# Control characters (Cc), invisible format characters such as those that turn the direction of text (Cf), lone
# surrogates, and separators of lines. Left out are the two joiners, U+200C and U+200D, which scripts and emoji need.
_UNSAFE = re.compile(
    "[\0-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible(text: str, keep: str = "") -> str:
    """A text whose control, format and bidirectional characters are written as in JSON, such as `\\u001b`.

    JSON stays valid, with the same values.

    Args:
        text: Any text.
        keep: Characters that stay as they are.
    """
    return _UNSAFE.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def _escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[k]:02x}{units[k + 1]:02x}" for k in range(0, len(units), 2))
