"""What the server measures of itself, in Prometheus' format at ``/metrics``.

Labels have few values: the templates of addresses and never the addresses, and nobody's name.
"""

from __future__ import annotations

import platform
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lineal import __version__
from lineal.formats import prometheus
from lineal.protocols import AGAIN, ROUTE, Again, Headers, Reply
from lineal.storage.database.database import Database, Dialect
from lineal.storage.repository import FORMAT
from lineal.storage.store import Store

MEASURED = "lineal.measured"
"""What answers another request with the same head, and counts it, in the scope of one that was answered."""

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_COUNTED_S = 60.0
"""What takes a look at many rows is counted once in so many seconds."""

P = ParamSpec("P")
R = TypeVar("R")
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
            if again := scope.get(AGAIN):
                scope[MEASURED] = partial(self._again, again, route, method)

    def _again(self, inner: Again, route: str, method: str, body: bytes, reply: Reply) -> bool:
        """Have another request with the same head answered."""
        measures, started = self._measures, time.perf_counter()

        def replied(status: int, headers: Headers, answer: bytes) -> None:
            measures.under_way -= 1
            measures.requests[route, method, status].add(time.perf_counter() - started, len(body), len(answer))
            reply(status, headers, answer)

        measures.under_way += 1
        if inner(body, replied):
            return True
        measures.under_way -= 1
        return False


class Timed:
    """A database whose statements are counted. What only hands on is the database's own, without a step between.

    Args:
        database: carries them out.
        measures: what is told: of a statement that is waited for later, how long the next one takes with it.
    """

    def __init__(self, database: Database, measures: Measures) -> None:
        self._measures = measures
        self.dialect: Dialect = database.dialect
        self.run, self.many, self.ask = self._timed(database.run), self._timed(database.many), self._timed(database.ask)
        self.later, self.foretell, self.gather = database.later, database.foretell, database.gather
        self.transaction, self.notes, self.hurry = database.transaction, database.notes, database.hurry
        self.is_retried = database.is_retried
        self.close = database.close

    def _timed(self, work: Callable[P, R]) -> Callable[P, R]:
        def timed(*args: P.args, **named: P.kwargs) -> R:
            started = time.perf_counter()
            try:
                return work(*args, **named)
            finally:
                self._measures.add_statement(time.perf_counter() - started)

        return timed
