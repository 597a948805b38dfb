"""Clients of a running version: one request, and one that never stops asking."""

from __future__ import annotations

import json
import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from tests.unit.serving.releases import TABLE, rows_of

BODY = json.dumps({"rows": rows_of(TABLE.head(5))})


class Answer(NamedTuple):
    """What came back, exactly, and from whom."""

    digest: str
    body: str


def post(endpoint: str, connection: HTTPConnection | None = None) -> Answer:
    """Ask for predictions, by a connection of its own or by ``connection``."""
    used = connection or connect(endpoint)
    used.request("POST", "/predict", BODY, {"Content-Type": "application/json"})
    response = used.getresponse()
    body = response.read().decode()
    if response.status != 200:
        raise HTTPException(f"{response.status}: {body}")
    if connection is None:
        used.close()
    return Answer(response.headers["Lineal-Version"], body)


def connect(endpoint: str) -> HTTPConnection:
    """Return a connection to ``endpoint``."""
    return HTTPConnection(urlsplit(endpoint).netloc, timeout=20)


class Client:
    """Asks in a thread, one request after the other, while the block runs; one that fails is not tried again.

    Args:
        endpoint: whom.
        keeps_alive: whether by one connection, for as long as the server keeps it.
    """

    def __init__(self, endpoint: str, *, keeps_alive: bool) -> None:
        self.seen: list[str] = []
        self.failures: list[str] = []
        self._endpoint = endpoint
        self._connection = connect(endpoint) if keeps_alive else None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def wait(self, count: int) -> None:
        """Return after ``count`` more requests."""
        goal = len(self.seen) + len(self.failures) + count
        while len(self.seen) + len(self.failures) < goal:
            time.sleep(0.002)

    def _ask(self) -> None:
        while not self._is_over.is_set():
            try:
                self.seen.append(post(self._endpoint, self._connection).digest)
            except (OSError, HTTPException) as error:
                self.failures.append(repr(error))
