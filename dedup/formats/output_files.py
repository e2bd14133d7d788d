"""Writes output files. A file gets its name only when it is complete, so that nobody reads half a file."""

import errno
import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from dedup.errors import OutputError
from dedup.formats.terminal_file import terminal_file

#: Paths that mean standard output.
STANDARD = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_STREAMS = ("/dev/stdin", "/dev/stdout", "/dev/stderr")
_NUMBERED = re.compile(r"(?:/dev/fd|/proc/self/fd)/(\d{1,9})")
_MOST_LINKS = 40  # as in Linux
_DESCRIPTORS = "/proc/self/fd"


class Output:
    """An output file.

    The file is written in the folder of `path`, and replaces the file at `path` in one step when it is complete. Until
    then, and if the run fails, the old file stays. If `path` is a symbolic link, its target is replaced. The mode and
    the owner of the old file are kept. Standard output, other open files such as /dev/fd/3, devices and pipes are
    written directly. A terminal gets control characters as escapes.

    Args:
        path: The path of the file; `-` is standard output.
        direct: Whether to write to `path` directly, whatever it is.
        styled: Whether a terminal gets control characters as they are, because the text holds only wanted ones.

    Attributes:
        path: The path of the file.
        file: The open file.

    Raises:
        OutputError: The file cannot be written.
    """

    def __init__(self, path: str, *, direct: bool = False, styled: bool = False) -> None:
        self.path = path
        self._target: Path | None = None
        self._beside: Path | None = None  # the temporary name of the file, if it has one
        try:
            number = _descriptor(path)
            if number is not None:  # opening it by its name would empty a regular file
                if not os.get_inheritable(number):
                    raise OSError(errno.EBADF, os.strerror(errno.EBADF))  # this process opened it, perhaps as its state
                self.file: BinaryIO = open(number, "wb", closefd=False)  # noqa: SIM115  # `complete` or `discard` closes it
            elif direct or _is_special(path):
                self.file = open(path, "wb")  # noqa: SIM115
            else:
                self._target = _target(path)
                self.file, self._beside = _open_beside(self._target)
            if self.file.isatty() and not styled:
                self.file = terminal_file(self.file)
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
    """Replace the file `target` by `file` in one step. The owner and the mode of `target` are kept.

    Raises:
        FileExistsError: The target has become something other than a regular file.
    """
    with suppress(FileNotFoundError):
        status = target.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise FileExistsError(errno.EEXIST, "is no longer a regular file")
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(file, status.st_uid, status.st_gid)
        file.chmod(stat.S_IMODE(status.st_mode))
    file.replace(target)


def followed(path: Path) -> Path:
    """The target of a symbolic link, or the path itself if it is not a link."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _is_special(path: str) -> bool:
    """Whether a path is a device or a pipe, or a file of /proc, which cannot be replaced."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:  # this includes a link whose target does not exist yet
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or _unlinked(path).startswith("/proc/")


def _descriptor(path: str) -> int | None:
    """The number of the open file of this process that a path or a link names, None if it names none."""
    if path == "-":
        return 1
    path = _unlinked(path)
    if path in _STREAMS:
        return _STREAMS.index(path)
    found = _NUMBERED.fullmatch(path.replace(f"/proc/{os.getpid()}/", "/proc/self/"))
    return int(found[1]) if found else None


def _unlinked(path: str) -> str:
    """The end of a chain of links, or the first path in it that names an open file."""
    path = os.path.abspath(path)
    for _ in range(_MOST_LINKS):
        if path in _STREAMS or path.startswith(("/dev/fd/", "/proc/")) or not os.path.islink(path):
            break
        path = os.path.abspath(os.path.join(os.path.dirname(path), os.readlink(path)))
    return path


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
