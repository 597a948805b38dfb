"""The bytes of a repository behind a URL."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
from urllib3.exceptions import HTTPError

from lineal.client.wire import WAITS_S, Wire
from lineal.formats import pack
from lineal.objects.digest import Digest, Hasher, digest_of, is_digest
from lineal.objects.errors import Conflict, Corrupt, Invalid
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import PIECE_BYTES, SMALL_BYTES, Bundle, Lying

_NOT_FOUND, _NO_SUCH_RANGE = 404, 416
_HELD_BYTES = 16 << 20
"""A stream whose digest nobody knows yet waits in memory up to so many bytes, then in a file."""

_ASKED_AT_ONCE = 10_000
_GOT_AT_ONCE = 500
_PACK_BYTES = 32 << 20


class RemoteBlobs:
    """The bytes of a repository behind a URL.

    Args:
        wire: the server.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        digest = digest_of(data)
        self._wire.ask("PUT", f"/blobs/{digest}", body=data)
        return digest

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces; they are held until their digest, which is their address, is known."""
        with tempfile.SpooledTemporaryFile(_HELD_BYTES) as file:
            hasher = Hasher()
            for piece in pieces:
                hasher.update(piece)
                file.write(piece)
            if expected and hasher.digest != expected:
                raise reading.corrupt(expected, hasher.digest, "what arrived")
            held = cast("BinaryIO", file)
            self._send(hasher.digest, hasher.size_bytes, lambda: _from_start(held))
        return hasher.digest, hasher.size_bytes

    @contextmanager
    def bundle(self) -> Iterator[Bundle]:
        """Take many small blobs, which are sent in packs."""
        with tempfile.TemporaryFile() as file:
            sender = _Sender(self._wire, file)
            yield sender
            sender.send()

    def get_many(self, digests: Collection[Digest]) -> Iterator[tuple[Digest, bytes]]:
        """Yield the bytes of many small blobs, verified. Raises NotFound, Corrupt."""
        rest = iter(digests)
        while asked := list(islice(rest, _GOT_AT_ONCE)):
            answer = self._wire.ask("POST", "/blobs/get", body=msgspec.json.encode(asked), stream=True)
            try:
                yield from _unframed(answer, asked, self._wire.url)
            except HTTPError as error:
                raise self._wire.unreachable(error) from None
            finally:
                answer.close()

    def places(self, digests: Collection[Digest]) -> Iterator[Lying]:
        """Yield files of this machine with small blobs in them, and where they lie there: none."""
        return iter(())

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> tuple[Digest, int]:
        """Store the content of a file; one whose digest is ``expected`` is read once. Raises NotFound, Conflict, Corrupt.

        The server tells whether what arrives is what was announced.
        """
        digest, size_bytes = (expected, _size_bytes(path)) if expected else _described(path)
        if not expected and self.has((digest,)):
            return digest, size_bytes
        try:
            self._send(digest, size_bytes, lambda: _whole(path, size_bytes))
        except Corrupt:
            if expected:
                raise
            raise _changed(path) from None
        return digest, size_bytes

    def _send(self, digest: Digest, size_bytes: int, pieces: Any) -> None:
        self._wire.ask("PUT", f"/blobs/{digest}", body=pieces, headers={"Content-Length": str(size_bytes)})

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified. Raises NotFound, Corrupt."""
        return b"".join(self.open(digest))

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces; a whole read is verified at its end. Raises NotFound, Corrupt."""
        if not is_digest(digest):
            raise reading.missing(digest)
        pieces = self._pieces(digest, start, "" if size is None else str(start + size - 1)) if size != 0 else iter(())
        return pieces if start or size is not None else reading.verified(pieces, digest, self._wire.url)

    def _pieces(self, digest: Digest, start: int, last: str) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to ``last``; a download that is cut off goes on where it was cut."""
        headers = {"Range": f"bytes={start}-{last}"} if start or last else {}
        failures = 0
        while True:
            answer = self._wire.ask("GET", f"/blobs/{digest}", headers=headers, stream=True, also={_NO_SUCH_RANGE})
            try:
                if answer.status != _NO_SUCH_RANGE:
                    for piece in answer.stream(PIECE_BYTES):
                        start, failures = start + len(piece), 0
                        yield piece
            except HTTPError as error:
                failures += 1
                if failures > len(WAITS_S):
                    raise self._wire.unreachable(error) from None
                headers = {"Range": f"bytes={start}-{last}"}
            else:
                return
            finally:
                answer.close()

    def size(self, digest: Digest) -> int:
        """Return the size in bytes. Raises NotFound."""
        if is_digest(digest):
            answer = self._wire.ask("HEAD", f"/blobs/{digest}", also={_NOT_FOUND})
            if answer.status != _NOT_FOUND:
                return int(answer.headers["Content-Length"])
        raise reading.missing(digest)

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here."""
        wanted = sorted({each for each in digests if is_digest(each)})
        found: set[Digest] = set()
        for first in range(0, len(wanted), _ASKED_AT_ONCE):
            asked = msgspec.json.encode(wanted[first : first + _ASKED_AT_ONCE])
            found.update(self._wire.decode(self._wire.ask("POST", "/blobs/has", body=asked), list[Digest]))
        return found

    def list(self) -> Iterator[Digest]:
        """Refuse: nobody needs the list of a whole server. Raises Invalid."""
        raise Invalid("the bytes of a server cannot be listed from here", hint="lineal verify asks the server")

    def delete(self, digest: Digest) -> None:
        """Refuse: only the server's own upkeep deletes. Raises Invalid."""
        raise Invalid(f"{digest} cannot be deleted from here", hint="ask who runs the server")

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file, verified, all or nothing. Raises NotFound, Corrupt, Unavailable."""
        reading.write_whole(self.open(digest), path, path.parent)


def _from_start(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        yield piece


def _described(path: PathLike[str] | str) -> tuple[Digest, int]:
    hasher = Hasher()
    for piece in reading.file_pieces(path):
        hasher.update(piece)
    return hasher.digest, hasher.size_bytes


def _size_bytes(path: PathLike[str] | str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0  # what is wrong with it is told when it is read


def _whole(path: PathLike[str] | str, size_bytes: int) -> Iterator[bytes]:
    """Yield the content of a file of which ``size_bytes`` were announced: with fewer, the server would wait for more."""
    sent = 0
    for piece in reading.file_pieces(path):
        sent += len(piece)
        yield piece
    if sent != size_bytes:
        raise _changed(path)


def _changed(path: PathLike[str] | str) -> Conflict:
    return Conflict(f"{os.fspath(path)} changed while it was read", hint="try again once nothing writes to it")


class _Sender:
    """A bundle that collects blobs in a file, and sends it as a pack whenever it is large enough."""

    def __init__(self, wire: Wire, file: BinaryIO) -> None:
        self._wire = wire
        self._file = file
        self._places: dict[Digest, pack.Place] = {}
        self._size = 0

    def put(self, digest: Digest, data: bytes) -> None:
        """Take one blob."""
        if digest not in self._places:
            self._places[digest] = pack.Place(digest, self._size, len(data))
            self._file.write(data)
            self._size += len(data)
            if self._size >= _PACK_BYTES:
                self.send()

    def send(self) -> None:
        """Send what was collected."""
        if not self._places:
            return
        table = pack.table_of(self._places.values())
        self._file.write(pack.ending(table))
        headers = {"Content-Length": str(table.size_bytes)}
        self._wire.ask("PUT", f"/packs/{table.name}", body=lambda: _from_start(self._file), headers=headers)
        self._file.seek(0)
        self._file.truncate()
        self._places, self._size = {}, 0


def _unframed(answer: Any, asked: Collection[Digest], where: str) -> Iterator[tuple[Digest, bytes]]:
    """Yield the blobs of an answer: for each its digest, its size and its bytes."""
    left = set(asked)
    while left:
        head = _exactly(answer, pack.FRAME_BYTES)
        digest, size = pack.frame_of(head)
        if digest not in left or size > max(SMALL_BYTES, _HELD_BYTES):
            raise Corrupt(f"{where} sends {digest}, which nobody asked for", hint="use the same Lineal here and there")
        data = _exactly(answer, size)
        if (found := digest_of(data)) != digest:
            raise reading.corrupt(digest, found, where)
        left.discard(digest)
        yield digest, data


def _exactly(answer: Any, size: int) -> bytes:
    pieces = []
    while size and (piece := answer.read(size)):
        pieces.append(piece)
        size -= len(piece)
    if size:
        raise Corrupt("an answer ended before all blobs had come", hint="try again")
    return b"".join(pieces)
