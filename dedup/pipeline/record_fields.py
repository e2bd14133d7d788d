"""The fields of a JSON record that hold its text, id, time and source."""

from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any

from dedup.formats.json_values import get


@dataclass(frozen=True)
class RecordFields:
    """The dotted paths of the fields of a record.

    Attributes:
        text: The path of the text.
        id: The path of the id.
        time: The path of the time.
        source: The path of the publisher.
    """

    text: str = "text"
    id: str = "id"
    time: str = "time"
    source: str = "source"

    @cached_property
    def _have_usual_names(self) -> bool:
        return astuple(self) == astuple(RecordFields())

    def take(self, value: dict[str, Any]) -> dict[str, Any]:
        """An object with the fields of a record as `text`, `id`, `time` and `source`."""
        if self._have_usual_names:
            return value
        return {
            "text": get(value, self.text),
            "id": get(value, self.id),
            "time": get(value, self.time),
            "source": get(value, self.source),
        }
