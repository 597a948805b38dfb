"""Golden requests, answered as a server would: by the same application, byte for byte, but through no port.

``replay`` asks; a process beside it holds the model. One that crashes, or does not answer in time, is ended, and another
goes on with the next request. Every request is asked twice, the second time in the opposite order: what is answered
otherwise then depends on chance, or on what was asked before.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from lineal.formats import golden
from lineal.formats.golden import GoldenAnswer, GoldenRequest
from lineal.objects.errors import Unavailable
from lineal.objects.prepared import prepared
from lineal.serving.loaders import Predictor
from lineal.serving.release import Release

LOAD_S = 300
"""So long a model may take to be loaded."""

ENDED_MAX = 5
"""After so many processes that crashed or hung, no further request is asked."""

_PIECE_BYTES = 1 << 16
_READY = b"{}\n"


def replay(directory: Path, source: Path, target: Path, *, request_s: float, within_s: float) -> None:
    """Write one answer a request in ``source`` to ``target``: all of them, or no file.

    Args:
        directory: the release that answers.
        source: the requests.
        target: where the answers go.
        request_s: how long one may take.
        within_s: how long all of them may take; the second asking is given up for it, the first is not.

    Raises:
        Unavailable: the model cannot be loaded, or it took too long.
        Corrupt: ``source`` holds no requests.
    """
    requests = list(golden.decode(source.read_bytes(), GoldenRequest))
    end = time.monotonic() + within_s
    asking = _Asking(directory, request_s)
    try:
        first = [asking.ask(each, end) for each in requests]
        answers = _again(asking, requests, first, end)
    finally:
        asking.close()
    partial = target.with_name(f".{target.name}.partial")
    partial.write_bytes(golden.encode(answers))
    partial.replace(target)


def _again(
    asking: _Asking, requests: Sequence[GoldenRequest], first: Sequence[GoldenAnswer], end: float
) -> list[GoldenAnswer]:
    """Return the answers, each with the one to the second asking where that is another."""
    found = list(first)
    for place in reversed(range(len(requests))):
        if not found[place].is_answer:
            continue
        second = asking.ask(requests[place], end)
        if second != found[place]:
            said = second.body or second.reason or second.digest or f"status {second.status}"
            found[place] = msgspec.structs.replace(found[place], again=said)
    return found


class _Asking:
    """Asks a process that holds the model; one that ends is followed by another."""

    def __init__(self, directory: Path, request_s: float) -> None:
        self._command = (sys.executable, "-m", "lineal.serving", "answer", str(directory))
        self._request_s = request_s
        self._ended = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._left = b""

    def ask(self, request: GoldenRequest, end: float) -> GoldenAnswer:
        """Return the answer to a request, or what there was in its place.

        Raises:
            Unavailable: the model cannot be loaded, or ``end`` has passed.
        """
        if self._ended >= ENDED_MAX:
            return GoldenAnswer(0, reason=f"not asked, after {ENDED_MAX} requests that ended the process")
        if time.monotonic() > end:
            raise Unavailable(
                "its golden requests took longer than they may", hint="lineal golden replay has more time"
            )
        process = self._process or self._start(end)
        try:
            assert process.stdin  # noqa: S101 - it has a pipe
            process.stdin.write(msgspec.json.encode(request) + b"\n")
            process.stdin.flush()
            line = self._line(self._request_s)
        except BrokenPipeError:
            line = b""
        if line:
            return msgspec.json.decode(line, type=prepared(GoldenAnswer))
        self._ended += 1
        return GoldenAnswer(0, reason=self._end())

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            _closed(self._process)

    def _start(self, end: float) -> subprocess.Popen[bytes]:
        self._left = b""
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._line(min(LOAD_S, end - time.monotonic())) != _READY:
            why = self._end()
            raise Unavailable(f"its model was not loaded: {why}", hint="the log above says why")
        return self._process

    def _line(self, timeout_s: float) -> bytes:
        """Return the next line of the process; nothing when it ends first, or says none in time."""
        process = self._process
        assert process is not None  # noqa: S101 - whoever asks has started it
        assert process.stdout  # noqa: S101 - it has a pipe
        end = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._left:
                if not selector.select(max(0.0, end - time.monotonic())):
                    return b""
                piece = os.read(process.stdout.fileno(), _PIECE_BYTES)
                if not piece:
                    return b""
                self._left += piece
        line, _, self._left = self._left.partition(b"\n")
        return line + b"\n"

    def _end(self) -> str:
        """End the process and return how it ended: by itself, or because it took too long."""
        process, self._process = self._process, None
        assert process  # noqa: S101 - as above
        try:
            # One that was about to end is let do so, to hear how.
            status = process.wait(0.2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
        _closed(process)
        if status is None:
            return f"no answer within {self._request_s:g} s"
        return f"the process ended by {signal.Signals(-status).name}" if status < 0 else f"the process ended ({status})"


def _closed(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes of a process that ends, and wait for that."""
    for pipe in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):
            assert pipe  # noqa: S101 - it has both
            pipe.close()
    process.wait()


def answer(release: Release, predictor: Predictor) -> None:
    """Answer the requests on standard input, one a line, until it ends. What the model prints is no answer."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    output.write(_READY)
    output.flush()
    requests = (msgspec.json.decode(line, type=prepared(GoldenRequest)) for line in sys.stdin.buffer)
    for each in answers(release, predictor, requests):
        output.write(msgspec.json.encode(each) + b"\n")
        output.flush()


def answers(release: Release, predictor: Predictor, requests: Iterable[GoldenRequest]) -> Iterator[GoldenAnswer]:
    """Yield the answer to each request, as the server of a release gives it."""
    from lineal.serving.app import create_app  # noqa: PLC0415 - who asks needs no server

    app = create_app(release, predictor)
    paths = {golden.INFER: f"/v2/models/{release.model}/infer"}
    with asyncio.Runner() as runner:
        for each in requests:
            status, body = runner.run(_asked(app, paths.get(each.path, each.path), each.body.encode()))
            yield golden.answer(status, body)


async def _asked(app: Any, path: str, body: bytes) -> tuple[int, bytes]:
    """Return the status and the body that an application answers (asgi.readthedocs.io)."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
    status, found = 0, bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            found.extend(message.get("body", b""))

    # An application says of its own faults what it answered, and raises them too.
    with suppress(Exception):
        await app(scope, receive, send)
    return status, bytes(found)
