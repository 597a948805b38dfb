"""What the server measures of itself, in Prometheus' format at ``/metrics``.

Labels have few values: the templates of addresses and never the addresses, and nobody's name.
"""

from __future__ import annotations

import platform
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lineal import __version__
from lineal.formats import prometheus
from lineal.protocols import ROUTE, UNCHANGING
from lineal.storage.database.asking import Asked, Question
from lineal.storage.database.database import Database, Dialect, Later, Row
from lineal.storage.repository import FORMAT
from lineal.storage.store import Store

OBSERVE = "lineal.observe"
"""Counts a request that is answered like this one before it comes here, in its scope: its seconds, and bytes in and out."""

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_COUNTED_S = 60.0
"""What takes a look at many rows is counted once in so many seconds."""


Kind = prometheus.Counter | prometheus.Gauge | prometheus.Histogram


class Ended:
    """Requests, or operations, that asked the same and ended alike."""

    __slots__ = ("buckets", "count", "received_bytes", "sent_bytes", "total_s")

    def __init__(self) -> None:
        self.buckets = [0] * (len(prometheus.BUCKETS_S) + 1)
        self.count = self.received_bytes = self.sent_bytes = 0
        self.total_s = 0.0

    def add(self, seconds: float, received_bytes: int = 0, sent_bytes: int = 0) -> None:
        """Count one."""
        self.buckets[bisect_left(prometheus.BUCKETS_S, seconds)] += 1
        self.count += 1
        self.total_s += seconds
        self.received_bytes += received_bytes
        self.sent_bytes += sent_bytes


class Measures:
    """Counts requests, operations and statements, and their time."""

    def __init__(self) -> None:
        # Only the loop counts requests, so that nobody need wait for a lock.
        self.requests: dict[tuple[str, str, int], Ended] = defaultdict(Ended)
        self._operations: dict[tuple[str, str], Ended] = defaultdict(Ended)
        self.under_way = 0
        self._statement_count, self._statements_s = 0, 0.0
        self._lock = threading.Lock()
        self._undelivered = prometheus.Gauge("lineal_webhook_messages_waiting", "Messages that are still to be sent.")
        self._points = prometheus.Gauge("lineal_points_waiting", "Points of metrics that are in no chunk yet.")
        self._build = prometheus.Gauge("lineal_build_info", "What runs here.")
        self._build.set(1, version=__version__, format=str(FORMAT), python=platform.python_version())
        self._counted_at = float("-inf")

    def observe(self, words: str, ended: str, seconds: float) -> None:
        """Count one operation."""
        with self._lock:
            self._operations[words, ended].add(seconds)

    def add_statement(self, seconds: float) -> None:
        """Count one statement of the database."""
        with self._lock:
            self._statement_count += 1
            self._statements_s += seconds

    def count(self, database: Database) -> None:
        """Count what waits in the database."""
        if time.monotonic() - self._counted_at < _COUNTED_S:
            return
        self._counted_at = time.monotonic()
        waiting = database.run("SELECT count(*) AS count FROM delivery WHERE due_at IS NOT NULL")
        points = database.run("SELECT COALESCE(sum(recent_points), 0) AS points FROM run")
        self._undelivered.set(waiting[0]["count"])
        self._points.set(points[0]["points"])

    def route(self, store: Store) -> Route:
        """Return what answers with all measures, those of where clients are sent by ``store`` among them."""
        direct = [each for place in (store.addresses, store.staging) if place for each in place.measures]

        async def page(_: Request) -> Response:
            await run_in_threadpool(self.count, store.database)
            return Response(prometheus.page(*self._all(), *direct), media_type=prometheus.CONTENT_TYPE)

        return Route("/metrics", page)

    def _all(self) -> Iterator[Kind]:
        yield from self._of_requests()
        statements = prometheus.Counter("lineal_database_statements_total", "Statements that the database carried out.")
        seconds = prometheus.Counter("lineal_database_seconds_total", "How long the database took for them.")
        statements.add(self._statement_count)
        seconds.add(self._statements_s)
        yield from (statements, seconds)
        yield from self._of_operations()
        yield from (self._undelivered, self._points, self._build)

    def _of_operations(self) -> Iterator[Kind]:
        operations = prometheus.Counter("lineal_operations_total", "Operations, by how they ended.")
        seconds = prometheus.Histogram("lineal_operation_seconds", "How long operations took.")
        with self._lock:
            for (words, how), ended in self._operations.items():
                operations.add(ended.count, operation=words, ended=how)
                seconds.include(ended.buckets, ended.total_s, operation=words)
        yield from (operations, seconds)

    def _of_requests(self) -> Iterator[Kind]:
        """Yield what was counted of requests, put together only now: they are many."""
        requests = prometheus.Counter("lineal_requests_total", "Requests, by what they asked and how it ended.")
        seconds = prometheus.Histogram("lineal_request_seconds", "How long requests took, to the end of the answer.")
        received = prometheus.Counter("lineal_received_bytes_total", "Bytes of the bodies of requests.")
        sent = prometheus.Counter("lineal_sent_bytes_total", "Bytes of the bodies of answers.")
        under_way = prometheus.Gauge("lineal_requests_under_way", "Requests that are worked on now.")
        under_way.set(self.under_way)
        for (route, method, status), ended in list(self.requests.items()):
            requests.add(ended.count, route=route, method=method, status=str(status))
            seconds.include(ended.buckets, ended.total_s, route=route)
            received.add(ended.received_bytes)
            sent.add(ended.sent_bytes)
        yield from (requests, seconds, received, sent, under_way)


