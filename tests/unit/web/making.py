"""Runs that told of themselves, and what a page does to show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lineal.client.local import LocalRepository
from lineal.formats.series import Series
from lineal.objects.canonical import Number
from lineal.objects.runs import Point
from lineal.operations.recording import tracking
from lineal.operations.recording.tracking import NewRun
from lineal.storage import series
from lineal.storage.database.sqlite import Sqlite
from lineal.web.pages.page import Asked, Said

Load = Callable[[LocalRepository, Asked], dict[str, Any]]


def told(
    repository: LocalRepository,
    metrics: dict[str, list[Number]],
    *,
    name: str = "told",
    params: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> str:
    """Make a run that told of metrics, a value a step; return its id."""
    found = tracking.create(
        repository, NewRun(id=repository.store.clock.new_id(), name=name, started_at=1, tags=tags or {})
    ).id
    points = tuple(
        Point(key=key, step=step, value=value, at=1_000 * step)
        for key, values in metrics.items()
        for step, value in enumerate(values)
    )
    tracking.record(repository, found, points=points, params=params or {})
    return found


def long(repository: LocalRepository, run: str, key: str, count: int) -> None:
    """Give a run a metric of very many points, none of which can be read any more."""
    steps = list(range(count))
    database = repository.store.database
    series.extend(database, run, {key: Series(steps, [float(step % 100) for step in steps], steps)})
    tracking.record(repository, run, points=(Point(key=key, step=count, value=0.5, at=count),))
    database.run("UPDATE metric_points SET points = 'not read' WHERE run = :run AND key = :key", run=run, key=key)


def asked(name: str = "", *pairs: tuple[str, str], **query: str) -> Asked:
    """What a browser asks for."""
    return Asked(name, Said((*pairs, *query.items())))


def statements(load: Load, repository: LocalRepository, wanted: Asked, patch: pytest.MonkeyPatch) -> int:
    """Return how many statements a page makes to find its values."""
    made = list[str]()
    run = Sqlite.run

    def counted(self: Sqlite, sql: str, /, **values: Any) -> list[dict[str, Any]]:
        made.append(sql)
        return run(self, sql, **values)

    with patch.context() as here:
        here.setattr(Sqlite, "run", counted)
        load(repository, wanted)
    return len(made)
