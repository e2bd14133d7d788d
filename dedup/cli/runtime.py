"""The common part of all commands: settings, files, how to end and what to say."""

import gc
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

from dedup.cli.progress import CLEAR
from dedup.errors import DedupError, SettingsError
from dedup.formats.output_files import STANDARD
from dedup.settings import Settings, read_toml

REJECTED = 3
_DEFAULTS = Settings()
_Function = TypeVar("_Function", bound=Callable[..., Any])


def setting(
    flag: str, kind: Any, help: str, metavar: str | None = None, otherwise: str | None = None
) -> Callable[[_Function], _Function]:
    """An option for a field of Settings; left out, the file of --config or the default decides, or `otherwise`."""
    name = flag.removeprefix("--").replace("-", "_")
    default = getattr(_DEFAULTS, name) if otherwise is None else otherwise
    return click.option(flag, name, type=kind, metavar=metavar, help=f"{help}  [default: {default}]")


def chosen_settings(config: Path | None, given: dict[str, Any]) -> Settings:
    """The settings of a file, overruled by the options that were given."""
    chosen = {name: value for name, value in given.items() if value is not None}
    return usable(lambda: Settings(**({} if config is None else read_toml(config)) | chosen))


def usable(make: Callable[[], Settings]) -> Settings:
    """The settings that are made, which a filter can work with. Raises click.UsageError for others."""
    from dedup.sketch.lsh import served

    try:
        settings = make()
        served(settings)
        return settings
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def refuse_overwriting(inputs: Sequence[str], outputs: Sequence[str | Path | None]) -> None:
    """Refuse to read a file that is being written, or to write one twice, under whatever names."""
    names = [str(output) for output in outputs if output is not None]
    written = [_file(1) or _STANDARD if name in STANDARD else _file(name) for name in names]
    read = [_file(0 if path == "-" else path) for path in inputs]
    for place, file in enumerate(written):
        if file is not None and (file in read or file in written[:place]):
            name = "standard output" if names[place] in STANDARD else names[place]
            raise click.UsageError(f"{name} is also an input, or the file of another output; name another file")


_STANDARD = (None, "-")


def _file(path: str | int) -> tuple[object, object] | None:
    """An identity for a regular file, also for one that does not exist yet; None for what is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None if isinstance(path, int) else (None, Path(path).resolve())
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def line_ends(file: BinaryIO) -> int:
    """How many line ends, at most two, stand before the place where a file is written; two where nothing does."""
    try:
        number = file.fileno()
        place = os.fstat(number).st_size if _appends(number) else os.lseek(number, 0, os.SEEK_CUR)
        if place == 0 or not stat.S_ISREG(os.fstat(number).st_mode):
            return 2
        with open(f"/dev/fd/{number}", "rb") as written:
            written.seek(max(0, place - 2))
            last = written.read(2)
        return len(last) - len(last.rstrip(b"\n"))
    except OSError:  # no file, or a system that does not let it be read
        return 2


def _appends(file: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return False
    return bool(fcntl.fcntl(file, fcntl.F_GETFL) & os.O_APPEND)


def prepare_process() -> None:
    """Settle what libraries take from the process, which is ours alone: one thread, few collections of garbage."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # numpy would start threads that nobody needs
    gc.set_threshold(100_000)  # the records of a batch are many, and never in cycles


def compile_kernels(quiet: bool) -> None:
    """Compile all kernels where the cache lacks any, and say so once, before anything is read."""
    from dedup.pipeline.warm_up import compile_all

    compile_all(lambda line: None if quiet else say(line))


@contextmanager
def manners() -> Iterator[None]:
    """End as a command should: errors in one line, a closed pipe and an interrupt without a word."""
    try:
        yield
    except BrokenPipeError:  # of the main output; the others raise OutputError
        sys.exit(0)
    except DedupError as error:
        say(str(error))
        sys.exit(1)
    except MemoryError:
        say("out of memory; a lower --max-bytes needs less")
        sys.exit(1)
    except OSError as error:
        say(f"cannot write: {error.strerror or error}")
        sys.exit(1)


def say(line: str) -> None:
    """A line on stderr, if anybody reads it."""
    with suppress(OSError):
        click.echo(f"{CLEAR if sys.stderr.isatty() else ''}dedup: {line}", err=True)
