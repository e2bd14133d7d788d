"""Converts what callers pass to paragraphs in UTF-8, and reports what cannot be read."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple
from warnings import warn

from dedup.errors import InputError, SettingsError
from dedup.model.convert import as_paragraph
from dedup.model.times import moment, written
from dedup.model.types import Decision, Paragraph
from dedup.model.utf8 import encode
from dedup.settings import Settings

#: What to do with an item that cannot be read: raise the error, or give it a decision of the kind `unreadable`.
OnError = Literal["raise", "yield"]


class Item(NamedTuple):
    """A paragraph to judge, with its UTF-8, or the reason why it cannot be read."""

    paragraph: Paragraph
    data: bytes
    error: str | None = None


class Converter:
    """Converts items under fixed settings. It warns once about a time that cannot be read.

    Args:
        settings: The settings.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._has_warned = False

    def for_errors(self, on_error: OnError) -> Callable[[Any], Item]:
        """The conversion of one item. Raises SettingsError if there is no such `on_error`."""
        if on_error not in ("raise", "yield"):
            raise SettingsError(f"on_error must be raise or yield, not {on_error!r}")
        return self.item if on_error == "raise" else self._item_or_error

    def item(self, item: Any, stacklevel: int = 4) -> Item:
        """Convert one item. Raises InputError if it is not a paragraph, or longer than `max_bytes`."""
        paragraph = as_paragraph(item)
        time = written(paragraph.time)
        if self._settings.window is not None and not self._has_warned and time is not None and moment(time) is None:
            self._has_warned = True
            warn(
                f"the time {time[:40]!r} cannot be read; such a paragraph gets the time of the clock",
                stacklevel=stacklevel,
            )
        return Item(paragraph, self.encoded(paragraph.text))

    def _item_or_error(self, item: Any) -> Item:
        try:
            return self.item(item, 5)
        except InputError as error:
            return unreadable(item, error)

    def encoded(self, text: str) -> bytes:
        """A text as UTF-8. Raises InputError if it is longer than `max_bytes`."""
        data = encode(text)
        if len(data) > self._settings.max_bytes:
            raise InputError(f"a paragraph of {len(data)} bytes is over max_bytes {self._settings.max_bytes}")
        return data


def unreadable(item: Any, error: InputError) -> Item:
    """An item that is not judged, because of an error."""
    paragraph = item if isinstance(item, Paragraph) else Paragraph("", record=item)
    return Item(paragraph, b"", str(error))


def not_judged(item: Item) -> Decision:
    """The decision on an item that cannot be read."""
    return Decision(item.paragraph, "unreadable", error=item.error)
