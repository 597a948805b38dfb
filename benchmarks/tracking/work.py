"""The rows: what is asked of each server, and how many times better ours must be."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.store.measure import talk
from benchmarks.tracking.artifacts import by_client_mib_s, down_mib_s, up_mib_s
from benchmarks.tracking.client import API, Client, measured, median_ms, posted, request, said, together, whole_runs
from benchmarks.tracking.filling import Filled, filled, more_runs
from benchmarks.tracking.registry import MODEL, versions_on
from benchmarks.tracking.rows import Row
from benchmarks.tracking.servers import Server, fasttrackml_server, lineal_server, made_on, mlflow_server


class Sizes(NamedTuple):
    """How much is done.

    ``runs`` are there when it is searched, and ``begun`` of them when programs send what they send most; ``points`` are in the long series, ``huge`` in the one that is only drawn;
    ``times`` and ``each`` say how often, ``turns`` how many times the servers take turns; a model has so many ``versions``; a large
    artifact has so many ``mib``.
    """

    runs: int
    begun: int
    points: int
    huge: int
    times: int
    each: int
    turns: int
    versions: int
    mib: int


FULL = Sizes(
    runs=100_000, begun=1_000, points=100_000, huge=1_000_000, times=30, each=20, turns=9, versions=10_000, mib=1_024
)
QUICK = Sizes(runs=300, begun=300, points=20_000, huge=50_000, times=10, each=8, turns=1, versions=100, mib=64)


_OFTEN = 10


class World(NamedTuple):
    """A server with what was put there: the experiment that is searched, its runs, and the run with the long series."""

    server: Server
    sizes: Sizes
    put: Filled

    @property
    def client(self) -> Client:
        """A new connection."""
        return Client(self.server.port)


def _begun(world: World) -> float:
    each = world.sizes.each
    talks = [whole_runs("0", range(1_000_000 * place, 1_000_000 * place + each)) for place in range(8)]
    return 8 * each / together(world.server.port, talks)


def _points(world: World) -> float:
    """Return the better of one client's rate and that of four, which wait for one another in some databases."""
    run, times = world.client.begin("0", 1), max(3, world.sizes.each // 2)

    def rate(clients: range) -> float:
        talks = [
            said(_thousand_points(run, 1_000_000 * place + number) for number in range(times)) for place in clients
        ]
        return len(clients) * times * 1_000 / together(world.server.port, talks)

    return max(rate(range(1)), rate(range(1, 5)))


def _thousand_points(run: str, number: int) -> bytes:
    metrics = [
        {
            "key": f"m{place % 10}",
            "value": place / 7,
            "timestamp": 1_700_000_000_000 + number,
            "step": number * 100 + place // 10,
        }
        for place in range(1_000)
    ]
    return posted("/runs/log-batch", run_id=run, metrics=metrics)


def _asked(method: str, path: str, body: object = None) -> Callable[[World], float]:
    """Return what measures one request; words in braces stand for what is in the world."""

    def measure(world: World) -> float:
        client, put = world.client, world.put
        words = {"{run}": put.runs[0], "{long}": put.long, "{experiment}": put.experiment}
        where, what = path, json.dumps(body)
        for word, value in words.items():
            where, what = where.replace(word, value), what.replace(word, value)
        asked = request(method, where, b"" if body is None else what.encode())
        return median_ms(world.sizes.times, lambda: client.ask(asked))

    return measure


def _one_after_another(*asked: bytes) -> Callable[[World], float]:
    def measure(world: World) -> float:
        client = world.client
        return median_ms(world.sizes.times, lambda: [client.ask(each) for each in asked])

    return measure


def _search(limit: int, **more: object) -> Callable[[World], float]:
    return _asked("POST", f"{API}/runs/search", {"experiment_ids": ["{experiment}"], "max_results": limit, **more})


def _log_metric(world: World) -> float:
    client = world.client
    run = client.begin("0", 2)
    asked = iter([posted("/runs/log-metric", **measured(run, step)) for step in range(2 * world.sizes.times)])
    return median_ms(world.sizes.times, lambda: client.ask(next(asked)))


def _often(measure: Callable[[World], float]) -> Callable[[World], float]:
    """Ask many times as often, for what takes so little that the machine's own noise is as large."""
    return lambda world: measure(world._replace(sizes=world.sizes._replace(times=_OFTEN * world.sizes.times)))


def _up(world: World) -> float:
    return up_mib_s(world.server, world.put.runs[0], world.sizes.mib)


def _down(world: World) -> float:
    return down_mib_s(world.server, world.put.runs[0], world.sizes.mib)


def _by_client(way: Literal["up", "down"], *, in_parts: bool) -> Callable[[World], float]:
    return lambda world: by_client_mib_s(world.server, world.put.runs[0], world.sizes.mib, way, in_parts=in_parts)


class Work(NamedTuple):
    """A row. ``more_is_better`` says of the unit whether a greater figure is the better one.

    ``goal`` is None for a part of a row that has one. ``in_turns`` says whether the servers are measured several times, one after the
    other: what takes a moment depends on which moment it was. ``needs_versions`` says whether a model with many versions must be there, ``others`` whether it is asked of
    FastTrackML too, which has no registry to speak of and draws no charts.
    """

    row: str
    work: str
    unit: str
    goal: float | None
    measure: Callable[[World], float]
    more_is_better: bool = False
    in_turns: bool = False
    needs_versions: bool = False
    others: bool = True


_RATES = (
    Work("runs", "create, log-batch (10 params, 20 metrics, 3 tags), finish; 8 clients", "runs/s", 20, _begun, more_is_better=True, in_turns=True),
    Work("points", "metric points in batches of 1,000; 1 client or 4", "points/s", 30, _points, more_is_better=True, in_turns=True),
)  # fmt: skip
_SINGLE = (
    Work("health", "one /health", "ms", 10, _often(_asked("GET", "/health")), in_turns=True),
    Work(
        "get",
        "one runs/get",
        "ms",
        10,
        _often(_asked("GET", API + "/runs/get?run_uuid={run}&run_id={run}")),
        in_turns=True,
    ),
    Work("log-metric", "one log-metric", "ms", 10, _often(_log_metric), in_turns=True),
)
_QUESTIONS = (
    Work("search", "search, 100 runs back, metric filter and order", "ms", 30, _search(
        100, filter="metrics.m5 > 0.5", order_by=["metrics.m3 DESC"])),
    Work("best", "best run by a metric", "ms", 100, _search(1, order_by=["metrics.m3 DESC"])),
    Work("page", "a page of 1,000 runs with everything in it", "ms", 30, _search(1_000)),
    Work("history", "the whole history of {points} points", "ms", 20, _asked(
        "GET", API + "/metrics/get-history?run_id={long}&metric_key=loss")),
    Work("chart", "a chart of 320 points from {huge}", "ms", 50, _asked(
        "GET", API + "/metrics/get-history-bulk-interval?run_ids={long}&metric_key=huge&max_results=320"), others=False),
)  # fmt: skip
_OF_REGISTRY = (
    ("model", "one model", request("GET", f"{API}/registered-models/get?name={MODEL}")),
    ("latest", "the latest versions", posted("/registered-models/get-latest-versions", name=MODEL)),
    ("alias", "a version by its alias", request("GET", f"{API}/registered-models/alias?name={MODEL}&alias=champion")),
    ("versions", "a search for the 100 newest versions", request(
        "GET", f"{API}/model-versions/search?filter=name%3D'{MODEL}'&max_results=100&order_by=version_number%20DESC")),
)  # fmt: skip
_VERSIONS = tuple(
    Work(row, f"{work}, of {{versions}} versions", "ms", goal, _one_after_another(*asked), needs_versions=True, others=False)
    for row, work, goal, asked in (
        ("registry", "the four below, one after another", 50, [each[2] for each in _OF_REGISTRY]),
        *((row, work, None, [asked]) for row, work, asked in _OF_REGISTRY),
    )
)  # fmt: skip
_BY_CLIENT: tuple[tuple[str, Literal["up", "down"], str], ...] = (
    ("client-up", "up", "whole"),
    ("client-down", "down", "whole"),
    ("client-up-parts", "up", "in parts"),
    ("client-down-parts", "down", "in parts"),
)
_ARTIFACTS = (
    Work("up", "an artifact of {mib} MiB up, in one piece", "MiB/s", 1.5, _up, more_is_better=True, others=False),
    Work("down", "the same down", "MiB/s", 1.5, _down, more_is_better=True, others=False),
    *(
        Work(
            row,
            f"the same {way} by MLflow's client, {words}",
            "MiB/s",
            1.5,
            _by_client(way, in_parts=words == "in parts"),
            more_is_better=True,
            others=False,
        )
        for row, way, words in _BY_CLIENT
    ),
    Work(
        "memory-after", "memory of the server after both", "MB", 1, lambda world: world.server.memory_mb(), others=False
    ),
)
ROWS = (
    Work("start", "start of the server to its first answer", "s", 10, lambda world: world.server.start_s),
    Work("memory", "memory of the idle server", "MB", 10, lambda world: world.server.memory_mb()),
    *_RATES,
    *_SINGLE,
    *_QUESTIONS,
    *_VERSIONS,
    *_ARTIFACTS,
)
_OTHER_RUNS_MAX = 10_000
_SENT = {*_RATES, *_SINGLE}
"""What is measured before all the runs are there: how it grows with them is asked by ``growth``."""
_IDLE = {"start", "memory"}
"""What is asked before anything was put there."""

Kind = Callable[[Path, str], AbstractContextManager[Server]]
KINDS: dict[str, Kind] = {"ours": lineal_server, "peer": mlflow_server, "other": fasttrackml_server}


def rows(home: Path, sizes: Sizes, database: str, only: frozenset[str]) -> Iterator[Row]:
    """Yield what was measured, row by row; the servers stand side by side, and are asked in turn."""
    chosen = [each for each in ROWS if not only or each.row in only]
    over = "PostgreSQL" if database else "SQLite"
    with ExitStack() as stack:
        place = home / over.lower()
        place.mkdir()
        servers = {
            name: stack.enter_context(kind(place, database and made_on(database, name))) for name, kind in KINDS.items()
        }
        idle = {name: World(server, sizes, Filled("", [], "")) for name, server in servers.items()}
        yield from (_judged(each, idle, over) for each in chosen if each.row in _IDLE)
        later = [each for each in chosen if each.row not in _IDLE]
        if not later:
            return
        begun = min(sizes.begun, sizes.runs)
        worlds = {
            name: World(server, sizes, filled(server, begun, sizes.points, sizes.huge))
            for name, server in servers.items()
        }
        has_all = has_versions = False
        for each in later:
            if each not in _SENT and not has_all:
                has_all = True
                for name, world in worlds.items():
                    more_runs(world.server, world.put.experiment, range(begun + 1, _runs(name, sizes) + 1))
            if each.needs_versions and not has_versions:
                has_versions = True
                for name in ("ours", "peer"):
                    versions_on(servers[name], sizes.versions)
            yield _judged(each, worlds, over)


def _runs(name: str, sizes: Sizes) -> int:
    """Return how many runs a server gets: the other one fewer, which favours it, for it would take hours."""
    return min(sizes.runs, _OTHER_RUNS_MAX) if name == "other" else sizes.runs


def measured_on(work: Work, worlds: dict[str, World]) -> dict[str, float]:
    """Return what a row is on each server: of several turns, each in the other order than the last, the median.

    A turn in which a peer answers with an error does not count, which is told; a peer that gave nothing else has no figure.
    """
    found: dict[str, list[float]] = {name: [] for name in worlds}
    sizes = next(iter(worlds.values())).sizes
    for turn in range(sizes.turns if work.in_turns else 1):
        for name in [*worlds][:: -1 if turn % 2 else 1]:
            try:
                found[name].append(work.measure(worlds[name]))
            except RuntimeError as error:
                if name == "ours":
                    raise
                talk(f"{worlds[name].server.name}, {work.row}: {error}")
    return {name: statistics.median(each) for name, each in found.items() if each}


def _judged(work: Work, worlds: dict[str, World], over: str) -> Row:
    figures = measured_on(work, {name: each for name, each in worlds.items() if name != "other" or work.others})
    if "peer" not in figures:
        raise RuntimeError(f"{work.row}: {worlds['peer'].server.name} answered with an error each time, as told above")
    ours, peer, other = figures["ours"], figures["peer"], figures.get("other")
    ratio = ours / peer if work.more_is_better else peer / ours
    # A program of one machine-code file starts sooner; what counts is how it serves.
    is_ahead = other is None or work.row in _IDLE or (ours > other if work.more_is_better else ours < other)
    words = {name: f"{count:,}" for name, count in next(iter(worlds.values())).sizes._asdict().items()}
    return Row(
        row=work.row,
        work=work.work.format(**words),
        over=over,
        ours=ours,
        peer=peer,
        other=other,
        unit=work.unit,
        ratio=ratio,
        goal=work.goal,
        holds=ratio >= (work.goal or 0) and is_ahead,
    )
