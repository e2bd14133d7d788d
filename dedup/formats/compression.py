"""Decompresses gzip, bzip2, xz and zstd. The first bytes of a stream decide, and not the name of the file."""

import sys
import zlib
from collections.abc import Callable
from typing import Any

from dedup.formats.byte_reader import ByteStream, read_some

#: The number of first bytes that identify a compressed or a binary file.
MAGIC_SIZE = 16
_CHUNK = 1 << 16  # compressed bytes that are read at a time
_MESSAGE = 80  # characters to show of the error message of a library, which may quote the data


def _gzip(file: Any) -> Any:
    from gzip import GzipFile

    return GzipFile(fileobj=file, mode="rb")


def _bzip2(file: Any) -> Any:
    from bz2 import BZ2Decompressor

    return _Streams(file, BZ2Decompressor)


def _xz(file: Any) -> Any:
    from lzma import FORMAT_XZ, LZMADecompressor

    return _Streams(file, lambda: LZMADecompressor(FORMAT_XZ), padding=b"\0")


def _zstd(file: Any) -> Any:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdFile
    else:
        from backports.zstd import ZstdFile
    return ZstdFile(file)


class _Streams:
    """Decompresses streams that follow each other in one file.

    The file types of the library end in silence at a stream that they cannot read, so a damaged byte would hide all
    that follows.

    Args:
        file: The compressed file.
        new: Makes the decompressor of a stream.
        padding: The byte that may stand between two streams.
    """

    def __init__(self, file: ByteStream, new: Callable[[], Any], padding: bytes = b"") -> None:
        self._file = file
        self._new = new
        self._padding = padding
        self._current = new()

    def read1(self, size: int) -> bytes:
        """At most `size` bytes, none at the end. Raises an error of the library if the data is broken."""
        while True:
            if self._current.eof:
                rest = (self._current.unused_data or read_some(self._file, _CHUNK)).lstrip(self._padding)
                while not rest:
                    chunk = read_some(self._file, _CHUNK)
                    if not chunk:
                        return b""
                    rest = chunk.lstrip(self._padding)
                self._current = self._new()
                data: bytes = self._current.decompress(rest, size)
            elif self._current.needs_input:
                chunk = read_some(self._file, _CHUNK)
                if not chunk:
                    raise EOFError("the file ends before the data does")
                data = self._current.decompress(chunk, size)
            else:
                data = self._current.decompress(b"", size)
            if data:
                return data


_KINDS: dict[bytes, tuple[str, Callable[[Any], Any]]] = {
    b"\x1f\x8b\x08": ("gzip", _gzip),
    b"BZh": ("bzip2", _bzip2),
    b"\xfd7zXZ\0": ("xz", _xz),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
}


def decompressed(file: ByteStream, head: bytes) -> "Decompressed | None":
    """A decompressing stream for a file that begins with `head`, or None if the file is not compressed."""
    for magic, (kind, opener) in _KINDS.items():
        if head.startswith(magic) and (kind != "bzip2" or head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")):
            return Decompressed(file, kind, opener)
    return None


class Decompressed:
    """A stream of decompressed bytes. A read never returns more than `size` bytes, whatever the compression ratio.

    Attributes:
        broken: A message if the compressed data is broken. The bytes before the damage are read first, and then the
            stream ends.
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
            self.broken = f"broken {self._kind} data: {str(error)[:_MESSAGE]}"
            return b""
        return data

    def fileno(self) -> int:
        raise OSError("a decompressed stream is not a file of the operating system")


def _is_broken(error: Exception) -> bool:
    """Whether an error means that the data is broken. Other errors come from the file or from this program."""
    if isinstance(error, OSError):
        return error.errno is None  # gzip and bz2 raise it like this
    return isinstance(error, EOFError | zlib.error) or type(error).__name__ in ("LZMAError", "ZstdError")
