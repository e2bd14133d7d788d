"""What can go wrong, named by what the caller has to do about it."""


class DedupError(Exception):
    """Base of every error this package raises on purpose; its text is one line for people."""


class SettingsError(DedupError, ValueError):
    """A setting is out of its range, or settings contradict each other: choose another value."""


class InputError(DedupError, ValueError):
    """The input cannot be read as what it was said to be: check the path or name the format."""


class StateError(DedupError):
    """The state file cannot be used as it is, or not now: its text says what to do."""


class ClosedError(DedupError):
    """The filter was closed, or belongs to another process: open a new one."""


class OutputError(DedupError):
    """The output cannot be written: its text says which, and why."""
