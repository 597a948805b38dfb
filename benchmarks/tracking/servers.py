"""The servers that are compared, each a process of its own with its best setting."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks.store.measure import talk

TOP = Path(__file__).parents[2]
MLFLOW_VERSION = "3.18.0"
FASTTRACKML_VERSION = "0.6.0"
NEEDED_BY = "3.17.2"
"""Of this version the other packages are; those of the newest are not everywhere to be had."""

_START_S = 120.0


class Server(NamedTuple):
    """A server that answers. ``start_s`` is how long it took from its start to its first answer.

    ``tables`` is where its tables are, when they are MLflow's: a file, or the address of a database. ``repository`` is the
    directory of a repository of Lineal's.
    """

    name: str
    port: int
    pid: int
    start_s: float
    tables: str = ""
    repository: str = ""

    def memory_mb(self) -> float:
        """Return the memory of all its processes in 10^6 bytes; what they share is counted once."""
        return sum(map(_pss_kb, [self.pid, *_descendants(self.pid)])) * 1024 / 1e6


@cache
def mlflow() -> Path:
    """Return MLflow's program, in an environment of its own under ``.peers/``, made on first use."""
    home, requirement = TOP / ".peers" / "mlflow", f"mlflow=={MLFLOW_VERSION}"
    stamp = home / "installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != requirement:
        talk(f"installing {requirement} into {home.relative_to(TOP)}")
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run((sys.executable, "-m", "venv", home), check=True)
        install = (home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        subprocess.run((*install, f"mlflow=={NEEDED_BY}", "psycopg[binary]"), check=True)
        subprocess.run((*install, "--no-deps", requirement), check=True)
        stamp.write_text(requirement, encoding="utf-8")
    return home / "bin" / "mlflow"


@cache
def fasttrackml() -> Path:
    """Return FastTrackML's program, a server written in Go; likewise."""
    home = TOP / ".peers" / f"fasttrackml-{FASTTRACKML_VERSION}"
    if not (home / "bin" / "fml").is_file():
        talk(f"installing FastTrackML {FASTTRACKML_VERSION} into {home.relative_to(TOP)}")
        subprocess.run((sys.executable, "-m", "venv", home), check=True)
        install = (
            home / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        )
        subprocess.run((*install, f"FastTrackML=={FASTTRACKML_VERSION}"), check=True)
    return home / "bin" / "fml"


def made_on(database: str, name: str) -> str:
    """Make an empty database of that name on a server of PostgreSQL; return its address."""
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS bench_{name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE bench_{name}")
    parts = urlsplit(database)
    return urlunsplit(parts._replace(path=f"/bench_{name}"))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def lineal_server(home: Path, database: str) -> Iterator[Server]:
    """Serve a new repository with Lineal."""
    place, port = home / "lineal", _free_port()
    program = (sys.executable, "-m", "lineal")
    if not place.exists():
        place.mkdir()
        more = ("--database", database) if database else ()
        subprocess.run((*program, "init", *more), cwd=place, check=True, capture_output=True)
    command = (*program, "--repository", str(place), "server", "--port", str(port))
    with _started("Lineal", command, port, place, {}) as found:
        yield found._replace(repository=str(place))


@contextmanager
def mlflow_server(home: Path, database: str) -> Iterator[Server]:
    """Serve a new database with MLflow: one worker, which answers sooner than the four it has by default."""
    place, port = home / "mlflow", _free_port()
    place.mkdir(exist_ok=True)
    command = (
        str(mlflow()),
        "server",
        "--backend-store-uri",
        database or f"sqlite:///{place}/mlflow.db",
        "--artifacts-destination",
        str(place / "artifacts"),
        "--workers",
        "1",
        "--port",
        str(port),
    )
    variables = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with _started("MLflow", command, port, place, variables) as found:
        yield found._replace(tables=database or f"{place}/mlflow.db")


@contextmanager
def fasttrackml_server(home: Path, database: str) -> Iterator[Server]:
    """Serve a new database with FastTrackML."""
    place, port = home / "fasttrackml", _free_port()
    place.mkdir(exist_ok=True)
    where = database.replace("postgresql://", "postgres://") or f"sqlite://{place}/fasttrackml.db"
    command = (str(fasttrackml()), "server", "--listen-address", f"127.0.0.1:{port}", "--database-uri", where)
    with _started("FastTrackML", command, port, place, {}) as found:
        yield found


@contextmanager
def _started(
    name: str, command: tuple[str, ...], port: int, place: Path, variables: dict[str, str]
) -> Iterator[Server]:
    log = place / "server.log"
    began = time.perf_counter()
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=place, stdout=said, stderr=said, env={**os.environ, **variables}, start_new_session=True
        )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > _START_S:
                raise RuntimeError(f"{name} did not start: {log.read_text(errors='replace')[-2_000:]}")
            time.sleep(0.005)
        yield Server(name, port, process.pid, time.perf_counter() - began)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _pss_kb(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _descendants(int(child))
