"""A large artifact up and down through the server, in one piece, as a client without a larger memory than a piece sends it."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator

from benchmarks.tracking.servers import Server

_PIECE = bytes(range(256)) * 4_096
_PATH = "/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/large.bin"


def up_mib_s(server: Server, run: str, mib: int, name: str = "") -> float:
    """Return the rate of an upload."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    began = time.perf_counter()
    connection.request(
        "PUT",
        _PATH.format(run=run) + name,
        _pieces(mib),
        {"Content-Length": str(mib << 20), "Content-Type": "application/octet-stream"},
    )
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {said[:300]!r}")
    return mib / (time.perf_counter() - began)


def down_mib_s(server: Server, run: str, mib: int, name: str = "") -> float:
    """Return the rate of a download of what was uploaded, which must have arrived whole."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    began = time.perf_counter()
    connection.request("GET", _PATH.format(run=run) + name)
    answer, size = connection.getresponse(), 0
    while piece := answer.read(1 << 20):
        size += len(piece)
    if size != mib << 20:
        raise RuntimeError(f"{answer.status}: {size:,} bytes arrived")
    return mib / (time.perf_counter() - began)


def _pieces(mib: int) -> Iterator[bytes]:
    # No two pieces are the same, so that nothing is stored once only.
    return (number.to_bytes(8, "big") + _PIECE[8:] for number in range(mib))
