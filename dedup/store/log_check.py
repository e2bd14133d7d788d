"""Checks the log that SQLite leaves beside a state file when a run is killed.

SQLite takes the first frame with a wrong checksum for the end of the log, so that a damaged byte would silently undo
all commits from there on. A killed run leaves such a frame only at the end of the log.
"""

import struct
from pathlib import Path

_HEADER = 32  # bytes of the header of the log
_FRAME = 24  # bytes of the header of a frame
_NO_COMMIT = bytes(4)  # in the header of a frame that does not end a commit
_MAGIC = 0x377F0682  # the last bit says whether checksums are of big-endian words


def damage(log: Path) -> str | None:
    """What is damaged in a log, or None if it is whole, missing, or being written."""
    while True:
        try:
            data = log.read_bytes()
            wrong = _damage(data)
            if wrong is None or log.read_bytes() == data:
                return wrong
        except FileNotFoundError:
            return None


def _damage(data: bytes) -> str | None:
    if len(data) <= _HEADER:
        return None
    magic, _, page, restarts = struct.unpack_from(">4I", data)
    order = ">" if magic & 1 else "<"
    sums = _checksum(data[: _HEADER - 8], order, (0, 0))
    if magic & ~1 != _MAGIC or sums != struct.unpack_from(">2I", data, _HEADER - 8):
        return "the header of its log"
    salts = data[16:24]
    wrong: int | None = None
    frames = range(_HEADER, len(data) - _FRAME - page + 1, _FRAME + page)
    for number, at in enumerate(frames, 1):
        of_this_log = data[at + 8 : at + 16] == salts
        if wrong is None:
            if of_this_log:
                sums = _checksum(data[at : at + 8], order, sums)
                sums = _checksum(data[at + _FRAME : at + _FRAME + page], order, sums)
            if of_this_log and sums == struct.unpack_from(">2I", data, at + 16):
                continue
            wrong = number
            # A killed run leaves an incomplete frame, cut short, or before older frames in a log that was restarted.
            if restarts:
                continue
        # Frames after the wrong one may come from a commit that was undone, but those do not end a commit.
        if of_this_log and data[at + 4 : at + 8] != _NO_COMMIT:
            return f"frame {wrong} of its log"
    return None


def _checksum(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    for even, odd in struct.iter_unpack(f"{order}2I", data):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