class Measured:
    """Measures each request; ``routes`` are those that were given.

    Args:
        app: what answers it.
        measures: what is told.
        routes: whose templates stand for addresses.
    """

    def __init__(self, app: ASGIApp, *, measures: Measures, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._measures = measures
        self.routes = tuple(routes)
        self._templates: dict[Any, str] = {each.endpoint: each.path for each in self.routes if isinstance(each, Route)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        measures, started = self._measures, time.perf_counter()
        status = received_bytes = sent_bytes = 0

        async def received() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            nonlocal status, sent_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent_bytes += len(message.get("body", b""))
            await send(message)

        measures.under_way += 1
        try:
            await self._app(scope, received, sent)
        finally:
            measures.under_way -= 1
            route = scope.get(ROUTE) or self._templates.get(scope.get("endpoint"), "unknown")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            ended = measures.requests[route, method, status]
            ended.add(time.perf_counter() - started, received_bytes, sent_bytes)
            if UNCHANGING in scope:
                scope[OBSERVE] = ended.add


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
        started = time.perf_counter()
        try:
            return self._database.run(sql, **values)
        finally:
            self._measures.add_statement(time.perf_counter() - started)

    def later(self, sql: str, /, **values: Any) -> Later:
        """Have one statement carried out, and return what gives its rows; how long they are waited for counts with the next."""
        return self._database.later(sql, **values)

    def foretell(self, sql: str, /, **values: Any) -> None:
        """Have one statement carried out that somebody will call for."""
        self._database.foretell(sql, **values)

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Carry out one statement for each of ``rows``, all or none. Raises what the database raises."""
        started = time.perf_counter()
        try:
            self._database.many(sql, rows)
        finally:
            self._measures.add_statement(time.perf_counter() - started)

    def gather(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        """Have one statement carried out for each of ``rows``, with others. Raises what the database raises."""
        self._database.gather(sql, rows)

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything in the block one change."""
        return self._database.transaction()

    def notes(self, write: Callable[[list[Any]], object], /) -> list[Any]:
        """Return the notes of this thread's transaction."""
        return self._database.notes(write)

    def ask(self, question: Question) -> Asked:
        """Answer a question in SQL that a person wrote. Raises Invalid."""
        started = time.perf_counter()
        try:
            return self._database.ask(question)
        finally:
            self._measures.add_statement(time.perf_counter() - started)

    def hurry(self, *, as_one: bool = False) -> Callable[[], None]:
        """Have changes of this thread wait for nothing; return what waits for the disk."""
        return self._database.hurry(as_one=as_one)

    def close(self) -> None:
        """Let go of every connection."""
        self._database.close()
