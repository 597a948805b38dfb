"""Blobs whose file is also one of the workspace: fetched once, written once, kept under two names.

Whoever has the file in the workspace may edit it in place, and the bytes of the blob change with it. So nobody believes such
a file for its name. What it was when it was checked is noted beside it; one that is something else by now is hashed before
anything is said of it, and one that holds other bytes is let go of: the store's name goes, the file of the workspace stays
as it is. Only what a remote holds too is kept like this, so that an edit costs a transfer and never a byte.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from lineal.objects.chains import Chain
from lineal.objects.digest import Digest, Hasher, is_digest
from lineal.objects.errors import NotFound, Unavailable
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import PIECE_BYTES
from lineal.storage.blobs.chained import hash_chained
from lineal.storage.blobs.copying import copy_hashed
from lineal.storage.blobs.shared_notes import Notes, Stamp
from lineal.storage.blobs.sharing import RACY_NS, can_share

LARGE_BYTES = 64 << 20
"""A smaller file is copied: that takes no time, and nobody's edit costs anything."""

NOT_WAITED_FOR_BYTES = 4 << 30
"""So much of what a command takes may still be on its way to the disk when it ends. Nothing is noted of that: whoever relies on
it first has the disk take the rest, and hashes it."""

_ATTEMPTS = 3
_FEW = 8
_REFUSED = frozenset((errno.EIO, errno.ENOSPC, errno.EDQUOT))
_READ_ONLY, _USUAL = 0o444, 0o666


class _Look(NamedTuple):
    """What a file was when it was hashed and found to be right, and whether it will have another stamp when it changes."""

    stamp: Stamp
    is_certain: bool


class _Lent(NamedTuple):
    """A blob that was taken by this command: its file, and the directory where it was put, if it was."""

    status: os.stat_result
    is_on_disk: bool
    folder: Path | None = None


