"""Put many runs on a server: by its own API where that takes minutes, into MLflow's tables where it would take hours."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple, Self

import psycopg

from benchmarks.store.measure import talk
from benchmarks.tracking.client import Client, batch, together, whole_runs
from benchmarks.tracking.servers import Server
from lineal import connect
from lineal.client.local import LocalRepository
from lineal.objects.runs import Point
from lineal.objects.ulid import hexadecimal
from lineal.operations.recording import tracking
from lineal.protocols.mlflow import ids

_TOGETHER = 1_000
_RECORDED_TOGETHER = 50
"""A row that is changed again and again in one change gets slower with each, where old versions of it are kept meanwhile."""
_COLUMNS = {
    "runs": ("run_uuid", "name", "user_id", "status", "start_time", "end_time", "lifecycle_stage", "artifact_uri", "experiment_id"),
    "metrics": ("key", "value", "timestamp", "run_uuid", "step", "is_nan"),
    "latest_metrics": ("key", "value", "timestamp", "step", "is_nan", "run_uuid"),
    "params": ("key", "value", "run_uuid"),
    "tags": ("key", "value", "run_uuid"),
}  # fmt: skip
"""Of the tables of MLflow 3.18 that a run is in."""

Rows = dict[str, list[tuple[Any, ...]]]


class Filled(NamedTuple):
    """What was put there: an experiment with its runs, and one more run with two long series, ``loss`` and ``huge``."""

    experiment: str
    runs: list[str]
    long: str


def filled(server: Server, runs: int, points: int, huge_points: int) -> Filled:
    """Put runs with 10 params, 20 metrics and 5 tags on a server, and the long series."""
    talk(
        f"{server.name} answers after {server.start_s:.1f} s; putting {runs:,} runs and {points + huge_points:,} points there"
    )
    client = Client(server.port)
    experiment = str(client.post("/experiments/create", name="searched")["experiment_id"])
    long = client.begin("0", 0)
    made = more_runs(server, experiment, range(1, runs + 1))
    if server.tables:
        with _Tables(server.tables) as tables:
            for key, count in (("loss", points), ("huge", huge_points)):
                steps = iter(range(count))
                while part := list(islice(steps, 100_000)):
                    tables.put(_series(long, key, part))
            tables.analyse()
    else:
        for key, count in (("loss", points), ("huge", huge_points)):
            for start in range(0, count, _TOGETHER):
                client.post(
                    "/runs/log-batch",
                    run_id=long,
                    metrics=[_point(key, each) for each in range(start, min(start + _TOGETHER, count))],
                )
    # What is folded at the end of a run is folded now.
    client.end(long)
    client.post("/runs/update", run_id=long, status="RUNNING")
    return Filled(experiment, made, long)


def more_runs(server: Server, experiment: str, numbers: range) -> list[str]:
    """Put runs into an experiment, each with what its number makes of it; return some of their ids."""
    if not numbers:
        return []
    if not server.tables:
        return _recorded(server, experiment, numbers) if server.repository else _sent(server, experiment, len(numbers))
    made = [f"{number:032x}" for number in numbers]
    numbered = zip(numbers, made, strict=True)
    with _Tables(server.tables) as tables:
        while some := list(islice(numbered, _TOGETHER)):
            tables.put(_runs(some, int(experiment)))
        tables.analyse()
    return made[:_TOGETHER]


def _recorded(server: Server, experiment: str, numbers: range) -> list[str]:
    """Have this process do to the repository what the server does for every run, many in one change."""
    repository, made, rest = connect(server.repository), list[str](), iter(numbers)
    assert isinstance(repository, LocalRepository)
    if repository.store.database.dialect == "sqlite":
        # Nobody waits for this disk: the server's own connections do, when they are measured.
        for setting in ("synchronous = OFF", "wal_autocheckpoint = 16000", "cache_size = -524288"):
            repository.store.database.run(f"PRAGMA {setting}")
    while some := list(islice(rest, _RECORDED_TOGETHER)):
        with repository.store.database.transaction():
            for number in some:
                run, name = ids.new_run(), f"run {number}"
                tags = {"mlflow.user": "ana", "mlflow.runName": name}
                begun = tracking.NewRun(
                    id=run, name=name, started_at=1_700_000_000_000 + number, experiment=int(experiment), tags=tags
                )
                tracking.create(repository, begun)
                said = batch(run, number, tags=5)
                tracking.record(
                    repository,
                    run,
                    points=tuple(
                        Point(each["key"], each["step"], each["value"], each["timestamp"]) for each in said["metrics"]
                    ),
                    params={each["key"]: each["value"] for each in said["params"]},
                    tags={each["key"]: each["value"] for each in said["tags"]},
                )
                tracking.update(repository, run, state="finished", ended_at=1_800_000_000_000)
                made.append(hexadecimal(run))
        del made[_TOGETHER:]
    repository.close()
    return made


def _sent(server: Server, experiment: str, count: int) -> list[str]:
    made, each = list[str](), count // 4
    together(
        server.port,
        [whole_runs(experiment, range(each * place, each * (place + 1)), tags=5, made=made) for place in range(4)],
    )
    return made


def _point(key: str, step: int) -> dict[str, Any]:
    return {"key": key, "value": 1 / (step + 1), "timestamp": 1_700_000_000_000 + step, "step": step}


def _runs(numbered: Sequence[tuple[int, str]], experiment: int) -> Rows:
    rows: Rows = {name: [] for name in _COLUMNS}
    for number, run in numbered:
        said = batch(run, number, tags=5)
        rows["runs"].append(
            (
                run,
                f"run {number}",
                "ana",
                "FINISHED",
                1_700_000_000_000 + number,
                1_800_000_000_000,
                "active",
                f"mlflow-artifacts:/{experiment}/{run}/artifacts",
                experiment,
            )
        )
        for each in said["metrics"]:
            key, value, at, step = each["key"], each["value"], each["timestamp"], each["step"]
            rows["metrics"].append((key, value, at, run, step, False))
            rows["latest_metrics"].append((key, value, at, step, False, run))
        for table in ("params", "tags"):
            rows[table] += [(each["key"], each["value"], run) for each in said[table]]
        rows["tags"] += [("mlflow.user", "ana", run), ("mlflow.runName", f"run {number}", run)]
    return rows


def _series(run: str, key: str, steps: Sequence[int]) -> Rows:
    said = [_point(key, each) for each in steps]
    rows: Rows = {"metrics": [(key, each["value"], each["timestamp"], run, each["step"], False) for each in said]}
    if not steps[0]:
        last = said[-1]
        rows["latest_metrics"] = [(key, last["value"], last["timestamp"], last["step"], False, run)]
    return rows


class _Tables:
    """MLflow's own tables, in a file or on a server of PostgreSQL."""

    def __init__(self, where: str) -> None:
        self._postgres = psycopg.connect(where) if where.startswith("postgresql") else None
        self._sqlite = None if self._postgres else sqlite3.connect(where, timeout=60)

    def put(self, rows: Rows) -> None:
        """Write rows of some tables as one change."""
        for table, some in rows.items():
            names = ", ".join(_COLUMNS[table])
            if self._postgres:
                with self._postgres.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in some:
                        copy.write_row(row)
            elif self._sqlite:
                marks = ", ".join("?" * len(_COLUMNS[table]))
                self._sqlite.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", some)
        self._commit()

    def analyse(self) -> None:
        """Let the database count what it has, so that it plans well."""
        if self._postgres:
            self._postgres.commit()
            self._postgres.autocommit = True
            self._postgres.execute("VACUUM ANALYZE")
        elif self._sqlite:
            self._sqlite.execute("ANALYZE")
            self._commit()

    def _commit(self) -> None:
        if connection := self._postgres or self._sqlite:
            connection.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if connection := self._postgres or self._sqlite:
            connection.close()
