"""The errors of the package, one class per action that the caller can take."""


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
