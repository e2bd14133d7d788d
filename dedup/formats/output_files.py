"""Files that are written: each takes its name when it is complete, so that nobody reads half of one."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from dedup.errors import OutputError

#: Names of the standard output.
STANDARD = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_DESCRIPTORS = "/proc/self/fd"


class Output:
    """A file for output.

    It is written beside the file that `path` names and takes its place, in one step, when it is complete. So what was
    there stays until then, and where the run fails. A link stays and its target is replaced; the mode and the owner of
    a file stay. Standard output (`-`), devices and pipes are written directly, and so is every path if `direct` is set.
    Raises OutputError where the file cannot be written.
    """

    def __init__(self, path: str, *, direct: bool = False) -> None:
        self.path = path
        self._target: Path | None = None
        self._beside: Path | None = None  # None for a file without a name
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
        """Whether others see at once what is written."""
        return self._target is None

    def complete(self, sync: bool = False) -> None:
        """Finish the file, so that it takes its name; with `sync`, see that it is on the disk.

        Raises OutputError where that fails; then the file that was there before stays.
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
        """Give up what is not complete."""
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
    """Put a file in the place of another in one step, with the owner and the mode that the other had."""
    with suppress(FileNotFoundError):
        status = target.stat()
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(file, status.st_uid, status.st_gid)
        file.chmod(stat.S_IMODE(status.st_mode))
    file.replace(target)


def followed(path: Path) -> Path:
    """The file that a path names: where a symbolic link leads, or else the path itself."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _is_special(path: str) -> bool:
    """Whether a path names something that cannot be replaced: a device, a pipe, or a file descriptor."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:  # it may also be a link to what is not there yet
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
    """A new file in the folder of the target, and its name.

    Where the system can, it has no name yet, so that nothing stays behind of a run that is killed.
    """
    if hasattr(os, "O_TMPFILE") and os.path.isdir(_DESCRIPTORS):
        with suppress(OSError):
            return os.fdopen(os.open(target.parent, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb"), None
    path = _hidden(target)
    return path.open("xb"), path


def _hidden(target: Path) -> Path:
    """A name beside the target that is not in use."""
    return target.with_name(f".dedup-{secrets.token_hex(8)}")


def _link(number: int, path: Path) -> None:
    """Name an open file that has no name."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # Only with a folder does Python ask the system to follow the link to the open file.
        os.link(f"{_DESCRIPTORS}/{number}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # a system that does not sync folders
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
