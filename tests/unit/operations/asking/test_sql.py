"""The verb for questions in SQL: what it answers is the same for every database, and fits JSON."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lineal.client.connect import init
from lineal.objects.errors import Invalid
from lineal.operations.answers.questions import SqlAnswer


def test_an_answer_has_columns_and_rows_that_fit_json(tmp_path: Path):
    with init(tmp_path) as repository:
        repository.store.database.run(
            "INSERT INTO metric_last (subject, key, value, word, step, at) VALUES ('r', 'loss', 9e999, 'Infinity', 0, 0)"
        )
        repository.store.database.run(
            "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision)"
            " VALUES ('r', 'night', 'running', '[]', 'ana', '', 5, 1)"
        )
        found = repository.sql(
            "SELECT r.name, m.value, r.ended_at, r.started_at FROM runs r JOIN metrics m ON m.run = r.id"
        )

    assert SqlAnswer(
        columns=("name", "value", "ended_at", "started_at"), rows=(("night", "Infinity", None, 5),)
    ) == msgspec.json.decode(msgspec.json.encode(found), type=SqlAnswer)


@pytest.mark.parametrize("given", [{"limit": 0}, {"limit": 100_001}, {"timeout_s": 0}, {"timeout_s": 301}])
def test_limits_that_make_no_sense_are_invalid(tmp_path: Path, given: dict[str, int]):
    with init(tmp_path) as repository, pytest.raises(Invalid, match="no sense"):
        repository.sql("SELECT 1 AS one", **given)
