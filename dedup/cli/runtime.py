"""Functions that all commands share: settings, paths, status lines and exit status."""

import errno
import gc
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import click

from dedup.cli.streams import CLEAR, control
from dedup.errors import DedupError, InputError, SettingsError
from dedup.model.visible import visible
from dedup.settings import Settings, read_toml, with_option_name

FAILED = 1
REJECTED = 3


def chosen_settings(config: Path | None, given: dict[str, Any]) -> Settings:
    """Combine the settings of a TOML file with options, which override them.

    Args:
        config: The TOML file, if any.
        given: The value of each option, by the name of its field; None if the user did not give it.

    Raises:
        click.UsageError: The settings are not valid.
    """
    chosen = {field: value for field, value in given.items() if value is not None}
    return validated_settings(lambda: Settings(**({} if config is None else read_toml(config)) | chosen))


def validated_settings(make: Callable[[], Settings]) -> Settings:
    """Call `make`, and check that a filter can use the settings.

    Raises:
        click.UsageError: The settings are not valid.
    """
    from dedup.sketch.lsh import layout_for

    try:
        settings = make()
        layout_for(settings)
        return settings
    except SettingsError as error:
        raise click.UsageError(with_option_name(str(error), "--")) from None


def find_inputs(paths: Sequence[str]) -> list[str]:
    """The files that INPUT arguments name. Without arguments, this is standard input.

    Raises:
        click.UsageError: A file does not exist.
    """
    from dedup.formats.input_files import find

    try:
        return list(find(paths or ("-",)))
    except InputError as error:
        raise click.UsageError(str(error)) from None


def is_standard_output(path: str | Path) -> bool:
    """Whether a path means standard output."""
    from dedup.formats.output_files import STANDARD

    return str(path) in STANDARD


def check_output_paths(
    inputs: Sequence[str],
    outputs: Sequence[str | Path | None],
    *,
    state: Path | None = None,
    config: Path | None = None,
) -> None:
    """Check that no output destroys a file of this run: an input, another output, the state or the settings.

    Files count as the same even under another path. The lock and the logs of the state are part of it.

    Args:
        inputs: The inputs.
        outputs: The outputs, and the state if it is written.
        state: The state.
        config: The file with settings.

    Raises:
        click.UsageError: An output is also one of the others, or an input is a lock or a log of the state.
    """
    paths = [output for output in outputs if output is not None]
    read = [_identity(0 if path == "-" else path) for path in inputs]
    settings = None if config is None else _identity(config)
    beside: list[object] = []
    if state is not None:
        from dedup.store.file_lock import side_files

        beside = [_identity(path) for path in side_files(state)]
        if any(identity is not None and identity in beside for identity in (*read, settings)):
            raise click.UsageError(f"an input is a lock or a log of the state {visible(str(state))}; rename the input")
    written: list[object] = []
    for path in paths:
        is_standard = is_standard_output(path)
        identity = _identity(1) or _STANDARD if is_standard else _identity(path)
        name = "standard output" if is_standard else visible(str(path))
        if identity is not None and identity == settings:
            raise click.UsageError(f"{name} is also the file of --config; name another file for the output")
        if identity is not None and identity in beside:
            raise click.UsageError(f"{name} is a lock or a log of the state; name another file for the output")
        if identity is not None and identity in read:
            raise click.UsageError(f"{name} is also an input; name another file for the output")
        if identity is not None and identity in written:
            raise click.UsageError(f"{name} is also another output; name another file for one of them")
        written.append(identity)


_STANDARD = (None, "-")


def _identity(path: str | Path | int) -> tuple[object, object] | None:
    """A key that identifies a regular file, even if it does not exist yet; None for a device or a pipe."""
    try:
        status = os.stat(path)
    except OSError:
        return None if isinstance(path, int) else (None, os.path.realpath(path))
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def line_ends(file: BinaryIO) -> int:
    """The number of line ends, at most two, before the position where a file is written. It is two at the beginning."""
    try:
        number = file.fileno()
        place = os.fstat(number).st_size if _appends(number) else os.lseek(number, 0, os.SEEK_CUR)
        if place == 0 or not stat.S_ISREG(os.fstat(number).st_mode):
            return 2
        with open(f"/dev/fd/{number}", "rb") as written:
            written.seek(max(0, place - 2))
            last = written.read(2)
        return len(last) - len(last.rstrip(b"\n"))
    except OSError:  # this is not a file, or we may not read it
        return 2


def _appends(file: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return False
    return bool(fcntl.fcntl(file, fcntl.F_GETFL) & os.O_APPEND)


def prepare_process() -> None:
    """Tune a process that runs only this program: one thread per library, few garbage collections."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # NumPy would start threads that this program does not use
    gc.set_threshold(100_000)  # a batch has many records, and none is part of a reference cycle


def compile_kernels(quiet: bool) -> None:
    """Compile the kernels that are not in the cache, before any input is read. Report this in one line."""
    from dedup.pipeline.warm_up import compile_all

    compile_all(lambda line: None if quiet else print_status(line))


@contextmanager
def exit_cleanly() -> Iterator[None]:
    """End a command without a traceback.

    After an error, print one line and exit with status 1. If the reader of the output has closed it, exit with status
    0.
    """
    try:
        yield
    except BrokenPipeError:  # from the main output; other outputs raise OutputError
        sys.exit(0)
    except DedupError as error:
        print_status(str(error))
        sys.exit(FAILED)
    except MemoryError:
        print_status("out of memory; try a lower --max-bytes")
        sys.exit(FAILED)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            print_status("too many open files; raise the limit, as by ulimit -n 64")
            sys.exit(FAILED)
        print_status(f"cannot write: {error.strerror or error}")
        sys.exit(FAILED)


def print_status(line: str) -> None:
    """Write a line to stderr, with control characters as escapes. If stderr is closed, do nothing."""
    with suppress(OSError):
        if sys.stderr.isatty():
            control(CLEAR)
        click.echo(f"dedup: {visible(line)}", err=True)
