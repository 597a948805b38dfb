"""Digests of uploads in parts, computed while later parts come: at the end, little is left to be hashed.

Parts come nearly in order, several at once. Each is hashed when it is its turn, from memory as long as there is room, or
else from the file that it was written to. All of it only saves time: what was not seen here is hashed at the end.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from lineal.objects.digest import Hasher
from lineal.storage.blobs.placing import Whole
from lineal.storage.direct import DirectFile

ROOM_BYTES = 64 << 20
"""So much of the parts of all uploads together waits in memory."""

_PARTS_AHEAD_MAX = 32
"""Clients have fewer parts under way: what is farther from its turn waits for one that another server has, or nobody."""

_UPLOADS_MAX = 64
_QUIET_SECONDS = 30
_PIECE_BYTES = 2 << 20


class Part:
    """A part on its way, with those of its pieces that wait in memory: all of them, or none.

    Args:
        upload: of which upload.
        number: which part.
    """

    def __init__(self, upload: _Upload, number: int) -> None:
        self.upload = upload
        self.number = number
        self.tag = ""
        self.size_bytes = 0
        self.pieces: list[bytes] | None = []


class _Upload:
    """How far an upload was hashed, and the parts that wait for their turn."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        self.hasher = Hasher()
        self.tags: list[str] = []
        self.waiting: dict[int, Part] = {}
        self.under_way: set[Part] = set()
        self.thread: threading.Thread | None = None
        self.used_at = time.monotonic()

    @property
    def turn(self) -> int:
        """The number of the part that is hashed next."""
        return len(self.tags) + 1


class Ahead:
    """What hashes the parts of the uploads to one server. ``room_bytes`` is how much more may wait in memory.

    Args:
        room_bytes: how much of them may wait in memory.
    """

    def __init__(self, room_bytes: int = ROOM_BYTES) -> None:
        self.room_bytes = room_bytes
        self._uploads: OrderedDict[str, _Upload] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, whole: Whole, number: int) -> Part:
        """Return what takes the pieces of a part that begins to arrive."""
        with self._lock:
            upload = self._uploads.setdefault(whole.name, _Upload(whole))
            self._uploads.move_to_end(whole.name)
            upload.used_at = time.monotonic()
            part = Part(upload, number)
            if number - upload.turn >= _PARTS_AHEAD_MAX:
                part.pieces = None
            upload.under_way.add(part)
            while len(self._uploads) > _UPLOADS_MAX:
                self._forget(next(iter(self._uploads)))
        return part

    def add(self, part: Part, piece: bytes) -> None:
        """Keep a piece in memory, if there is room."""
        with self._lock:
            part.size_bytes += len(piece)
            if part.pieces is None:
                return
            if self.room_bytes < len(piece):
                self._make_room(part.upload)
            if self.room_bytes < len(piece):
                self._let_go(part)
                return
            self.room_bytes -= len(piece)
            part.pieces.append(piece)

    def end(self, part: Part, tag: str) -> None:
        """Take a part that is in its place; without a tag it failed."""
        with self._lock:
            part.upload.under_way.discard(part)
            if not tag or self._uploads.get(part.upload.whole.name) is not part.upload:
                self._let_go(part)
                return
            part.tag = tag
            part.upload.used_at = time.monotonic()
            part.upload.waiting[part.number] = part
            self._go_on(part.upload)

    def _go_on(self, upload: _Upload) -> None:
        if upload.thread is None and upload.turn in upload.waiting:
            upload.thread = threading.Thread(target=self._hash, args=(upload,), daemon=True)
            upload.thread.start()

    def _hash(self, upload: _Upload) -> None:
        """Hash, in a thread, the parts whose turn it is."""
        while True:
            with self._lock:
                if not (part := upload.waiting.pop(upload.turn, None)):
                    upload.thread = None
                    return
                pieces = part.pieces
            is_hashed = _hash_pieces(upload.hasher, pieces) if pieces is not None else _hash_file(upload, part)
            with self._lock:
                self._let_go(part)
                if is_hashed:
                    upload.tags.append(part.tag)
                else:  # the end will find out what is wrong
                    self._forget(upload.whole.name)

    def take(self, whole: Whole, tags: Sequence[str]) -> Hasher:
        """Return the digest of as much as was hashed; from then on nothing is known of the upload.

        Args:
            whole: the file that the parts are in.
            tags: those of its parts, the first one first; when others were hashed, that was in vain.
        """
        with self._lock:
            upload = self._uploads.get(whole.name)
            thread = upload and upload.thread
        if thread:
            thread.join()
        with self._lock:
            # Whoever asked at the same time may have been sooner.
            upload = self._uploads.get(whole.name)
            if upload and upload.thread is None:
                self._forget(whole.name)
                if [*tags[: len(upload.tags)]] == upload.tags:
                    return upload.hasher
        return Hasher()

    def forget(self, whole: Whole) -> None:
        """Let go of an upload that was given up."""
        with self._lock:
            self._forget(whole.name)

    def _make_room(self, wanting: _Upload) -> None:
        """Have uploads that went quiet read what they wait for from the disk."""
        limit = time.monotonic() - _QUIET_SECONDS
        for upload in self._uploads.values():
            if upload is not wanting and upload.used_at < limit:
                self._let_all_go(upload)

    def _forget(self, name: str) -> None:
        if upload := self._uploads.pop(name, None):
            self._let_all_go(upload)
            upload.waiting.clear()

    def _let_all_go(self, upload: _Upload) -> None:
        for part in (*upload.waiting.values(), *upload.under_way):
            self._let_go(part)

    def _let_go(self, part: Part) -> None:
        self.room_bytes += sum(map(len, part.pieces or ()))
        part.pieces = None


def _hash_pieces(hasher: Hasher, pieces: list[bytes]) -> bool:
    for piece in pieces:
        hasher.update(piece)
    return True


def _hash_file(upload: _Upload, part: Part) -> bool:
    try:
        return hash_up_to(upload.hasher, upload.whole.path, upload.hasher.size_bytes + part.size_bytes)
    except OSError:
        return False


def hash_up_to(hasher: Hasher, path: Path, end: int) -> bool:
    """Hash the bytes of a file that follow on those that were, up to ``end``; tell whether all are there. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with DirectFile(descriptor, os.O_RDONLY, cached=True) as file:
            while (start := hasher.size_bytes) < end:
                if not (piece := file.read(start, min(_PIECE_BYTES, end - start))):
                    return False
                hasher.update(piece)
    finally:
        os.close(descriptor)
    return True
