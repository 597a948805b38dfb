"""A repository behind a URL: the same methods as one on this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

import msgspec
from urllib3.exceptions import HTTPError

from lineal.client.transfer import fetch, upload_path
from lineal.client.uploading import upload
from lineal.client.verbs import Verbs
from lineal.client.wire import WAITS_S, Wire
from lineal.objects.canonical import canonical_bytes
from lineal.objects.digest import Digest, Hasher, digest_of, is_digest
from lineal.objects.errors import Conflict, Corrupt, Invalid
from lineal.objects.files import Entry, Tree
from lineal.operations.operation import Operation, Upload
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import PIECE_BYTES, BlobStore

_NOT_FOUND, _NO_SUCH_RANGE = 404, 416
_HELD_BYTES = 16 << 20
"""A stream whose digest nobody knows yet waits in memory up to so many bytes, then in a file."""

_ASKED_AT_ONCE = 10_000


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

    def put_file(self, path: PathLike[str] | str, *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store the content of a file; one whose digest is ``expected`` is read once. Raises NotFound, Conflict, Corrupt.

        The server tells whether what arrives is what was announced.
        """
        digest, size_bytes = (expected, _size_bytes(path)) if expected else _described(path)
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


class RemoteRepository(Verbs):
    """A repository behind a URL.

    Args:
        url: the server's address.
        token: who we are, when the server asks.

    Raises:
        Invalid: the address or the token cannot be one.
    """

    def __init__(self, url: str, *, token: str = "") -> None:
        self._wire = Wire(url, token)
        self.url = self._wire.url
        self.blobs: BlobStore = RemoteBlobs(self._wire)

    def perform(self, operation: Operation, request: msgspec.Struct, *, key: str = "") -> Any:
        """Have ``operation`` carried out and return its answer; a second call with the same ``key`` gets the same."""
        path = f"/{operation.path}"
        try:
            fields, body = list(_fields(request)), msgspec.json.encode(request)
            "".join(value for _, value in fields).encode()
        except UnicodeEncodeError:
            raise Invalid(f"{operation.words}: a text in it is no UTF-8", hint="write it in UTF-8") from None
        if operation.method == "GET":
            answer = self._wire.ask("GET", path, fields=fields)
        else:
            headers = {"Idempotency-Key": key or os.urandom(16).hex(), "Content-Type": "application/json"}
            answer = self._wire.ask("POST", path, body=body, headers=headers)
        return self._wire.decode(answer, operation.response)

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the server's store; what it holds already is not sent."""
        return upload(self, path, partial(upload_path, self.blobs, self.put_tree))

    def put_tree(self, tree: Tree) -> Digest:
        """Store a tree whose files the server holds."""
        answer = self._wire.ask("PUT", "/trees", body=canonical_bytes(tree))
        return Digest(self._wire.decode(answer, dict[str, str])["digest"])

    def fetch(self, entries: Sequence[Entry], directory: Path) -> None:
        """Write files of the server's store below ``directory``, each verified."""
        fetch(self.blobs, entries, directory)

    def close(self) -> None:
        """Let go of every connection."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _fields(request: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a question as they stand in its address."""
    for name, value in msgspec.to_builtins(request).items():
        if isinstance(value, list | tuple):
            yield from ((name, str(each)) for each in value)
        elif value is not None:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)
