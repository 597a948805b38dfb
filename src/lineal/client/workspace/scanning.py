"""What the system says of files of the workspace, and what a tree may hold of them."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import NamedTuple

from lineal.client.workspace.hand import STAMP
from lineal.objects.digest import Digest, Hasher, digest_of
from lineal.objects.errors import Invalid
from lineal.objects.files import Mode
from lineal.storage.blobs.reading import TEMPORARY, file_pieces

_SHOWN_MAX = 200
"""Characters of a path that is too long for the system are too many for a person."""

SKIPPED = frozenset((".lineal", ".git"))
"""What is never part of a tree: a store inside itself, and a history whose hooks would run where it is fetched."""


def is_skipped(name: str) -> bool:
    """Tell whether a name can be that of no part of a tree: one of those, or of a file that a crash left half written.

    Some file systems do not tell .git from .GIT, and some let go of dots and spaces at the end.
    """
    if name[:1] != ".":
        return False  # soon told, of tens of thousands
    plain = name.rstrip(". ").lower()
    return plain in SKIPPED or plain.startswith(TEMPORARY)


def path_of(named: os.PathLike[str] | str) -> Path:
    """Return what somebody names, as a path.

    Raises:
        Invalid: it is empty, as a variable is that was never set: that must not mean everything that is here.
    """
    if not os.fspath(named):
        raise Invalid("an empty path is the name of nothing", hint="name a file or directory; . is the one you are in")
    return Path(named)


def root_of(path: Path) -> str:
    """Return the one name of a directory or file of the workspace, however it is named; a link is what it points at."""
    whole = path.absolute()
    # What may not be looked at is told by who reads or writes it.
    return str(whole.resolve() if os.path.islink(whole) or ".." in whole.parts else whole)


Stamp = bytes
"""What a file was when it was looked at, but for the device, which is that of the directory: see ``Told``."""


class Told(NamedTuple):
    """What a stamp says: size, modification time, change time (both ns), inode and mode."""

    size_bytes: int
    modified_ns: int
    changed_ns: int
    inode: int
    mode: int


def told(stamp: Stamp) -> Told:
    """Return what a stamp says."""
    return Told(*STAMP.unpack(stamp))


class Folder(NamedTuple):
    """A directory that is walked.

    ``place`` is its path with a slash at its end; ``inside`` the same below the top, and empty for the top itself.
    """

    place: str
    inside: str


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file."""
    return STAMP.pack(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode)


def status_of(root: str) -> os.stat_result:
    """Return what the system says of a path. Raises Invalid when it may not be read."""
    try:
        return os.lstat(root)
    except OSError as error:
        raise unreadable(root, error) from None


def check_name(name: str, place: str) -> None:
    """Raise Invalid when a name in ``place`` is no UTF-8: no tree could carry it from one machine to another."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Invalid(f"the name {os.fsencode(name)!r} in {place} is no UTF-8", hint="rename the file") from None


def unreadable(path: str, error: OSError) -> Invalid:
    """Return the error for what may not be read."""
    if error.errno == errno.ENAMETOOLONG:
        shown = path if len(path) <= _SHOWN_MAX else f"{path[: _SHOWN_MAX // 2]}…{path[-_SHOWN_MAX // 2 :]}"
        return Invalid(f"{shown} cannot be read: {error.strerror}", hint="shorten the names of its directories")
    return Invalid(f"{path} cannot be read: {error.strerror}", hint="check the path and its permissions")


def digest_at(path: str, mode: int) -> Digest | None:
    """Return the digest of what is at a path, by reading it; None for what a tree cannot hold.

    Args:
        path: a file, or a link, whose digest is that of its target.
        mode: what the system says it is, of the link itself.

    Raises:
        Invalid: it may not be read.
        Conflict: it changed meanwhile.
    """
    if stat.S_ISLNK(mode):
        return digest_of(os.fsencode(os.readlink(path)))
    if not stat.S_ISREG(mode):
        return None
    hasher = Hasher()
    for piece in file_pieces(path):
        hasher.update(piece)
    return hasher.digest


def mode_of(mode: int) -> Mode:
    """Return what a tree says of a file whose mode the system gives as ``mode``."""
    if stat.S_ISLNK(mode):
        return "symlink"
    return "executable" if mode & stat.S_IXUSR else "file"
