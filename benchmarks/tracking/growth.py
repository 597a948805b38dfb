"""What questions and changes cost as the number of runs grows: the same rows at ten times as many, again and again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.store.measure import talk
from benchmarks.tracking.filling import filled, more_runs
from benchmarks.tracking.servers import lineal_server, made_on, mlflow_server
from benchmarks.tracking.work import ROWS, Sizes, Work, World, measured_on

FULL, QUICK = (1_000, 10_000, 100_000, 1_000_000), (1_000, 3_000)
"""How many runs there are, one after the other."""

_MEASURED = ("runs", "get", "log-metric", "search", "best", "page", "chart")
_POINTS = 100_000
_GROWTH_MAX = 2.0
"""Ten times as many runs may cost so many times as much: an index is a level deeper, and more of it is not in memory."""

HEADER = "| work | over | runs | Lineal | MLflow | MLflow : Lineal | times a tenth's |\n|---|---|--:|--:|--:|--:|--:|"
"""Of the table that ``Grown.cells`` fills."""


@dataclass(frozen=True, kw_only=True)
class Grown:
    """What was measured with so many runs. ``growth`` says how many times as much it costs as with the size before."""

    row: str
    work: str
    over: str
    runs: int
    ours: float
    peer: float
    unit: str
    ratio: float
    growth: float | None
    goal: float
    holds: bool

    def json(self) -> str:
        """Return it as one object, figures to four digits."""
        figures = {
            name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in asdict(self).items()
        }
        return json.dumps(figures, ensure_ascii=False)

    def cells(self) -> str:
        """Return it as a row of a table in Markdown."""
        growth = "–" if self.growth is None else f"{self.growth:.2f}" + ("" if self.holds else ": missed")
        sides = f"{self.ours:.4g} {self.unit} | {self.peer:.4g} {self.unit} | **{self.ratio:.1f}**"
        return f"| {self.work} | {self.over} | {self.runs:,} | {sides} | {growth} |"

    def lines(self) -> str:
        """Return it as a person reads it."""
        growth = "" if self.growth is None else f"; {self.growth:.2f} times that of the size before"
        return (
            f"{self.work}, {self.over}, {self.runs:,} runs{growth}\n"
            f"    Lineal {self.ours:.4g} {self.unit} · MLflow {self.peer:.4g} {self.unit}, ×{self.ratio:.1f}"
        )


def grown(home: Path, counts: tuple[int, ...], sizes: Sizes, database: str) -> Iterator[Grown]:
    """Yield what was measured at each number of runs; the same two servers all the while."""
    chosen = [each for each in ROWS if each.row in _MEASURED]
    over, before = "PostgreSQL" if database else "SQLite", dict[str, float]()
    place = home / f"growth-{over.lower()}"
    place.mkdir()
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(kind(place, database and made_on(database, name)))
            for name, kind in (("ours", lineal_server), ("peer", mlflow_server))
        }
        sizes = sizes._replace(runs=counts[0], points=1_000, huge=_POINTS)
        worlds = {
            name: World(server, sizes, filled(server, counts[0], sizes.points, sizes.huge))
            for name, server in servers.items()
        }
        for place_of, count in enumerate(counts):
            if place_of:
                for world in worlds.values():
                    talk(f"{world.server.name}: {count:,} runs")
                    more_runs(world.server, world.put.experiment, range(counts[place_of - 1] + 1, count + 1))
            for each in chosen:
                yield _at(each, worlds, over, count, before)


def _at(work: Work, worlds: dict[str, World], over: str, count: int, before: dict[str, float]) -> Grown:
    figures = measured_on(work, worlds)
    ours, peer = figures["ours"], figures["peer"]
    cost = 1 / ours if work.more_is_better else ours
    growth = cost / before[work.row] if work.row in before else None
    before[work.row] = cost
    return Grown(
        row=f"growth-{work.row}",
        work=work.work.format(huge=f"{_POINTS:,}"),
        over=over,
        runs=count,
        ours=ours,
        peer=peer,
        unit=work.unit,
        ratio=ours / peer if work.more_is_better else peer / ours,
        growth=growth,
        goal=_GROWTH_MAX,
        holds=growth is None or growth <= _GROWTH_MAX,
    )
