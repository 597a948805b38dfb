"""What answers all of MLflow's requests: a look-up, a turn in the loop or a thread, an answer in one piece.

MLflow's clients send many small requests, so what stands between the socket and the operation is kept short.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute, Match, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, LinealError
from lineal.protocols import AGAIN, ROUTE, Acting, Headers, Reply
from lineal.protocols.mlflow import errors, omitted, wire
from lineal.storage.database.awaiting import awaited
from lineal.storage.database.database import Database
from lineal.storage.database.grouping import Grouping
from lineal.storage.database.workers import End, Workers, tell

BODY_BYTES_MAX = 64 << 20
"""More than MLflow's client ever sends in one request: it cuts batches at a megabyte."""

_THREADS = 16
"""So many requests are answered at once; databases and disks take their time."""

_QUESTIONS = frozenset(("search", "search-datasets", "get-latest-versions"))

_NO_MORE: dict[str, str] = {}

_log = logging.getLogger(__name__)


class Endpoint(NamedTuple):
    """What answers requests of one kind.

    ``path`` is what stands behind ``/api``; a part in braces is a field of the request. ``answer`` takes the repository and
    the request, and returns what is sent as JSON. ``is_quick`` says that it reads or changes a few rows and does nothing else; ``foretell``
    has what it will begin with sent to the database before, and returns whether it did.
    """

    method: str
    path: str
    request: type[msgspec.Struct]
    answer: Callable[[LocalRepository, Any], Any]
    is_quick: bool = False
    foretell: Callable[[LocalRepository, Any], bool] | None = None

    @property
    def reads(self) -> bool:
        """Whether it changes nothing: some questions are too long for an address, and are sent as a body."""
        return self.method == "GET" or self.path.rpartition("/")[2] in _QUESTIONS


class _Found(NamedTuple):
    endpoint: Endpoint
    fields: dict[str, str]


class Dispatch:
    """The application.

    Args:
        endpoints: what answers what.
        acting: who asks.
        streams: answers what takes or gives files, as they stand behind ``/api``.
    """

    def __init__(self, endpoints: Iterable[Endpoint], acting: Acting, streams: Iterable[BaseRoute] = ()) -> None:
        self._acting = acting
        self._streams = Router([*streams], default=_unknown)
        self._threads = Workers("lineal-mlflow", _THREADS)
        self._grouping: Grouping | None = None
        self._exact: dict[tuple[str, str], Endpoint] = {}
        self._patterns: dict[tuple[str, int], list[tuple[list[str], Endpoint]]] = {}
        for each in endpoints:
            parts = each.path.split("/")
            if "{" in each.path:
                self._patterns.setdefault((each.method, len(parts)), []).append((parts, each))
            else:
                self._exact[each.method, each.path] = each

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        # What is mounted sees the whole path; in front of it stands /api or /ajax-api.
        before = "/ajax-api" if scope["path"].startswith("/ajax-api") else "/api"
        if found := self._find(scope["method"], scope["path"].removeprefix(before)):
            await self._answered(found, scope, receive, send)
            return
        scope[ROUTE] = "/api/2.0/mlflow-artifacts"
        await self._streams({**scope, "root_path": before}, receive, send)

    def at_once(self) -> dict[tuple[str, str], ASGIApp]:
        """Return what answers where no part of the address varies, by method and address."""
        return {
            (method, before + path): partial(self._answered, _Found(endpoint, {}))
            for (method, path), endpoint in self._exact.items()
            for before in ("/api", "/ajax-api")
        }

    async def _answered(self, found: _Found, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ROUTE] = f"/api{found.endpoint.path}"
        if omitted.is_in_workspace(scope["headers"]) and not found.endpoint.path.endswith("/server-info"):
            await _send(send, *omitted.told(omitted.WORKSPACES), {})
            return
        if found.endpoint.is_quick:
            scope[AGAIN] = partial(self._again, found, scope)
        await _send(send, *await self._answer(found, scope, receive))

    async def _answer(self, found: _Found, scope: Scope, receive: Receive) -> tuple[int, bytes, dict[str, str]]:
        try:
            repository = self._acting(Request(scope))
            body = await read_body(receive)
            work = _Work(found, repository, scope["query_string"], body)
            return 200, await self._worked(found, repository.store.database, work, receive), {}
        except Exception as error:  # noqa: BLE001 - a client gets an answer
            return _told(scope, error)

    async def _worked(self, found: _Found, database: Database, work: _Work, receive: Receive) -> bytes:
        """Have something carried out; a question is given up with whoever asked it."""
        if found.endpoint.is_quick:
            future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            self._begin(found, database, work, partial(tell, future))
            return await future
        in_thread = self._threads.run
        return await (awaited(work, in_thread, receive) if found.endpoint.reads else in_thread(work))

    def _begin(self, found: _Found, database: Database, work: _Work, end: End) -> None:
        """Have something quick carried out; changes share commits."""
        self._grouping = self._grouping or Grouping(database)
        if found.endpoint.reads:
            self._grouping.ask(work, end)
        else:
            self._grouping.begin(work, end, work.about, work.foretell)

    def _again(self, found: _Found, scope: Scope, body: bytes, reply: Reply) -> bool:
        """Answer another request with the same head, by whoever its scope says."""

        def end(result: bytes, error: BaseException | None) -> None:
            status, answer, more = _told(scope, error) if error else (200, result, _NO_MORE)
            reply(status, _headers(answer, more), answer)

        try:
            repository = self._acting(Request(scope))
        except LinealError as error:
            end(b"", error)
        else:
            self._begin(found, repository.store.database, _Work(found, repository, scope["query_string"], body), end)
        return True

    def _find(self, method: str, path: str) -> _Found | None:
        if exact := self._exact.get((method, path)):
            return _Found(exact, {})
        parts = path.split("/")
        for pattern, endpoint in self._patterns.get((method, len(parts)), ()):
            fields = {wanted[1:-1]: part for wanted, part in zip(pattern, parts, strict=True) if wanted.startswith("{")}
            if all(wanted == part or wanted.startswith("{") for wanted, part in zip(pattern, parts, strict=True)):
                return _Found(endpoint, fields)
        return None

    def serves(self, method: str, path: str) -> bool:
        """Tell whether anything answers requests to what stands behind ``/api``."""
        scope: Scope = {"type": "http", "method": method, "path": path, "headers": []}
        return bool(self._find(method, path)) or any(
            each.matches(scope)[0] is Match.FULL for each in self._streams.routes
        )


