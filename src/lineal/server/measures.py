"""What the server measures of itself, in Prometheus' format at ``/metrics``.

Labels have few values: the templates of addresses and never the addresses, and nobody's name.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lineal import __version__
from lineal.formats import prometheus
from lineal.storage.database.database import Database, Dialect, Row
from lineal.storage.repository import FORMAT

ROUTE = "lineal.route"
"""The template of an address, in the scope of a request, where Starlette does not know it."""

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_COUNTED_S = 60.0
"""What takes a look at many rows is counted once in so many seconds."""


class Measures:
    """Counts requests, operations and statements, and their time."""

    def __init__(self) -> None:
        self.requests = prometheus.Counter("lineal_requests_total", "Requests, by what they asked and how it ended.")
        self.seconds = prometheus.Histogram(
            "lineal_request_seconds", "How long requests took, to the end of the answer."
        )
        self.under_way = prometheus.Gauge("lineal_requests_under_way", "Requests that are worked on now.")
        self.received = prometheus.Counter("lineal_received_bytes_total", "Bytes of the bodies of requests.")
        self.sent = prometheus.Counter("lineal_sent_bytes_total", "Bytes of the bodies of answers.")
        self.statements = prometheus.Counter(
            "lineal_database_statements_total", "Statements that the database carried out."
        )
        self.database_s = prometheus.Counter("lineal_database_seconds_total", "How long the database took for them.")
        self._operations = prometheus.Counter("lineal_operations_total", "Operations, by how they ended.")
        self._operation_s = prometheus.Histogram("lineal_operation_seconds", "How long operations took.")
        self._undelivered = prometheus.Gauge("lineal_webhook_messages_waiting", "Messages that are still to be sent.")
        self._points = prometheus.Gauge("lineal_points_waiting", "Points of metrics that are in no chunk yet.")
        self._build = prometheus.Gauge("lineal_build_info", "What runs here.")
        self._build.set(1, version=__version__, format=str(FORMAT), python=platform.python_version())
        self._counted_at = float("-inf")
        self.under_way.set(0)

    def observe(self, words: str, ended: str, seconds: float) -> None:
        """Count one operation."""
        self._operations.add(operation=words, ended=ended)
        self._operation_s.observe(seconds, operation=words)

    def count(self, database: Database) -> None:
        """Count what waits in the database."""
        if time.monotonic() - self._counted_at < _COUNTED_S:
            return
        self._counted_at = time.monotonic()
        waiting = database.run("SELECT count(*) AS count FROM delivery WHERE due_at IS NOT NULL")
        points = database.run("SELECT COALESCE(sum(recent_points), 0) AS points FROM run")
        self._undelivered.set(waiting[0]["count"])
        self._points.set(points[0]["points"])

    def route(self, database: Database) -> Route:
        """Return what answers with all measures."""

        async def page(_: Request) -> Response:
            await run_in_threadpool(self.count, database)
            return Response(prometheus.page(*self._all()), media_type=prometheus.CONTENT_TYPE)

        return Route("/metrics", page)

    def _all(self) -> Iterator[prometheus.Counter | prometheus.Gauge | prometheus.Histogram]:
        kinds = prometheus.Counter | prometheus.Gauge | prometheus.Histogram
        return (each for each in vars(self).values() if isinstance(each, kinds))


class Measured:
    """Measures each request.

    Args:
        app: what answers it.
        measures: what is told.
        routes: whose templates stand for addresses.
    """

    def __init__(self, app: ASGIApp, *, measures: Measures, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._measures = measures
        self._templates: dict[Any, str] = {each.endpoint: each.path for each in routes if isinstance(each, Route)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        measures, started, seen = self._measures, time.perf_counter(), [0, 0, 0]

        async def received() -> Message:
            message = await receive()
            seen[1] += len(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen[0] = message["status"]
            seen[2] += len(message.get("body", b""))
            await send(message)

        measures.under_way.add(1)
        try:
            await self._app(scope, received, sent)
        finally:
            measures.under_way.add(-1)
            route = scope.get(ROUTE) or self._templates.get(scope.get("endpoint"), "unknown")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            measures.requests.add(route=route, method=method, status=str(seen[0]))
            measures.seconds.observe(time.perf_counter() - started, route=route)
            measures.received.add(seen[1])
            measures.sent.add(seen[2])


class Timed:
    """A database whose statements are counted.

    Args:
        database: carries them out.
        measures: what is told.
    """

    def __init__(self, database: Database, measures: Measures) -> None:
        self._database = database
        self._measures = measures

    @property
    def dialect(self) -> Dialect:
        """Which SQL this speaks."""
        return self._database.dialect

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        """Carry out one statement and return its rows. Raises what the database raises."""
        with self._timed():
            return self._database.run(sql, **values)

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``, all or none. Raises what the database raises."""
        with self._timed():
            self._database.many(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything in the block one change."""
        with self._database.transaction():
            yield

    def close(self) -> None:
        """Let go of every connection."""
        self._database.close()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._measures.statements.add()
            self._measures.database_s.add(time.perf_counter() - started)
