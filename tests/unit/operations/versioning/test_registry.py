"""With ten thousand versions of one model, what a registry is asked is looked up, and never counted through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest

from lineal.operations.versioning import registry
from lineal.operations.versioning.weights import by_alias, find
from lineal.protocols.mlflow.filters import parse_filter, parse_order
from lineal.protocols.mlflow.subjects import SUBJECTS
from lineal.query.wanted import Wanted
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.clock import FixedClock
from lineal.storage.database.database import Database, Dialect, Later, Row
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from lineal.storage.store import Actor, Store

COUNT = 10_000


class Watched:
    """A database that notes how each statement is carried out."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.plans: list[str] = []

    @property
    def dialect(self) -> Dialect:
        return self._database.dialect

    def run(self, sql: str, /, **values: Any) -> list[Row]:
        how, column = ("QUERY PLAN", "detail") if self.dialect == "sqlite" else ("(COSTS OFF)", "QUERY PLAN")
        self.plans += [str(row[column]).strip() for row in self._database.run(f"EXPLAIN {how} {sql}", **values)]
        return self._database.run(sql, **values)

    def later(self, sql: str, /, **values: Any) -> Later:
        rows = self.run(sql, **values)
        return lambda: rows

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> None:
        self._database.many(sql, rows)

    def transaction(self) -> AbstractContextManager[None]:
        return self._database.transaction()

    def close(self) -> None:
        self._database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def watched(request: pytest.FixtureRequest) -> Iterator[Watched]:
    """A database with a model of many versions among others, as nobody analysed it and as somebody did."""
    database: Database = (
        Sqlite(MEMORY) if request.param == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    )
    migrate(database, phase="pre")
    fill(database)
    if request.param == "postgresql":  # which does so by itself
        database.run("ANALYZE")
    yield Watched(database)
    database.close()


def fill(database: Database) -> None:
    database.run(
        "INSERT INTO object (digest, kind, size_bytes, body, created_at) VALUES ('sha256:x', 'version', 0, '', 0)"
    )
    counts = {"churn": COUNT, **{f"m{number:04}": 3 for number in range(300)}}
    database.many(
        "INSERT INTO model (name, last_number, created_by, created_at, updated_at) VALUES (:name, 0, '', 0, 0)",
        [{"name": name} for name in counts],
    )
    rows = [
        {
            "model": name,
            "number": number,
            "stage": "production" if number == count // 2 else "archived" if number < count // 3 else "none",
            "at": number,
            "run": f"{number:026}",
        }
        for name, count in counts.items()
        for number in range(1, count + 1)
    ]
    database.many(
        "INSERT INTO version (model, number, digest, major, minor, patch, stage, card, created_by, created_at, revision,"
        " updated_at, run) VALUES (:model, :number, 'sha256:x', 1, :number, 0, :stage, '', '', :at, 1, :at, :run)",
        rows,
    )
    database.many(
        "INSERT INTO tag (subject, key, value) VALUES (:subject, :key, :value)",
        [
            {"subject": f"version:{row['model']}/{row['number']}", "key": key, "value": value}
            for row in rows
            for key, value in (("team", "a"), ("rare", str(int(row["number"]) % 999)))
        ],
    )
    database.run(
        "INSERT INTO alias (model, alias, number, moved_by, moved_at, revision) VALUES ('churn', 'champion', 42, '', 0, 1)"
    )


def search(text: str, *order: str) -> Callable[[Store], Any]:
    wanted = Wanted(
        SUBJECTS["model versions"].source, parse_filter(text, "model versions"), parse_order(order, "model versions")
    )
    return lambda store: registry.versions_page(store, wanted, limit=10)


QUESTIONS: dict[str, Callable[[Store], Any]] = {
    "the model": lambda store: registry.show_model(store, registry.find_model(store, "churn")),
    "a version": lambda store: registry.show_version(store, find(store, "churn", COUNT)),
    "an alias": lambda store: registry.show_version(store, by_alias(store, "churn", "champion")),
    "its versions": search("name = 'churn'"),
    "its versions by number": search("name = 'churn'", "version_number DESC"),
    "its versions with a tag": search("name = 'churn' AND tags.team = 'a'"),
    "its versions with a rare tag": search("name = 'churn' AND tags.rare = '7'"),
    "versions with a rare tag": search("tags.rare = '7'"),
    "versions of a run": search(f"run_id = '{7:026}'"),
    "all versions": search(""),
}


def test_nothing_is_looked_for_among_all(watched: Watched) -> None:
    store = Store(blobs=MemoryBlobs(), database=watched, clock=FixedClock(), actor=Actor("ada", "admin"))
    scans: dict[str, list[str]] = {}
    for name, ask in QUESTIONS.items():
        watched.plans.clear()
        ask(store)
        scans[name] = [each for each in watched.plans if _is_scan(each, watched.plans)]

    # A walk along an index is a scan that ends when the page is full, or after so many rows.
    assert {name: [] for name in QUESTIONS} == {
        name: [each for each in found if each != "SCAN v USING INDEX version_updated"] for name, found in scans.items()
    }


def _is_scan(step: str, plan: list[str]) -> bool:
    """Tell whether a step reads a whole table that has many rows."""
    words = step.removeprefix("->").split()
    if words[:3] == ["Seq", "Scan", "on"]:
        # PostgreSQL reads all tags in place of some hundred look-ups while there are few of them.
        return words[3] == "version"
    # What a walk found in its subquery has the letter of the table.
    is_subquery = {f"CO-ROUTINE {words[-1]}", f"MATERIALIZE {words[-1]}"} & set(plan)
    return words[0] == "SCAN" and words[1] in {"v", "t", "x"} and not is_subquery


def test_pages_hold_what_is_meant(watched: Watched) -> None:
    store = Store(blobs=MemoryBlobs(), database=watched, clock=FixedClock(), actor=Actor("ada", "admin"))

    def numbers(text: str, *order: str) -> list[int]:
        return [each.number for each in search(text, *order)(store).found]

    newest = list(range(COUNT, COUNT - 10, -1))
    assert newest == numbers("name = 'churn'") == numbers("name = 'churn' AND tags.team = 'a'")
    assert newest == numbers("name = 'churn'", "version_number DESC")
    assert list(range(1, 11)) == numbers("name = 'churn'", "version_number")
    assert [9997, 8998] == numbers("name = 'churn' AND tags.rare = '7'")[:2]
    assert [7] == numbers(f"name = 'churn' AND run_id = '{7:026}'")
    assert [] == numbers("name = 'churn' AND name = 'm0000'")
    assert [3, 2, 1] == numbers("name = 'm0000' AND tags.team = 'a'")
    model = registry.show_model(store, registry.find_model(store, "churn"))
    assert [(COUNT // 3 - 1, "archived"), (COUNT // 2, "production"), (COUNT, "none")] == [
        (each.number, each.stage) for each in model.latest
    ]
