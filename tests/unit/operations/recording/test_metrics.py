"""The last values of metrics, as they are searched and as they are read."""

from __future__ import annotations

import math

from lineal.client.local import LocalRepository
from lineal.operations.recording.runs import read_metrics, write_metrics


def test_infinities_are_values_and_read_as_words(repository: LocalRepository):
    store = repository.store
    measured = {"a": 0.0, "b": "Infinity", "c": "-Infinity", "d": "NaN", "e": 2}
    write_metrics(store, "sha256:x", measured)
    values = {row["key"]: row["value"] for row in store.database.run("SELECT key, value FROM metric_last")}

    assert measured == read_metrics(store, "sha256:x")
    assert {"a": 0.0, "b": math.inf, "c": -math.inf, "d": None, "e": 2.0} == values


def test_a_metric_knows_the_experiment_of_its_run_and_when_it_was_measured(repository: LocalRepository):
    store = repository.store
    store.database.run(
        "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision, experiment)"
        " VALUES ('r', '', 'running', '[]', '', '', 0, 1, 7)"
    )
    write_metrics(store, "r", {"a": 1.0}, at=5)
    write_metrics(store, "sha256:x", {"a": 1.0})
    before = store.clock.now()
    rows = store.database.run("SELECT subject, experiment, at FROM metric_last ORDER BY subject")

    assert [("r", 7, 5), ("sha256:x", None, before - 1)] == [tuple(row.values()) for row in rows]
