"""Large files hashed by all cores at once, with the states that a SHA-256 went through before (``objects/chains.py``)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import NamedTuple

from lineal.objects.chains import CHAINED_BYTES, STATE_BYTES, Chain, piece_bytes_of
from lineal.objects.digest import Digest, Hasher
from lineal.storage.blobs.copying import clone, hash_file
from lineal.storage.blobs.settling import Settling
from lineal.storage.direct import buffer
from lineal.storage.sha256 import RunningSha256, can_run

_ROOM_BYTES = 1 << 20
"""So much is read, hashed and written while it is in the processor's own cache."""

_THREADS = min(8, max(2, os.cpu_count() or 1))


class ChainHasher(Hasher):
    """A digest that keeps the states on its way. Only where ``can_run``.

    Args:
        size_bytes: how many bytes are going to come.
    """

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self._running = RunningSha256()
        self._piece_bytes = piece_bytes_of(size_bytes)
        self._states = list[bytes]()

    def update(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next piece."""
        view = memoryview(piece)
        while view:
            part = view[: self._piece_bytes - self.size_bytes % self._piece_bytes]
            self._running.update(bytes(part) if part.readonly else part)
            self.size_bytes += len(part)
            view = view[len(part) :]
            if not self.size_bytes % self._piece_bytes:
                self._states.append(self._running.state)

    @property
    def digest(self) -> Digest:
        """The digest of every piece so far."""
        return self._running.digest

    @property
    def chain(self) -> Chain | None:
        """The states on the way; None when no byte came."""
        count = max(0, -(-self.size_bytes // self._piece_bytes) - 1)
        made = Chain(self._piece_bytes, b"".join(self._states[:count]))
        return made if made.fits(self.size_bytes) else None


def hasher_of(size_bytes: int) -> Hasher:
    """Return what hashes a file of this size, with the states on the way when it is large."""
    return ChainHasher(size_bytes) if size_bytes >= CHAINED_BYTES and can_run() else Hasher()


def is_of_use(chain: Chain, descriptor: int) -> bool:
    """Tell whether a chain saves time with an open file. One with holes is copied by who keeps them."""
    size = os.fstat(descriptor).st_size
    if size < CHAINED_BYTES or not chain.fits(size) or not can_run():
        return False
    try:
        return os.lseek(descriptor, 0, os.SEEK_HOLE) >= size
    except OSError:
        return True  # a file system without holes


def hash_chained(descriptor: int, digest: Digest, chain: Chain | None) -> Digest:
    """Return the digest of an open file that should be ``digest``."""
    size = os.fstat(descriptor).st_size
    if chain and is_of_use(chain, descriptor) and _Checking(descriptor, None, size, chain, digest).is_right():
        return digest
    return hash_file(descriptor).digest


def copy_chained(
    source: int, target: int, digest: Digest, chain: Chain, progress: Callable[[int], None] | None = None
) -> Digest:
    """Copy one open file into another, empty one, through the cache of the system; return the digest of the copy.

    What is hashed is what is written, as everywhere. Where it does not lead to ``digest``, the chain may be that of something
    else: then the copy is read again.

    Args:
        source: a descriptor that can be read.
        target: a descriptor of an empty file, for reading and writing.
        digest: what it should be.
        chain: of use with it.
        progress: is told of bytes as they are copied.
    """
    if clone(source, target):
        return hash_chained(target, digest, chain)
    size = os.fstat(source).st_size
    with Settling(target, size, _ROOM_BYTES) as settling:
        is_right = _Checking(source, settling, size, chain, digest, progress).is_right()
    return digest if is_right else hash_file(target).digest


class _Piece(NamedTuple):
    """A piece of a file, from its first byte to its end, and the states before and after it."""

    start: int
    end: int
    before: bytes
    after: bytes


class _Checking:
    """Threads that take the pieces of a file, each from its first byte to its last: whoever hashes bytes has just read them.

    Args:
        source: a descriptor that can be read.
        target: a file that gets what is read, if any.
        size: how large it is.
        chain: fits that size.
        digest: what it should be.
        progress: is told of bytes as they are done with.
    """

    def __init__(
        self,
        source: int,
        target: Settling | None,
        size: int,
        chain: Chain,
        digest: Digest,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._source = source
        self._target = target
        self._digest = digest
        self._progress = progress
        self._lock = threading.Lock()
        states = [chain.states[at : at + STATE_BYTES] for at in range(0, len(chain.states), STATE_BYTES)]
        self._pieces = iter(
            [
                _Piece(number * chain.piece_bytes, min(size, (number + 1) * chain.piece_bytes), before, after)
                for number, (before, after) in enumerate(zip([b"", *states], [*states, b""], strict=True))
            ]
        )
        self._is_right = True
        self._error: BaseException | None = None

    def is_right(self) -> bool:
        """Do all of it; tell whether every piece leads on to the next, and the last one to the digest. Raises OSError."""
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(_THREADS)]
        for each in threads:
            each.start()
        try:
            for each in threads:
                each.join()
        except BaseException as error:
            # They must be done before the files are closed: another one may get their numbers.
            self._error = error
            for each in threads:
                each.join()
            raise
        if self._error:
            raise self._error
        return self._is_right

    def _work(self) -> None:
        room = buffer(_ROOM_BYTES)
        try:
            while piece := self._next():
                room, is_right = self._leads_on(piece, room)
                if not is_right:
                    self._is_right = False
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            self._error = error

    def _next(self) -> _Piece | None:
        """Return the next piece; none when the rest tells nothing more. A copy is always made whole."""
        with self._lock:
            is_over = self._error or (self._target is None and not self._is_right)
            return None if is_over else next(self._pieces, None)

    def _leads_on(self, piece: _Piece, room: memoryview) -> tuple[memoryview, bool]:
        """Tell whether a piece leads from state to state; return the room for the next one with that."""
        running, at = RunningSha256(piece.before, piece.start), piece.start
        while at < piece.end and not self._error:
            count = os.preadv(self._source, [room[: piece.end - at]], at)
            if not count:
                return room, False  # it was cut short
            running.update(room[:count])
            if self._target is not None:
                room = self._target.write(room, count, at)
            at += count
            if self._progress:
                self._progress(count)
        return room, running.state == piece.after if piece.after else running.digest == self._digest
