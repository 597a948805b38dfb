"""Small worlds of runs for MLflow's searches: rows that hypothesis makes, and the plain facts of each run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from lineal.objects.ulid import ulid_of
from lineal.storage.database.database import Database

METRICS = ("auc", "val/loss", "a b")
NUMBERS = (-1.5, 0.0, 0.1, 0.5, 1.0, 1e300, math.nan, math.inf, -math.inf)
PARAMS = ("lr", "kind", "it's")
TAGS = ("team", "mlflow.user")
PLAIN = ("a", "ab", "abc", "b", "10")
"""Texts about whose order all databases agree."""

TEXTS = (
    *PLAIN,
    "A",
    "100%",
    "a_c",
    "x!y",
    "\\",
    "' OR '1'='1",
    'say "hi"',
    "é",
    "",
    "`",
    "x" * 254 + "yz",
    "x" * 255 + "z",
)
STATES = ("running", "finished", "failed", "killed", "lost")
EXPERIMENTS = (0, 1, 2)
DATASETS = tuple(
    (name, digest, context) for name in ("iris", "Adult") for digest in ("d1", "d2") for context in PLAIN[:2]
)

_TABLES = ("run", "metric_last", "param", "tag", "run_input", "named_dataset")


@dataclass
class RunFacts:
    """A run, and what is known of it elsewhere."""

    id: str
    experiment: int
    name: str
    state: str
    user: str
    started_at: int
    ended_at: int | None
    is_deleted: bool
    metrics: dict[str, float]
    params: dict[str, str]
    tags: dict[str, str]
    datasets: list[tuple[str, str, str]]


def runs(number: int) -> st.SearchStrategy[RunFacts]:
    """Draw the run that has that number."""
    return st.builds(
        RunFacts,
        st.just(ulid_of(f"{number:032x}")),
        st.sampled_from(EXPERIMENTS),
        st.sampled_from(PLAIN),
        st.sampled_from(STATES),
        st.sampled_from(PLAIN),
        st.integers(0, 3),
        st.none() | st.integers(0, 3),
        st.sampled_from((False, False, True)),
        st.dictionaries(st.sampled_from(METRICS), st.sampled_from(NUMBERS)),
        st.dictionaries(st.sampled_from(PARAMS), st.sampled_from(TEXTS)),
        st.dictionaries(st.sampled_from(TAGS), st.sampled_from(PLAIN)),
        st.lists(st.sampled_from(DATASETS), max_size=2, unique_by=lambda each: each[:2]),
    )


worlds = st.integers(0, 14).flatmap(lambda count: st.tuples(*map(runs, range(count)))).map(list)
"""Draws up to fourteen runs."""


def fill(database: Database, world: list[RunFacts]) -> None:
    """Make ``database`` hold exactly the runs of ``world``."""
    with database.transaction():
        for table in _TABLES:
            database.run(f"DELETE FROM {table}")
        for facts in world:
            _insert(database, "run", [_row(facts)])
            _insert(database, "metric_last", [_metric(facts, *each) for each in facts.metrics.items()])
            _insert(database, "param", [_noted(facts, *each) for each in facts.params.items()])
            _insert(database, "tag", [_noted(facts, *each) for each in facts.tags.items()])
            _insert(database, "run_input", [_input(facts, *each) for each in facts.datasets])
        used = {each[:2] for facts in world for each in facts.datasets}
        _insert(database, "named_dataset", [_dataset(*each) for each in sorted(used)])


def _insert(database: Database, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        marks = ", ".join(f":{name}" for name in rows[0])
        database.many(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", rows)


def _row(facts: RunFacts) -> dict[str, Any]:
    return {
        "id": facts.id,
        "experiment": facts.experiment,
        "name": facts.name,
        "state": facts.state,
        "command": "",
        "started_by": facts.user,
        "host": "",
        "started_at": facts.started_at,
        "ended_at": facts.ended_at,
        "deleted_at": 9 if facts.is_deleted else None,
        "artifact_location": f"here/{facts.id}",
        "revision": 1,
    }


def _metric(facts: RunFacts, key: str, value: float) -> dict[str, Any]:
    known = {"subject": facts.id, "key": key, "step": 0, "at": 0, "experiment": facts.experiment}
    words = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return (
        known | {"value": None, "word": "NaN"}
        if math.isnan(value)
        else known | {"value": value, "word": words.get(value)}
    )


def _noted(facts: RunFacts, key: str, value: str) -> dict[str, Any]:
    return {"subject": facts.id, "key": key, "value": value}


def _input(facts: RunFacts, name: str, digest: str, context: str) -> dict[str, Any]:
    return {"run": facts.id, "kind": "dataset", "input": f"{name}-{digest}", "context": context, "tags": ""}


def _dataset(name: str, digest: str) -> dict[str, Any]:
    known = {"id": f"{name}-{digest}", "experiment": 0, "name": name, "digest": digest}
    return known | {"source_type": "local", "source": ""}
