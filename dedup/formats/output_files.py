"""Writes output files. A file gets its name only when it is complete, so that nobody reads half a file."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from dedup.errors import OutputError

#: Paths that mean standard output.
STANDARD = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_DESCRIPTORS = "/proc/self/fd"


class Output:
    """An output file.

    The file is written in the folder of `path`, and replaces the file at `path` in one step when it is complete. Until
    then, and if the run fails, the old file stays. If `path` is a symbolic link, its target is replaced. The mode and
    the owner of the old file are kept. Standard output, devices and pipes are written directly.

    Args:
        path: The path of the file; `-` is standard output.
        direct: Whether to write to `path` directly, whatever it is.

    Attributes:
        path: The path of the file.
        file: The open file.

    Raises:
        OutputError: The file cannot be written.
    """

    def __init__(self, path: str, *, direct: bool = False) -> None:
        self.path = path
        self._target: Path | None = None
        self._beside: Path | None = None  # the temporary name of the file, if it has one
        try:
            if path in STANDARD:
                self.file: BinaryIO = open(1, "wb", closefd=False)  # noqa: SIM115  # `complete` or `discard` closes it
            elif direct or _is_special(path):
                self.file = open(path, "wb")  # noqa: SIM115
            else:
                self._target = _target(path)
                self.file, self._beside = _open_beside(self._target)
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}") from None

    @property
    def is_direct(self) -> bool:
        """Whether output is visible as soon as it is written."""
        return self._target is None

    def complete(self, sync: bool = False) -> None:
        """Finish the file and give it its name.

        Args:
            sync: Whether to wait until the file is on disk.

        Raises:
            OutputError: The file cannot be written. The old file stays.
        """
        if self.file.closed:
            return
        try:
            self.file.flush()
            if self._target is None:
                self.file.close()
                return
            if sync:
                os.fsync(self.file.fileno())
            if self._beside is None:
                self._beside = _hidden(self._target)
                _link(self.file.fileno(), self._beside)
            self.file.close()
            take_place(self._beside, self._target)
            if sync:
                _sync_folder(self._target.parent)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from None
        finally:
            self.discard()

    def discard(self) -> None:
        """Close the file, and delete it if it is not complete."""
        with suppress(OSError):
            self.file.close()
        if self._beside is not None:
            with suppress(OSError):
                self._beside.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if error is None:
            self.complete()
        else:
            self.discard()


def take_place(file: Path, target: Path) -> None:
    """Replace the file `target` by `file` in one step. The owner and the mode of `target` are kept."""
    with suppress(FileNotFoundError):
        status = target.stat()
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(file, status.st_uid, status.st_gid)
        file.chmod(stat.S_IMODE(status.st_mode))
    file.replace(target)


def followed(path: Path) -> Path:
    """The target of a symbolic link, or the path itself if it is not a link."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _is_special(path: str) -> bool:
    """Whether a path is a device, a pipe or a file descriptor, which cannot be replaced."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:  # this includes a link whose target does not exist yet
        mode = stat.S_IFREG
    while os.path.islink(path) and not _is_descriptor(path):
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return _is_descriptor(path) or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _is_descriptor(path: str) -> bool:
    return os.path.abspath(path).startswith(("/dev/fd/", "/dev/std", "/proc/"))


def _target(path: str) -> Path:
    target = followed(Path(path))
    if target.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied")
    return target


def _open_beside(target: Path) -> tuple[BinaryIO, Path | None]:
    """Open a new file in the folder of the target. Returns the file and its temporary name.

    If the system supports it, the file has no name (None), so that a run that is killed leaves nothing behind.
    """
    if hasattr(os, "O_TMPFILE") and os.path.isdir(_DESCRIPTORS):
        with suppress(OSError):
            return os.fdopen(os.open(target.parent, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb"), None
    path = _hidden(target)
    return path.open("xb"), path


def _hidden(target: Path) -> Path:
    """An unused name in the folder of the target."""
    return target.with_name(f".dedup-{secrets.token_hex(8)}")


def _link(number: int, path: Path) -> None:
    """Give an open file without a name the name `path`."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # Python asks the system to follow the link to the open file only if a folder is given.
        os.link(f"{_DESCRIPTORS}/{number}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some systems cannot sync folders
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
