"""Checks that no other user can write to a folder. A cache of kernels is unpickled, so what is in it can run code."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def can_others_write(folder: Path) -> bool:
    """Whether another user than this one and root can put files into a folder, or put another folder in its place.

    A group counts as others, unless it is the user's own: it has the user's name, and no other members. In a folder
    with the sticky bit, such as /tmp, nobody can replace what belongs to somebody else.

    Raises:
        OSError: The folder cannot be examined.
    """
    if not hasattr(os, "geteuid"):  # Windows has no such modes
        return False
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        status = place.stat()
        is_sticky = place != folder and bool(status.st_mode & stat.S_ISVTX)
        if status.st_uid not in (os.geteuid(), 0) or (_is_shared(status) and not is_sticky):
            return True
    # Others can reach the files of an open folder.
    return bool(folder.stat().st_mode & 0o011) and any(_is_foreign(path.lstat()) for path in folder.rglob("*"))


def _is_foreign(status: os.stat_result) -> bool:
    return status.st_uid not in (os.geteuid(), 0) or _is_shared(status)


def _is_shared(status: os.stat_result) -> bool:
    """Whether the mode lets other users write."""
    if stat.S_ISLNK(status.st_mode) or not status.st_mode & 0o022:
        return False
    return bool(status.st_mode & 0o002) or not _is_own_group(status.st_gid)


def _is_own_group(number: int) -> bool:
    import grp
    import pwd

    with suppress(KeyError):
        group, user = grp.getgrgid(number), pwd.getpwuid(os.geteuid()).pw_name
        return number == 0 or (group.gr_name == user and set(group.gr_mem) <= {user})
    return False
