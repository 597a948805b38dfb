"""A repository behind a URL: the same methods as one on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import msgspec
import urllib3
from urllib3.util import Retry

from lineal.client.transfer import fetch, upload_path
from lineal.client.verbs import Verbs
from lineal.objects.canonical import canonical_bytes
from lineal.objects.digest import Digest, Hasher, digest_of
from lineal.objects.errors import ERRORS, Invalid, LinealError, Unavailable
from lineal.objects.files import Entry, Tree
from lineal.operations.operation import Operation, Upload
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import PIECE_BYTES, BlobStore

API = "/api/v1"
_CONNECT_S, _READ_S = 5, 3700
"""An evaluation answers when it is done; the server's own limit is an hour."""

_ATTEMPTS = Retry(total=3, connect=3, read=2, status=0, redirect=0, other=0, backoff_factor=0.2, allowed_methods=None)
"""A request that was cut off is sent again: its idempotency key makes the second one get the first one's answer."""


class _Wire:
    """Requests to one server; its problems become our errors."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=_CONNECT_S, read=_READ_S), retries=_ATTEMPTS)

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        fields: Sequence[tuple[str, str]] = (),
        headers: dict[str, str] | None = None,
        stream: bool = False,
        missing_is_answer: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Return the answer.

        Raises:
            LinealError: what the server said, as the same error with the same hint.
            Unavailable: there is no answer.
            Invalid: what answers is no Lineal server.
        """
        query = "?" + urlencode(fields) if fields else ""
        try:
            answer = self._pool.request(
                method,
                f"{self.url}{API}{path}{query}",
                body=body,
                headers={**self._headers, **(headers or {})},
                preload_content=not stream,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(
                f"{self.url} cannot be reached: {_reason(error)}", hint="check the address, and that the server runs"
            ) from None
        if answer.status < 300 or (missing_is_answer and answer.status == 404):
            return answer
        raise self._error(answer)

    def _error(self, answer: urllib3.BaseHTTPResponse) -> LinealError:
        try:
            problem = msgspec.json.decode(answer.data)
            kind = ERRORS[problem["type"]]
            return kind(problem["detail"], hint=problem["hint"])
        except (msgspec.DecodeError, KeyError, TypeError):
            return Invalid(f"{self.url} answered {answer.status} as no Lineal server does", hint="check the address")

    def close(self) -> None:
        """Let go of every connection."""
        self._pool.clear()


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    cause = getattr(error, "reason", None) or error
    return str(cause).rpartition(": ")[2] or type(cause).__name__


class RemoteBlobs:
    """The bytes of a repository behind a URL.

    Args:
        wire: the server.
    """

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        digest = digest_of(data)
        self._wire.ask("PUT", f"/blobs/{digest}", body=data)
        return digest

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces. They must be held until their digest, which is their address, is known."""
        data = b"".join(pieces)
        if expected and digest_of(data) != expected:
            raise reading.corrupt(expected, digest_of(data), "what arrived")
        return self.put(data), len(data)

    def put_file(self, path: PathLike[str] | str, *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store the content of a file, sent piece by piece. Raises NotFound, Conflict, Corrupt."""
        hasher = Hasher()
        for piece in reading.file_pieces(path):
            hasher.update(piece)
        if expected and hasher.digest != expected:
            raise reading.corrupt(expected, hasher.digest, os.fspath(path))
        with Path(path).open("rb") as file:
            headers = {"Content-Length": str(hasher.size_bytes)}
            self._wire.ask("PUT", f"/blobs/{hasher.digest}", body=file, headers=headers)
        return hasher.digest, hasher.size_bytes

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified. Raises NotFound, Corrupt."""
        return b"".join(self.open(digest))

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces; a whole read is verified at its end. Raises NotFound, Corrupt."""
        headers = {}
        if start or size is not None:
            if size == 0:
                return iter(())
            headers["Range"] = f"bytes={start}-{'' if size is None else start + size - 1}"
        pieces = self._pieces(digest, headers)
        return pieces if headers else reading.verified(pieces, digest, self._wire.url)

    def _pieces(self, digest: Digest, headers: dict[str, str]) -> Iterator[bytes]:
        answer = self._wire.ask("GET", f"/blobs/{digest}", headers=headers, stream=True)
        try:
            yield from answer.stream(PIECE_BYTES)
        finally:
            answer.release_conn()

    def size(self, digest: Digest) -> int:
        """Return the size in bytes. Raises NotFound."""
        answer = self._wire.ask("HEAD", f"/blobs/{digest}", missing_is_answer=True)
        if answer.status == 404:
            raise reading.missing(digest)
        return int(answer.headers["Content-Length"])

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here."""
        wanted = sorted(set(digests))
        if not wanted:
            return set()
        answer = self._wire.ask("POST", "/blobs/has", body=msgspec.json.encode(wanted))
        return set(msgspec.json.decode(answer.data, type=list[Digest]))

    def list(self) -> Iterator[Digest]:
        """Refuse: nobody needs the list of a whole server. Raises Invalid."""
        raise Invalid("the bytes of a server cannot be listed from here", hint="lineal verify asks the server")

    def delete(self, digest: Digest) -> None:
        """Refuse: only the server's own upkeep deletes. Raises Invalid."""
        raise Invalid(f"{digest} cannot be deleted from here", hint="ask who runs the server")

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file, verified, all or nothing. Raises NotFound, Corrupt, Unavailable."""
        reading.write_whole(self.open(digest), path, path.parent)


class RemoteRepository(Verbs):
    """A repository behind a URL.

    Args:
        url: the server's address.
        token: who we are, when the server asks.
    """

    def __init__(self, url: str, *, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._wire = _Wire(url, token)
        self.blobs: BlobStore = RemoteBlobs(self._wire)

    def perform(self, operation: Operation, request: msgspec.Struct, *, key: str = "") -> Any:
        """Have ``operation`` carried out and return its answer; a second call with the same ``key`` gets the same."""
        path = f"/{operation.path}"
        if operation.method == "GET":
            answer = self._wire.ask("GET", path, fields=list(_fields(request)))
        else:
            headers = {"Idempotency-Key": key or os.urandom(16).hex(), "Content-Type": "application/json"}
            answer = self._wire.ask("POST", path, body=msgspec.json.encode(request), headers=headers)
        return msgspec.json.decode(answer.data, type=operation.response)

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the server's store; what it holds already is not sent."""
        return upload_path(self.blobs, self.put_tree, path)

    def put_tree(self, tree: Tree) -> Digest:
        """Store a tree whose files the server holds."""
        answer = self._wire.ask("PUT", "/trees", body=canonical_bytes(tree))
        return Digest(msgspec.json.decode(answer.data)["digest"])

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
