"""Pack many small blobs: bytes go to the disk in a thread of their own, while the next ones are read and hashed."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from lineal.formats import pack
from lineal.formats.pack import Place, Table
from lineal.objects.digest import Digest
from lineal.storage.blobs import reading
from lineal.storage.blobs.packs import Packs
from lineal.storage.direct import Appending

PACK_BYTES = 64 << 20
"""A pack of this size is one request to an object store, and not too much to send again."""

FEW = 16
"""So many blobs are not worth a pack: as files of their own, any tool can read and check them."""

_BUFFER_BYTES = 1 << 20
_BUFFERS_WAITING_MAX = 8


class Packer:
    """A bundle that writes packs.

    Args:
        packs: where they go.
        scratch: where they are written before they have their name; on the same file system.
        put: stores a blob by itself.
        few: so many are stored by themselves.
    """

    def __init__(self, packs: Packs, scratch: Path, put: Callable[[bytes], Digest], *, few: int = FEW) -> None:
        self._packs = packs
        self._scratch = scratch
        self._put = put
        self._few_max = few
        self._few: dict[Digest, bytes] = {}
        self._writer: _Writer | None = None

    def put(self, digest: Digest, data: bytes) -> None:
        """Take one blob."""
        if self._writer:
            self._writer.put(digest, data)
            return
        self._few[digest] = data
        if len(self._few) > self._few_max or sum(map(len, self._few.values())) > _BUFFER_BYTES:
            self._writer = _Writer(self._packs, self._scratch)
            for each in self._few.items():
                self._writer.put(*each)
            self._few.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if self._writer:
            self._writer.close(keep=error is None)
        elif error is None:
            for data in self._few.values():
                self._put(data)


class _Writer:
    """One pack after the other: what is put here goes to the thread that writes."""

    def __init__(self, packs: Packs, scratch: Path) -> None:
        self._packs = packs
        self._open = _Open(packs, scratch)
        self._written: queue.SimpleQueue[Table] = queue.SimpleQueue()
        self._places: dict[Digest, Place] = {}
        self._buffer: list[bytes] = []
        self._buffered = self._start = 0
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue(_BUFFERS_WAITING_MAX)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._carry_out, daemon=True)
        self._thread.start()

    def put(self, digest: Digest, data: bytes) -> None:
        """Take one blob; a blob that this pack has is left out."""
        if digest in self._places:
            return
        self._places[digest] = Place(digest, self._start, len(data))
        self._buffer.append(data)
        self._start += len(data)
        self._buffered += len(data)
        if self._buffered >= _BUFFER_BYTES:
            self._flush()
        if self._start >= PACK_BYTES:
            self._finish()

    def _flush(self) -> None:
        buffer, self._buffer, self._buffered = self._buffer, [], 0
        self._hand_over(lambda: self._open.write(buffer))

    def _finish(self) -> None:
        self._flush()
        places, self._places, self._start = self._places, {}, 0
        self._hand_over(lambda: self._written.put(self._open.finish(list(places.values()))))
        self._index()

    def _index(self) -> None:
        """Write the rows of the packs that are written: in the thread, and the transaction, of whoever puts blobs here."""
        while not self._written.empty():
            self._packs.index(self._written.get())

    def _hand_over(self, task: Callable[[], None]) -> None:
        if self._error:
            raise self._error
        self._work.put(task)

    def _carry_out(self) -> None:
        while task := self._work.get():
            if self._error is None:
                try:
                    task()
                except BaseException as error:  # noqa: BLE001 - told to whoever puts the next blob
                    self._error = error

    def close(self, *, keep: bool) -> None:
        """Finish the last pack, or let go of it, and wait for the disk."""
        try:
            if keep and self._places:
                self._finish()
        finally:
            self._work.put(None)
            self._thread.join()
            self._open.discard()
        if keep and self._error:
            raise self._error
        self._index()


class _Open:
    """The file of the pack that is being written."""

    def __init__(self, packs: Packs, scratch: Path) -> None:
        self._packs = packs
        self._scratch = scratch
        self._path: Path | None = None
        self._descriptor = -1
        self._file: Appending | None = None

    def write(self, buffer: list[bytes]) -> None:
        """Append bytes. Raises Unavailable."""
        with reading.guarded(self._scratch):
            self._opened().write(b"".join(buffer))

    def _opened(self) -> Appending:
        if self._file is None:
            self._scratch.mkdir(parents=True, exist_ok=True)
            self._path = self._scratch / f"pack.{os.getpid()}.{os.urandom(8).hex()}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
            self._file = Appending(self._descriptor)
        return self._file

    def finish(self, places: list[Place]) -> Table:
        """Write the table, and give the pack its name; return the table."""
        table = pack.table_of(places)
        self.write([pack.ending(table)])
        with reading.guarded(self._scratch):
            self._opened().finish()
        assert self._path  # noqa: S101 - it was just written to
        self._packs.place(self._path, self._descriptor, table)
        os.close(self._descriptor)
        self._path, self._descriptor, self._file = None, -1, None
        return table

    def discard(self) -> None:
        """Remove what was not finished."""
        if self._path is not None:
            if self._file:
                self._file.discard()
            os.close(self._descriptor)
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            self._path, self._descriptor, self._file = None, -1, None
