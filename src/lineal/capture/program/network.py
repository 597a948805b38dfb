"""Which hosts the processes of a run are connected to, as the kernel lists it: also for programs that tell nothing.

A sample each second sees what lasts; a connection that came and went between two of them is not seen.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lineal.capture.program.processes import PROC
from lineal.capture.told.gathering import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lineal.capture.told.record import SpoolRecord

_PERIOD_S = 1.0
_PROCESSES_MAX = 512
_ESTABLISHED, _LISTENING = "01", "0A"
_WEB_PORTS = frozenset({"80", "443"})
_DNS = "53"
_METADATA = "169.254."

_TRACKERS = frozenset({"wandb-core", "wandb-service"})
"""Programs that carry away what a run tells."""

_ENDPOINTS = "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "GOOGLE_BASE_URL", "AZURE_STORAGE_ENDPOINT"


class Connection(NamedTuple):
    """A connection of a process of the run: the other end, and the name of the program."""

    host: str
    port: str
    program: str


class Sampling:
    """Looks at the connections of a process and all that descend from it, each second in a thread of its own.

    Args:
        process: the program's first process.
    """

    def __init__(self, process: int) -> None:
        self._process = process
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample_until_done, name="lineal-network", daemon=True)
        self.connections: set[Connection] = set()
        self._own: set[str] = set()
        self._listening: set[str] = set()

    def start(self) -> None:
        """Begin; where there is no ``/proc/net`` nothing happens."""
        if (PROC / "net" / "tcp").exists():
            self._thread.start()

    def stop(self) -> frozenset[Connection]:
        """Stop, and return every connection that was seen, but those among the processes and those from this machine."""
        self._done.set()
        if self._thread.ident is not None:
            self._thread.join()
        return frozenset(each for each in self.connections if not (is_loopback(each.host) and self._is_ours(each.port)))

    def _is_ours(self, port: str) -> bool:
        """Tell whether a port of this machine was one of the run.

        A process that ended while its partner was looked at was never seen with the port. Nobody listens there any more once the
        run is over, where a server that others started still does.
        """
        return port in self._own or port not in {found for found, other in dict(_sockets()).values() if other is None}

    def _sample_until_done(self) -> None:
        while True:
            with suppress(OSError, ValueError):
                self._sample()
            if self._done.wait(_PERIOD_S):
                return

    def _sample(self) -> None:
        found = dict(_sockets())
        # Most programs talk to nobody; then nobody's descriptors need be looked at.
        if not found:
            return
        mine = [
            (process, *found[each]) for process in _family(self._process) for each in _inodes(process) if each in found
        ]
        self._own |= {port for _, port, _ in mine}
        self._listening |= {port for _, port, other in mine if other is None}
        for process, port, other in mine:
            # Of two ends that are closed just now only one may be found, so who connects to us from here is one of us.
            if other is not None and not (port in self._listening and is_loopback(other[0])):
                self.connections.add(Connection(*other, _text(PROC / str(process) / "comm").strip()))


def gaps(seen: frozenset[Connection], record: SpoolRecord, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each host that neither an interpreter told of nor anything explains.

    Native code that was asked to read an address is taken to be what is connected to the ports of the web, and to the
    servers that the environment names for it.
    """
    ports = _WEB_PORTS | {_port(variables.get(each, "")) for each in _ENDPOINTS} if record.has_native_reads else {""}
    for host, port, program in sorted(seen):
        is_known = f"{host}:{port}" in record.peers or port in ports or port == _DNS
        if not (is_known or program in _TRACKERS or host.startswith(_METADATA)):
            yield f"network: what {program or 'the program'} got from {host}:{port} is not known"


def _port(url: str) -> str:
    return url.rstrip("/").rpartition(":")[2] if url.count(":") > 1 else ""


def _sockets() -> Iterator[tuple[str, tuple[str, tuple[str, str] | None]]]:
    """Yield the sockets of this machine that are connected or listen, by inode: their port, and the other end if any."""
    for name in ("tcp", "tcp6"):
        for line in _text(PROC / "net" / name).splitlines()[1:]:
            fields = line.split()
            local, remote, state, inode = fields[1], fields[2], fields[3], fields[9]
            if state in {_ESTABLISHED, _LISTENING}:
                yield inode, (_address(local)[1], _address(remote) if state == _ESTABLISHED else None)


def _address(text: str) -> tuple[str, str]:
    """Return host and port of the kernel's form: each word of four bytes in the machine's order, in hexadecimal."""
    digits, _, port = text.partition(":")
    words = (int(digits[at : at + 8], 16) for at in range(0, len(digits), 8))
    data = b"".join(struct.pack("=I", word) for word in words)
    host = socket.inet_ntop(socket.AF_INET if len(data) == 4 else socket.AF_INET6, data)
    return host.removeprefix("::ffff:"), str(int(port, 16))


def _family(process: int) -> Iterator[int]:
    waiting, count = [process], 0
    while waiting and count < _PROCESSES_MAX:
        each = waiting.pop()
        count += 1
        yield each
        with suppress(OSError):
            for task in (PROC / str(each) / "task").iterdir():
                waiting += map(int, _text(task / "children").split())


def _inodes(process: int) -> Iterator[str]:
    folder = PROC / str(process) / "fd"
    with suppress(OSError):
        for name in os.listdir(folder):
            with suppress(OSError):
                link = os.readlink(folder / name)
                if link.startswith("socket:["):
                    yield link[8:-1]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
