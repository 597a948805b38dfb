"""A server process on this machine, which lives on when the command that started it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec

from lineal.formats import prometheus
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, LinealError, Unavailable
from lineal.objects.prepared import prepared
from lineal.serving.ready import read_ready
from lineal.serving.release import read_release
from lineal.targets.target import Observed, Started

if TYPE_CHECKING:
    import http.client

HOST = "127.0.0.1"
READY_S = 60
"""Loading a large model takes a while; one that takes longer than this needs another target."""

STOP_S = 10
"""A little longer than the server itself gives the requests under way."""

_POLL_S = 0.02
_ASK_S = 5
_LAST_LINES = 6

T = TypeVar("T")


class _Handle(msgspec.Struct, frozen=True):
    """A process: its number, when it started (a number is used again), and the port by which only it answers."""

    pid: int
    started: int
    private_port: int


class ProcessTarget:
    """Versions as processes of this machine."""

    def start(self, directory: Path, python: Path, variables: Mapping[str, str], *, port: int) -> Started:
        """Start the release in ``directory`` and wait until it answers with its own digest.

        Raises:
            Conflict: another model answers on that port.
            Unavailable: it cannot be started, or does not answer in time; nothing is left running.
        """
        release = read_release(directory)
        _check_port(port, release.model)
        ready, log = directory / "ready.json", directory / "server.log"
        ready.unlink(missing_ok=True)
        command = (str(python), "-m", "lineal.serving", "serve", str(directory), "--host", HOST, "--port", str(port))
        process = _launched((*command, "--ready-file", str(ready)), directory, variables, log)
        try:
            return _wait(process, ready, release.digest)
        except BaseException as error:
            process.kill()
            process.wait()
            if not isinstance(error, LinealError):
                raise
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LAST_LINES:]
            raise Unavailable("\n".join([error.message, *lines]), hint="the lines above are its log's last") from None

    def observe(self, endpoint: str, handle: str) -> Observed:
        """Return what answers there now."""
        found = _decoded(handle)
        if found is None or _start_time(found.pid) != found.started:
            return Observed(None, healthy=False, request_count=0)
        answered = _asked(found.private_port, "/metrics", _read_metrics)
        if answered is None:
            return Observed(None, healthy=False, request_count=0)
        # What clients reach is the public port; whoever answers there says who it is.
        public = _asked(urlsplit(endpoint).port or 0, "/healthz", _read_version)
        digest, count = answered
        return Observed(public or digest, healthy=public == digest, request_count=count)

    def stop(self, handle: str) -> None:
        """Stop it once the requests under way are answered. Raises Unavailable when even force does not help."""
        found = _decoded(handle)
        if found is None or _start_time(found.pid) != found.started:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(found.pid, sign)
            if _until(lambda: _start_time(found.pid) != found.started, STOP_S):
                return
        raise Unavailable(f"process {found.pid} does not end", hint="see what it waits for: ps -o wchan= -p PID")


def _check_port(port: int, model: str) -> None:
    """Leave other models' ports alone: the kernel would let us take them over."""
    reference = _asked(port, "/healthz", _read_reference) if port else None
    if reference and reference.rpartition(":")[0] != model:
        raise Conflict(f"port {port} answers for {reference}", hint="choose another port, or undeploy that one")


def _launched(
    command: Sequence[str], directory: Path, variables: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Return a process that outlives this one. Raises Unavailable when it cannot be started."""
    try:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=directory,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Its own session: neither Ctrl-C nor the end of our terminal is meant for it.
                start_new_session=True,
            )
    except OSError as error:
        raise Unavailable(
            f"{command[0]} cannot be started: {error.strerror}", hint="check the environment it belongs to"
        ) from None


def _wait(process: subprocess.Popen[bytes], ready: Path, digest: str) -> Started:
    """Return once ``process`` answers as ``digest``. Raises Unavailable."""

    def is_up() -> bool:
        if process.poll() is not None:
            raise Unavailable(f"the server ended at once, with exit status {process.returncode}:")
        said = read_ready(ready)
        return said is not None and _asked(said.private_port, "/healthz", _read_version) == digest

    if not _until(is_up, READY_S):
        raise Unavailable(f"the server did not answer within {READY_S} seconds:")
    said = read_ready(ready)
    assert said is not None  # noqa: S101 - it is up
    handle = _Handle(said.pid, _start_time(said.pid), said.private_port)
    return Started(f"http://{HOST}:{said.port}", msgspec.json.encode(handle).decode())


def _until(is_so: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(_POLL_S)
    return False


def _asked(port: int, path: str, read: Callable[[http.client.HTTPResponse], T]) -> T | None:
    """Return what ``read`` makes of the answer, or None when there is no good one."""
    import http.client  # noqa: PLC0415 - slow to load, and few commands ask a server

    connection = http.client.HTTPConnection(HOST, port, timeout=_ASK_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return read(response) if response.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _read_version(response: http.client.HTTPResponse) -> Digest:
    return Digest(response.headers.get("Lineal-Version", ""))


def _read_reference(response: http.client.HTTPResponse) -> str:
    return response.headers.get("Lineal-Model", "")


def _read_metrics(response: http.client.HTTPResponse) -> tuple[Digest, int]:
    samples = prometheus.read(response.read().decode())
    return _read_version(response), int(sum(value for name, _, value in samples if name == "lineal_requests_total"))


def _decoded(handle: str) -> _Handle | None:
    try:
        return msgspec.json.decode(handle, type=prepared(_Handle))
    except msgspec.MsgspecError:
        return None


def _start_time(pid: int) -> int:
    """Return when a process started, in clock ticks since the machine did (proc(5)), or 0 when it does not run."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0
    # A zombie has ended: only its parent has not asked yet.
    return 0 if fields[0] in {b"Z", b"X"} else int(fields[19])


TARGET = ProcessTarget
