"""The client of both servers: requests on connections that stay open, with the bodies that MLflow's own client sends.

It does as little as a client can, so that what is measured is the servers: requests are made before the clock starts, many
clients are one loop over plain sockets, and of an answer only the status and the length are read.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

API = "/api/2.0/mlflow"
Talk = Generator[bytes, bytes, None]
"""What one client says: it gives a request and gets the body of the answer. What it does before the first is not measured."""

_MEASURED_S = 15.0
_TIMES_MIN = 3
_PIECE_BYTES = 1 << 20
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_RUN = re.compile(rb'"run_id": *"([0-9a-f]{32})"')
_ANY_RUN = "?" * 32
"""Stands in requests that are made before the run has an id, which is as long."""


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """Return a request as it is sent."""
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n".encode() + body


def posted(path: str, **body: Any) -> bytes:
    """Return a POST to MLflow's API."""
    return request("POST", API + path, json.dumps(body).encode())


def _opened(port: int) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", port), timeout=600)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def _body(answer: bytearray) -> bytes | None:
    """Return the body of an answer, None while it is not whole. Raises RuntimeError for one that is no success."""
    if (start := answer.find(_END)) < 0:
        return None
    start += len(_END)
    if length := _LENGTH.search(answer, 0, start):
        if len(answer) - start < int(length[1]):
            return None
        body = bytes(answer[start:])
    elif answer.endswith(b"0" + _END):
        body = b"".join(_pieces(answer, start))
    else:
        return None
    if answer[9:12] != b"200":
        raise RuntimeError(f"{bytes(answer[:start])!r} {body[:300]!r}")
    return body


def _pieces(answer: bytearray, at: int) -> Iterable[bytes]:
    """Yield the chunks of an answer that came in chunks."""
    while size := int(answer[at : (end := answer.index(b"\r\n", at))], 16):
        yield bytes(answer[end + 2 : end + 2 + size])
        at = end + size + 4


class Client:
    """One connection.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = _opened(port)

    def ask(self, asked: bytes) -> bytes:
        """Return what a request is answered with."""
        try:
            return self._answer(asked)
        except ConnectionError:
            # A server hangs up on whoever has been silent for a while.
            self._socket.close()
            self._socket = _opened(self._port)
            return self._answer(asked)

    def _answer(self, asked: bytes) -> bytes:
        self._socket.sendall(asked)
        answer = bytearray()
        while (body := _body(answer)) is None:
            piece = self._socket.recv(_PIECE_BYTES)
            if not piece:
                raise ConnectionResetError("the server hung up")
            answer += piece
        return body

    def post(self, path: str, **body: Any) -> Any:
        """Return what a POST is answered with, from its JSON."""
        return json.loads(self.ask(posted(path, **body)))

    def get(self, path: str) -> Any:
        """Return what a GET is answered with, from its JSON."""
        return json.loads(self.ask(request("GET", API + path)))

    def begin(self, experiment: str, number: int) -> str:
        """Begin a run; return its id."""
        return str(self.post("/runs/create", **beginning(experiment, number))["run"]["info"]["run_id"])

    def end(self, run: str) -> None:
        """End a run."""
        self.post("/runs/update", **ending(run))


def beginning(experiment: str, number: int) -> dict[str, Any]:
    """Return the body of a request that begins a run."""
    return {
        "experiment_id": experiment,
        "user_id": "ana",
        "run_name": f"run {number}",
        "start_time": 1_700_000_000_000 + number,
        "tags": [{"key": "mlflow.user", "value": "ana"}],
    }


def ending(run: str) -> dict[str, Any]:
    """Return the body of a request that ends a run."""
    return {"run_uuid": run, "status": "FINISHED", "end_time": 1_800_000_000_000, "run_id": run}


def measured(run: str, step: int) -> dict[str, Any]:
    """Return the body of a log-metric, of another point at each step."""
    point = {
        "key": "one",
        "value": (step * 7_919) % 10_007 / 10_007,
        "timestamp": 1_700_000_000_000 + step,
        "step": step,
    }
    return {"run_uuid": run, **point, "run_id": run}


def batch(run: str, number: int, *, params: int = 10, metrics: int = 20, tags: int = 3) -> dict[str, Any]:
    """Return the body of a run's log-batch: values that differ from run to run, without a pattern that an index likes."""
    return {
        "run_id": run,
        "metrics": [
            {
                "key": f"m{key}",
                "value": (number * 7_919 + key * 104_729) % 10_007 / 10_007,
                "timestamp": 1_700_000_000_000 + number,
                "step": 0,
            }
            for key in range(metrics)
        ],
        "params": [{"key": f"p{key}", "value": str((number + key) % 10)} for key in range(params)],
        "tags": [{"key": f"t{key}", "value": f"v{(number + key) % 5}"} for key in range(tags)],
    }


def whole_runs(experiment: str, numbers: Sequence[int], *, tags: int = 3, made: list[str] | None = None) -> Talk:
    """Begin runs, log a batch to each and end it, one after the other; ``made`` gets their ids."""
    prepared = [
        (
            posted("/runs/create", **beginning(experiment, number)),
            posted("/runs/log-batch", **batch(_ANY_RUN, number, tags=tags)),
            posted("/runs/update", **ending(_ANY_RUN)),
        )
        for number in numbers
    ]
    for begin, log, end in prepared:
        found = _RUN.search((yield begin))
        assert found
        yield log.replace(_ANY_RUN.encode(), found[1])
        yield end.replace(_ANY_RUN.encode(), found[1])
        if made is not None:
            made.append(found[1].decode())


def said(asked: Iterable[bytes]) -> Talk:
    """Ask one thing after the other."""
    for each in list(asked):  # noqa: UP028 - a list takes no answers
        yield each


def together(port: int, talks: Sequence[Talk]) -> float:
    """Return the seconds that clients take together, each with a connection of its own."""
    with selectors.DefaultSelector() as waiting:
        asked = [(_opened(port), next(talk), talk) for talk in talks]
        began = time.perf_counter()
        for connection, first, talk in asked:
            waiting.register(connection, selectors.EVENT_READ, (talk, bytearray()))
            connection.sendall(first)
        while waiting.get_map():
            for ready, _ in waiting.select():
                _go_on(waiting, ready)
        return time.perf_counter() - began


def _go_on(waiting: selectors.BaseSelector, ready: selectors.SelectorKey) -> None:
    """Read what came for one client, and have it ask the next when the answer is whole."""
    connection, (talk, answer) = ready.fileobj, ready.data
    assert isinstance(connection, socket.socket)
    if not (piece := connection.recv(_PIECE_BYTES)):
        raise ConnectionResetError("the server hung up")
    answer += piece
    if (body := _body(answer)) is None:
        return
    answer.clear()
    try:
        connection.sendall(talk.send(body))
    except StopIteration:
        waiting.unregister(connection)
        connection.close()


def median_ms(times: int, ask: Callable[[], object]) -> float:
    """Return the median of how long something takes, in milliseconds; the first times do not count.

    What takes seconds is asked less often.
    """
    until = time.perf_counter() + _MEASURED_S
    for _ in range(max(1, min(10, times // 5))):
        if time.perf_counter() < until:
            ask()
    found = list[float]()
    for _ in range(times):
        if len(found) >= _TIMES_MIN and time.perf_counter() > until:
            break
        began = time.perf_counter()
        ask()
        found.append(time.perf_counter() - began)
    return sorted(found)[len(found) // 2] * 1e3
