"""The errors of the package, one class per action that the caller can take."""

from collections.abc import Iterator
from contextlib import contextmanager


class DedupError(Exception):
    """Base class of all errors that this package raises on purpose. The message is one line for people."""


class SettingsError(DedupError, ValueError):
    """A setting is out of range, or two settings contradict each other. Choose another value."""


class InputError(DedupError, ValueError):
    """The input cannot be read. Check the path, or name the format."""


class StateError(DedupError):
    """The state file cannot be used as it is, or not now. The message says what to do."""


class ClosedError(DedupError):
    """The filter was closed, or belongs to another process. Create a new one."""


class OutputError(DedupError):
    """An output cannot be written. The message says which one, and why."""


class SparkError(DedupError):
    """Spark cannot be used as it is installed. The message says what to install."""


@contextmanager
def extra_needed(what: str, extra: str) -> Iterator[None]:
    """Around imports: raise InputError if the package of an extra is missing, which says how to install it.

    Args:
        what: What needs it.
        extra: The extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package == __package__:
            raise
        raise InputError(f"{what} needs {package}: pip install 'news-dedup[{extra}]'") from None
