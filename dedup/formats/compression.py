"""Compressed bytes -> bytes, known by what they begin with and never by a name."""

import sys
import zlib
from collections.abc import Callable
from typing import Any

from dedup.formats.byte_reader import ByteStream

#: Bytes that say what a compressed or a binary file is.
SHORT = 16
_SAID = 80  # characters of what a library says, which may hold what it found


def _gzip(file: Any) -> Any:
    from gzip import GzipFile

    return GzipFile(fileobj=file, mode="rb")


def _bzip2(file: Any) -> Any:
    from bz2 import BZ2File

    return BZ2File(file)


def _xz(file: Any) -> Any:
    from lzma import LZMAFile

    return LZMAFile(file)


def _zstd(file: Any) -> Any:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdFile
    else:
        from backports.zstd import ZstdFile
    return ZstdFile(file)


_KINDS: dict[bytes, tuple[str, Callable[[Any], Any]]] = {
    b"\x1f\x8b\x08": ("gzip", _gzip),
    b"BZh": ("bzip2", _bzip2),
    b"\xfd7zXZ\0": ("xz", _xz),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
}


def decompressed(file: ByteStream, head: bytes) -> "Decompressed | None":
    """What is compressed in a file that begins with `head`; None where it is not compressed."""
    for magic, (kind, opener) in _KINDS.items():
        if head.startswith(magic) and (kind != "bzip2" or head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")):
            return Decompressed(file, kind, opener)
    return None


class Decompressed:
    """A stream of what is compressed in another; a read gives no more than is asked for, however much that expands.

    `broken` says what is wrong with the compressed data, once that has been met: what stood before it was read.
    """

    def __init__(self, file: ByteStream, kind: str, opener: Callable[[Any], Any]) -> None:
        self.broken: str | None = None
        self._kind = kind
        self._file = opener(file)

    def read(self, size: int, /) -> bytes:
        if self.broken is not None:
            return b""
        try:
            data: bytes = self._file.read1(size)
        except Exception as error:
            if not _is_broken(error):
                raise
            self.broken = f"broken {self._kind} data: {str(error)[:_SAID]}"
            return b""
        return data

    def fileno(self) -> int:
        raise OSError("decompressed data is no file of the operating system")


def _is_broken(error: Exception) -> bool:
    """Whether an error speaks of the data, not of the file they come from or of this program."""
    if isinstance(error, OSError):
        return error.errno is None  # gzip and bz2 raise it so
    return isinstance(error, EOFError | zlib.error) or type(error).__name__ in ("LZMAError", "ZstdError")
