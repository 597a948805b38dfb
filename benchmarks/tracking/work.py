"""The rows: what is asked of each server, and how many times better ours must be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.store.measure import talk
from benchmarks.tracking.client import API, Client, batch, median_ms, together
from benchmarks.tracking.rows import Row
from benchmarks.tracking.servers import Server, lineal_server, mlflow_server


class Sizes(NamedTuple):
    """How much is done. ``runs`` are there when it is searched; ``points`` are in the long series."""

    runs: int
    points: int
    times: int
    each: int


FULL = Sizes(runs=10_000, points=100_000, times=100, each=50)
QUICK = Sizes(runs=300, points=20_000, times=20, each=8)


class World(NamedTuple):
    """A server with what was put there: the experiment that is searched, its runs, and the run with a long series."""

    server: Server
    sizes: Sizes
    experiment: str
    runs: list[str]
    long: str

    @property
    def client(self) -> Client:
        """A new connection."""
        return Client(self.server.port)


def _begun(world: World) -> float:
    def work(client: Client, number: int) -> None:
        run = client.begin("0", number)
        client.post("/runs/log-batch", **batch(run, number))
        client.end(run)

    return 8 * world.sizes.each / together(world.server.port, 8, world.sizes.each, work)


def _points(world: World) -> float:
    run = world.client.begin("0", 1)

    def work(client: Client, number: int) -> None:
        metrics = [
            {"key": f"m{place % 10}", "value": place / 7, "timestamp": number, "step": number * 100 + place // 10}
            for place in range(1_000)
        ]
        client.post("/runs/log-batch", run_id=run, metrics=metrics)

    times = max(3, world.sizes.each // 3)
    return 4 * times * 1_000 / together(world.server.port, 4, times, work)


def _asked(method: str, path: str, body: object = None) -> Callable[[World], float]:
    """Return what measures one request; words in braces stand for what is in the world."""

    def measure(world: World) -> float:
        client, words = world.client, {"{run}": world.runs[0], "{long}": world.long, "{experiment}": world.experiment}
        where, what = path, json.dumps(body)
        for word, value in words.items():
            where, what = where.replace(word, value), what.replace(word, value)
        data = None if body is None else what.encode()
        return median_ms(world.sizes.times if world.sizes.times < 50 else 30, lambda: client.raw(method, where, data))

    return measure


def _search(limit: int, **more: object) -> Callable[[World], float]:
    return _asked("POST", f"{API}/runs/search", {"experiment_ids": ["{experiment}"], "max_results": limit, **more})


class Work(NamedTuple):
    """A row. ``more_is_better`` says of the unit whether a greater figure is the better one."""

    row: str
    work: str
    unit: str
    goal: float
    measure: Callable[[World], float]
    more_is_better: bool = False


ROWS = (
    Work("start", "start of the server to its first answer", "s", 10, lambda world: world.server.start_s),
    Work("memory", "memory of the idle server", "MB", 10, lambda world: world.server.memory_mb()),
    Work("runs", "create, log-batch (10 params, 20 metrics, 3 tags), finish; 8 clients", "runs/s", 20, _begun, more_is_better=True),
    Work("points", "metric points in batches of 1,000; 4 clients", "points/s", 30, _points, more_is_better=True),
    Work("health", "one /health", "ms", 10, _asked("GET", "/health")),
    Work("get", "one runs/get", "ms", 10, _asked("GET", API + "/runs/get?run_id={run}")),
    Work(
        "log-metric",
        "one log-metric",
        "ms",
        10,
        _asked("POST", API + "/runs/log-metric", {"run_id": "{long}", "key": "one", "value": 0.5, "timestamp": 1}),
    ),
    Work("search", "search, 100 runs back, metric filter and order", "ms", 30, _search(
        100, filter="metrics.m5 > 0.5", order_by=["metrics.m3 DESC"])),
    Work("best", "best run by a metric", "ms", 100, _search(1, order_by=["metrics.m3 DESC"])),
    Work("page", "a page of 1,000 runs with everything in it", "ms", 30, _search(1_000)),
    Work("history", "the whole history of the long series", "ms", 20, _asked(
        "GET", API + "/metrics/get-history?run_id={long}&metric_key=loss")),
    Work("chart", "a chart of 320 points of the long series", "ms", 50, _asked(
        "GET", API + "/metrics/get-history-bulk-interval?run_ids={long}&metric_key=loss&max_results=320")),
)  # fmt: skip

_KINDS: dict[str, Callable[[Path, str], AbstractContextManager[Server]]] = {
    "ours": lineal_server,
    "peer": mlflow_server,
}


def rows(home: Path, sizes: Sizes, database: str, only: frozenset[str]) -> Iterator[Row]:
    """Yield what was measured, row by row; both servers stand, and are asked in turn."""
    with ExitStack() as stack:
        place = home / ("postgresql" if database else "sqlite")
        place.mkdir()
        worlds = {
            name: filled(stack.enter_context(kind(place, database and f"{database}/{name}")), sizes)
            for name, kind in _KINDS.items()
        }
        for each in ROWS:
            if not only or each.row in only:
                figures = {name: each.measure(world) for name, world in worlds.items()}
                yield _judged(each, figures["ours"], figures["peer"], "PostgreSQL" if database else "SQLite")


def filled(server: Server, sizes: Sizes) -> World:
    """Put the runs and the long series on a server, by its own API."""
    talk(f"{server.name} answers after {server.start_s:.1f} s; putting {sizes.runs:,} runs there")
    client = Client(server.port)
    experiment = str(client.post("/experiments/create", name="searched")["experiment_id"])
    made = list[str]()

    def work(each: Client, number: int) -> None:
        run = each.begin(experiment, number)
        each.post("/runs/log-batch", **batch(run, number, tags=5))
        each.end(run)
        made.append(run)

    together(server.port, 4, sizes.runs // 4, work)
    long = client.begin("0", 0)
    for start in range(0, sizes.points, 1_000):
        metrics = [
            {"key": "loss", "value": 1 / (step + 1), "timestamp": 1_700_000_000_000 + step, "step": step}
            for step in range(start, start + 1_000)
        ]
        client.post("/runs/log-batch", run_id=long, metrics=metrics)
    client.end(long)
    client.post("/runs/update", run_id=long, status="RUNNING")
    return World(server, sizes, experiment, made, long)


def _judged(work: Work, ours: float, peer: float, over: str) -> Row:
    ratio = ours / peer if work.more_is_better else peer / ours
    return Row(
        row=work.row,
        work=work.work,
        over=over,
        ours=ours,
        peer=peer,
        unit=work.unit,
        ratio=ratio,
        goal=work.goal,
        holds=ratio >= work.goal,
    )
