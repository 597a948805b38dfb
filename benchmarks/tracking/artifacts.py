"""A large artifact up and down through the server, in one piece, as a client without a larger memory than a piece sends it."""

from __future__ import annotations

import http.client
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from benchmarks.tracking.servers import Server, mlflow

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


_CLIENT = """
import os, sys, time
from mlflow import MlflowClient
way, uri, run, file = sys.argv[1:]
client = MlflowClient(uri)
folder = os.path.dirname(file)
began = time.perf_counter()
if way == "up":
    client.log_artifact(run, file, "client")
else:
    client.download_artifacts(run, "client/" + os.path.basename(file), folder)
print("seconds", time.perf_counter() - began)
"""
_PARTS = ("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD")


def by_client_mib_s(server: Server, run: str, mib: int, way: Literal["up", "down"], *, in_parts: bool) -> float:
    """Return the rate at which MLflow's own client sends or fetches a file.

    Args:
        server: where to.
        run: whose artifact it is.
        mib: how large, in 2^20 bytes.
        way: whether it is sent or fetched; it is sent first in any case.
        in_parts: whether the client may send and fetch many parts at once, where the server takes and gives them.
    """
    variables = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
    variables |= dict.fromkeys(_PARTS, "true" if in_parts else "false")
    with tempfile.TemporaryDirectory() as here:
        file = Path(here, f"{'parts' if in_parts else 'whole'}.bin")
        with file.open("wb") as out:
            out.writelines(_pieces(mib))
        uri, seconds = f"http://127.0.0.1:{server.port}", 0.0
        for each in ("up",) if way == "up" else ("up", "down"):
            if each == "down":
                file.unlink()
            command = (mlflow().with_name("python"), "-c", _CLIENT, each, uri, run, str(file))
            said = subprocess.run(command, env=variables, check=True, capture_output=True, text=True).stdout
            seconds = float(said.rpartition("seconds ")[2])
        fetched = next(Path(here).rglob("*.bin"))
        if fetched.stat().st_size != mib << 20:
            raise RuntimeError(f"{fetched.stat().st_size:,} bytes arrived")
    return mib / seconds


def _pieces(mib: int) -> Iterator[bytes]:
    # No two pieces are the same, so that nothing is stored once only.
    return (number.to_bytes(8, "big") + _PIECE[8:] for number in range(mib))