async def _unknown(scope: Scope, _: Receive, send: Send) -> None:
    if part := omitted.omitted(scope["path"].removeprefix(scope["root_path"])):
        await _send(send, *omitted.told(part), {})
        return
    message = f"no endpoint answers {scope['method']} {scope['path']}; docs/reference/mlflow-endpoints.md lists those there are"
    await _send(send, errors.NO_ENDPOINT.status, errors.body(errors.NO_ENDPOINT, message), {})


def _told(scope: Scope, error: BaseException) -> tuple[int, bytes, dict[str, str]]:
    """Return what tells a client of an error; the log has what is none of ours."""
    if not isinstance(error, LinealError):
        _log.error("%s %s", scope["method"], scope["path"], exc_info=error)
    return *errors.told(error), errors.headers_of(error)


def _headers(data: bytes, more: dict[str, str]) -> Headers:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(data))]
    if more:
        headers += [(name.lower().encode(), value.encode()) for name, value in more.items()]
    return headers


async def _send(send: Send, status: int, data: bytes, more: dict[str, str]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _headers(data, more)})
    await send({"type": "http.response.body", "body": data})


class _Work:
    """What is to be done for one request, wherever it is done.

    Args:
        found: what answers it.
        repository: as whoever asks sees it.
        query: the query string.
        body: its bytes.
    """

    def __init__(self, found: _Found, repository: LocalRepository, query: bytes, body: bytes) -> None:
        self._found = found
        self._repository = repository
        self._query = query
        self._body = body

    @cached_property
    def _asked(self) -> Any:
        endpoint, fields = self._found
        if endpoint.method == "GET" or not self._body:
            asked = wire.read_query(self._query, endpoint.request)
        else:
            asked = wire.read_body(self._body, endpoint.request)
        return msgspec.structs.replace(asked, **fields) if fields else asked

    def about(self) -> str:
        """Return the id of the run or logged model that the request names. Raises Invalid for one that cannot be read."""
        asked = self._asked
        return str(getattr(asked, "run_id", "") or getattr(asked, "run_uuid", "") or getattr(asked, "model_id", ""))

    def foretell(self) -> bool:
        """Have sent what the request will begin with; tell whether that is known. Raises what the request itself will."""
        known = self._found.endpoint.foretell
        return known is not None and known(self._repository, self._asked)

    def __call__(self) -> bytes:
        """Return the answer. Raises what the operation raises, and Invalid for a request that cannot be read."""
        answer = self._found.endpoint.answer(self._repository, self._asked)
        return answer if isinstance(answer, bytes) else wire.encode(answer)


async def read_body(receive: Receive) -> bytes:
    """Return the body of a request. Raises Invalid for one that is too large."""
    pieces, size = list[bytes](), 0
    while True:
        message = await receive()
        piece = message.get("body", b"")
        size += len(piece)
        if size > BODY_BYTES_MAX:
            raise Invalid(f"a request has at most {BODY_BYTES_MAX:,} bytes", hint="send less at once")
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces) if len(pieces) > 1 else pieces[0]
