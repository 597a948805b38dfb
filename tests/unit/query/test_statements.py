"""The SQL: one statement, every written word a bound value, and the index that makes it fast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.query.fields import Subject
from lineal.query.query import Compiled, compile_search
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import Sqlite
from tests.unit.query.searches import quoted

_SHAPES = (
    "{} > 0.5",
    "has {} best by {}",
    "order by {} desc, params.{}",
    "params.{} = {}",
    "model = {} or author ~ {} or alias != {}",
    "trained on {}",
)
HOSTILE = (
    "x'; DROP TABLE version; --",
    '") OR 1 = 1 --',
    ":limit",
    "%(v0)s",
    "%s",
    "?1",
    "$1",
    "{key}",
    "\\'; --",
    "' UNION SELECT * FROM answer --",
)


def compiled(text: str, subject: Subject = "versions", limit: int = 20) -> Compiled:
    return compile_search(text, subject=subject, datasets=lambda reference: [reference], limit=limit, now=0)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Sqlite]:
    database = Sqlite(tmp_path / "database.sqlite")
    migrate(database, phase="pre")
    yield database
    database.close()


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_a_bound_value_and_never_part_of_the_statement(shape: str, hostile: str, sqlite: Sqlite):
    count = shape.count("{}")
    innocent, found = compiled(shape.format(*["zzz"] * count)), compiled(shape.format(*[quoted(hostile)] * count))

    assert innocent.sql == found.sql
    assert any(hostile in str(value) for value in found.values.values())
    assert [] == sqlite.run(found.sql, **found.values)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip))
def test_no_text_changes_the_statement(text: str):
    shape = "trained on {} or author ~ {} or params.kind != {}"

    assert compiled(shape.format(*"xyz")).sql == compiled(shape.format(*[quoted(text)] * 3)).sql


def test_every_mark_of_the_statement_has_a_value_and_every_value_its_mark():
    text = "a > 1 and b != NaN and created > 2026 and created = today and version >= 1.2 and params.x = 1 best by c"
    found = compiled(text)

    assert set(found.values) == set(re.findall(r":([a-z0-9]+)", found.sql))


def test_the_limit_of_the_text_wins_over_that_of_the_caller():
    assert 7 == compiled("limit 7", limit=3).values["limit"]
    assert 3 == compiled("", limit=3).values["limit"]


def _plan(sqlite: Sqlite, text: str, subject: Subject) -> list[str]:
    found = compiled(text, subject)
    return [row["detail"] for row in sqlite.run(f"EXPLAIN QUERY PLAN {found.sql}", **found.values)]


def _measure(sqlite: Sqlite, count: int) -> None:
    sqlite.many(
        "INSERT INTO metric_last (subject, key, value, step, at) VALUES (:subject, :key, :value, 0, 0)",
        [{"subject": f"s{n}", "key": key, "value": n / count} for n in range(count) for key in ("auc", "log_loss")],
    )
    sqlite.run("ANALYZE")


@pytest.mark.parametrize("is_filled", [False, True])
@pytest.mark.parametrize("subject", ["versions", "runs"])
@pytest.mark.parametrize("text", ["auc > 0.5", "auc = 0.5", "auc != 0.5", "auc <= 0.5 and log_loss < 1", "auc = NaN"])
def test_a_condition_on_a_metric_searches_the_index_by_key_and_value(
    sqlite: Sqlite, text: str, subject: Subject, is_filled: bool
):
    if is_filled:
        _measure(sqlite, 500)
    steps = [step for step in _plan(sqlite, text, subject) if re.search(r"\bm\b", step)]

    assert steps
    assert all(step.startswith("SEARCH m ") for step in steps)
    assert any("metric_last_key (key=?" in step for step in steps)


@pytest.mark.parametrize("subject", ["versions", "runs"])
@pytest.mark.parametrize("text", ["best by auc", "worst by auc, log_loss", "order by auc desc, params.x"])
def test_a_sort_by_a_metric_looks_its_values_up(sqlite: Sqlite, text: str, subject: Subject):
    steps = [step for step in _plan(sqlite, text, subject) if re.search(r"\bs\d\b", step)]

    assert steps
    assert all(step.startswith("SEARCH s") for step in steps)


@pytest.mark.parametrize("subject", ["versions", "runs"])
def test_the_best_by_a_metric_are_read_from_the_end_of_its_index(sqlite: Sqlite, subject: Subject):
    _measure(sqlite, 500)
    first = _plan(sqlite, "best by auc", subject)[0]

    assert first.startswith("SEARCH s0 USING COVERING INDEX metric_last_key (key=?")