class SharedFiles:
    """The blobs of one store that share their files with the workspace.

    Args:
        directory: where their names are; on the file system of the store.
        scratch: where files are tried, and notes are written, on the same file system.
        quarantine: where one goes that holds other bytes and has no other name.

    ``may_change`` says whether what was found out is noted, and edited files are let go of.
    """

    def __init__(self, directory: Path, scratch: Path, quarantine: Path) -> None:
        self.may_change = True
        self._directory = directory
        self._scratch = scratch
        self._quarantine = quarantine
        self._notes = Notes(directory, scratch)
        self._is_lending = False
        self._taken: dict[Digest, _Lent] = {}
        self._not_waited_for_bytes = 0
        self._lock = threading.Lock()

    def path(self, digest: Digest) -> Path:
        """Return where the file of ``digest`` is, or would be."""
        return self._directory / digest.removeprefix("sha256:")

    # What comes in.

    @contextmanager
    def lending(self, directory: Path) -> Iterator[bool]:
        """Within the block, take large files for ``directory``; give whether that is possible at all.

        It is not on another disk, nor where blocks can be shared, nor where others than us may write to the store.
        """
        self._is_lending = can_share(self._directory, self._scratch, directory)
        try:
            yield self._is_lending
        finally:
            self._is_lending = False
            for digest, lent in list(self._taken.items()):
                with suppress(OSError):
                    self._note_lent(digest, lent)
            self._taken.clear()
            self._not_waited_for_bytes = 0

    def wants(self, path: Path) -> bool:
        """Tell whether a file that was fetched is to be taken here."""
        return self._is_lending and path.stat().st_size >= LARGE_BYTES

    def take(self, path: Path, digest: Digest, *, found: Digest | None, chain: Chain | None = None) -> int:
        """Take a file that was fetched, and that nobody else has; return its size.

        Up to a size nobody waits for the disk: the remote has what a power cut takes, and without a note nobody believes it.

        Args:
            path: the file, on the disk of the store.
            digest: what it should be.
            found: what it was found to be while it was written; without it, it is read.
            chain: the states that its SHA-256 goes through, if they are known.

        Raises:
            Corrupt: it is something else.
            Unavailable: the disk cannot be written.
        """
        with reading.guarded(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if (found := found or hash_chained(descriptor, digest, chain)) != digest:
                    raise reading.corrupt(digest, found, "what arrived")
                # A time that lies back a little: whoever writes to it from now on gives it another one for certain.
                now = time.time_ns()
                os.utime(descriptor, ns=(now, now - RACY_NS))
                os.fchmod(descriptor, _READ_ONLY)
                if is_waited_for := self._is_waited_for(os.fstat(descriptor).st_size):
                    os.fsync(descriptor)
                path.replace(self.path(digest))
                if is_waited_for:
                    reading.sync_directory(self._directory)
                status = os.fstat(descriptor)
            finally:
                os.close(descriptor)
        self._taken[digest] = _Lent(status, is_waited_for)
        self._notes.write(digest, "", stamp_of(status), is_certain=is_waited_for)
        self._notes.write_chain(digest, chain)
        return status.st_size

    def _is_waited_for(self, size_bytes: int) -> bool:
        with self._lock:
            self._not_waited_for_bytes += size_bytes
            return self._not_waited_for_bytes > NOT_WAITED_FOR_BYTES

    def lend(self, digest: Digest, path: Path) -> bool:
        """Give a file that was taken a second name, ``path``, once; tell whether that was possible."""
        with self._lock:
            lent = self._taken.get(digest)
            if lent is None or lent.folder is not None:
                return False
            self._taken[digest] = lent._replace(folder=path.parent)
        try:
            # What a new file is like here, by the user's own rules, so that it may be written to as any other.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _USUAL)
            usual = os.fstat(descriptor)
            os.close(descriptor)
            path.unlink()
            here = self.path(digest)
            if (usual.st_uid, usual.st_gid, usual.st_dev) != (
                lent.status.st_uid,
                lent.status.st_gid,
                lent.status.st_dev,
            ):
                raise PermissionError
            # From here on, what is noted is what it was: until the end of the block, whoever wants it hashes it.
            here.chmod(usual.st_mode & 0o777)
            os.link(here, path)
        except OSError:
            with self._lock:
                self._taken[digest] = lent
            return False
        return True

    def _note_lent(self, digest: Digest, lent: _Lent) -> None:
        """Note what a file is now that it has its name in the workspace, unless it was written to meanwhile."""
        now = os.lstat(self.path(digest))
        if lent.folder is None or _content(now) != _content(lent.status):
            return
        with os.scandir(lent.folder) as entries:
            place = next((each.path for each in entries if each.inode() == now.st_ino), str(lent.folder))
        self._notes.write(digest, place, stamp_of(now), is_certain=lent.is_on_disk)

    # What is here.

    def right(self) -> Iterator[Digest]:
        """Yield everything that is here and is what it should be, in order."""
        return (each for each in self.names() if self._is_right(each))

    def is_named(self, digest: Digest) -> bool:
        """Tell whether there is a file here, right or not."""
        return os.path.lexists(self.path(digest))

    def names(self) -> list[Digest]:
        """Return everything that has a file here, right or not, in order."""
        try:
            found = (f"sha256:{name}" for name in os.listdir(self._directory))  # noqa: PTH208 - only names are asked for
            return sorted(Digest(each) for each in found if is_digest(each))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise reading.unavailable(self._directory, error) from None

    def has(self, digests: Collection[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here, and are what they should be."""
        asked = digests if len(digests) <= _FEW else set(digests).intersection(self.names())
        return {each for each in asked if self._is_right(each)}

    def _is_right(self, digest: Digest) -> bool:
        try:
            with self._opened(digest):
                return True
        except (NotFound, Unavailable):
            return False

    def size(self, digest: Digest) -> int:
        """Return the size in bytes. Raises NotFound."""
        with self._opened(digest) as descriptor:
            return os.fstat(descriptor).st_size

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces; a whole read is verified at its end, and each piece of a part is right.

        Raises:
            NotFound: they are not here, or not any more, since the file was edited.
            Unavailable: the file cannot be read, or is being changed again and again.
        """
        return self._part(digest, start, size) if start or size is not None else self._whole(digest)

    def _whole(self, digest: Digest) -> Iterator[bytes]:
        with self._opened(digest) as descriptor:
            hasher = Hasher()
            while piece := self._piece(digest, descriptor, hasher.size_bytes, PIECE_BYTES):
                hasher.update(piece)
                yield piece
            if hasher.digest != digest:
                self._look(digest, descriptor)
                raise self._edited(digest)

    def _part(self, digest: Digest, at: int, size: int | None) -> Iterator[bytes]:
        end = sys.maxsize if size is None else at + size
        with self._opened(digest) as descriptor:
            stamp = self._certain(digest, descriptor)
            while at < end and (piece := self._piece(digest, descriptor, at, min(PIECE_BYTES, end - at))):
                # Nobody wrote to the file between its check and this reading, or the piece is read again.
                if stamp_of(os.fstat(descriptor)) == stamp:
                    at += len(piece)
                    yield piece
                else:
                    stamp = self._certain(digest, descriptor)

    def _piece(self, digest: Digest, descriptor: int, at: int, size: int) -> bytes:
        with reading.guarded(self.path(digest)):
            return os.pread(descriptor, size, at)

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file of its own, verified, all or nothing. Raises NotFound, Unavailable."""
        here = self.path(digest)
        with self._descriptor(digest) as source, reading.replacing(path) as target:
            with reading.guarded(here):
                found = copy_hashed(source, target, cached=True).digest
            if found != digest:
                self._look(digest, source)
                raise self._edited(digest)

    def delete(self, digest: Digest) -> None:
        """Forget the bytes; a file of the workspace stays as it is. Nothing happens when they are not here."""
        with reading.guarded(self.path(digest)):
            self.path(digest).unlink(missing_ok=True)
            self._notes.forget(digest)

    # What became of it.

    def edited(self) -> list[Digest]:
        """Return the blobs that were let go of because their file was edited, in order."""
        return self._notes.edited()

    def forget_edit(self, digest: Digest) -> None:
        """Let go of what is known of an edit: the blob is here again, or nobody needs it any more."""
        with suppress(OSError):
            self._notes.forget(digest)

    def lost(self, digest: Digest) -> NotFound | None:
        """Return the error for a blob that was let go of because its file was edited; None for any other."""
        return self._edited(digest) if self._notes.is_edited(digest) else None

    @contextmanager
    def _descriptor(self, digest: Digest) -> Iterator[int]:
        path = self.path(digest)
        if not is_digest(digest):
            raise reading.missing(digest)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise self.lost(digest) or reading.missing(digest) from None
        except OSError as error:
            raise reading.unavailable(path, error) from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _opened(self, digest: Digest) -> Iterator[int]:
        """Lend a descriptor of a file that was found to be right just now. Raises NotFound, Unavailable."""
        with self._descriptor(digest) as descriptor:
            if not self._is_known(digest, stamp_of(os.fstat(descriptor))) and not self._look(digest, descriptor):
                raise self._edited(digest)
            yield descriptor

    def _is_known(self, digest: Digest, stamp: Stamp) -> bool:
        """Tell whether a file with this stamp is right for certain: that is noted, or this command has just written it."""
        taken = self._taken.get(digest)
        return (taken is not None and stamp_of(taken.status) == stamp) or self._notes.is_of(digest, stamp)

    def _certain(self, digest: Digest, descriptor: int) -> Stamp:
        """Return the stamp of a file that is right and will have another one when it is changed. Raises NotFound, Unavailable."""
        for attempt in range(_ATTEMPTS):
            stamp = stamp_of(os.fstat(descriptor))
            if self._is_known(digest, stamp):
                return stamp
            if attempt:
                time.sleep(min(RACY_NS, max(0, max(stamp[3:]) + RACY_NS - time.time_ns())) / 1e9)
            if (found := self._look(digest, descriptor)) is None:
                raise self._edited(digest)
            if found.is_certain:
                return found.stamp
        raise Unavailable(
            f"{self._notes.place(digest)} is being changed again and again", hint="wait until nothing writes to it"
        )

    def _look(self, digest: Digest, descriptor: int) -> _Look | None:
        """Hash a file; note what it is when it is right, and let go of it when it is not. Return None then."""
        path, began = self.path(digest), time.time_ns()
        with reading.guarded(path):
            # What somebody changes in memory shows in the times once the system has taken the memory back.
            if not self._is_on_disk(digest, descriptor):
                return None
            before = os.fstat(descriptor)
            found = hash_chained(descriptor, digest, self._notes.chain(digest))
            after = os.fstat(descriptor)
        if found != digest:
            if self.may_change:
                self._let_go(digest, after)
            return None
        is_certain = (
            stamp_of(before) == stamp_of(after) and max(before.st_mtime_ns, before.st_ctime_ns) + RACY_NS < began
        )
        if is_certain and self.may_change:
            with suppress(OSError):  # who may only read hashes it again the next time
                self._notes.write(digest, self._notes.place(digest), stamp_of(before))
        return _Look(stamp_of(before), is_certain)

    def _is_on_disk(self, digest: Digest, descriptor: int) -> bool:
        """Have the disk take what it has not yet. What it refuses is let go of: it says so once. Raises OSError."""
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _REFUSED or not self.may_change:
                raise
            self._let_go(digest, os.fstat(descriptor))
            return False
        return True

    def _let_go(self, digest: Digest, status: os.stat_result) -> None:
        """Remove the store's name of a file, if it is still that file's; the file itself stays where it has another name."""
        here = self.path(digest)
        with suppress(OSError):  # who may only read leaves it, and takes it for missing all the same
            self._notes.write_edited(digest)
            now = os.lstat(here)
            if (now.st_dev, now.st_ino) != (status.st_dev, status.st_ino):
                return
            if now.st_nlink > 1:
                here.unlink()
            else:
                self._quarantine.mkdir(parents=True, exist_ok=True)
                here.replace(self._quarantine / f"edited-{here.name}")

    def _edited(self, digest: Digest) -> NotFound:
        place = self._notes.place(digest) or "one of the workspace"
        return NotFound(
            f"the store does not hold {digest} any more: its file was also {place}, and was edited there"
            " (or the disk did not get all of it)",
            hint="lineal data pull NAME fetches it again from the remote that has it; the edited file stays as it is",
        )


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _content(status: os.stat_result) -> tuple[int, ...]:
    """Return what changes when somebody writes to a file; another name or mode changes none of it."""
    return stamp_of(status)[:4]
