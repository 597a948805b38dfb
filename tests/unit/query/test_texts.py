"""A pattern is said by the texts that there are, where these are few and stand whole in an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lineal.protocols.mlflow.filters import parse_filter
from lineal.protocols.mlflow.subjects import SUBJECTS
from lineal.query import texts
from lineal.query.indexed import INDEXED_CHARACTERS
from lineal.query.pages import Page, read_page
from lineal.query.wanted import Wanted
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite

_LONG = "x" * INDEXED_CHARACTERS


def add(database: Database, tags: dict[str, str], *, key: str = "team") -> None:
    """Write runs, each with one tag."""
    for run, text in tags.items():
        database.run(
            "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision)"
            " VALUES (:id, :id, 'finished', '[]', 'ana', '', :at, 1)",
            id=run,
            at=ord(run[0]),
        )
        database.run("INSERT INTO tag (subject, key, value) VALUES (:id, :key, :text)", id=run, key=key, text=text)


def page(database: Database, text: str, *, limit: int = 20, token: str = "", ask: Any = None) -> Page:
    wanted = Wanted(SUBJECTS["runs"].source, parse_filter(text, "runs"), experiments=(0,))
    return read_page(wanted, limit=limit, page_token=token, ask=ask or database.run)


def found(database: Database, text: str) -> list[str]:
    return sorted(row["id"] for row in page(database, text).rows)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Yield a database of each kind."""
    if request.param == "postgres":
        made: Database = Postgres(request.getfixturevalue("postgres_url"))
    else:
        made = Sqlite(MEMORY)
    migrate(made, phase="pre")
    yield made
    made.close()


def test_texts_that_no_index_has_whole_are_compared_to_their_end(database: Database):
    add(database, {"a": _LONG + "end", "b": _LONG, "c": _LONG[:-1], "d": "end"})

    assert ["a", "d"] == found(database, "tags.team LIKE '%end'")
    assert ["b"] == found(database, f"tags.team LIKE '{_LONG}'")
    assert ["a", "b"] == found(database, f"tags.team LIKE '{_LONG}%'")
    assert ["c"] == found(database, f"tags.team ILIKE '{_LONG[:-1].upper()}'")


@pytest.mark.parametrize("most", [0, 2, 200])
def test_what_begins_alike_is_found_however_many_texts_there_are(
    database: Database, monkeypatch: pytest.MonkeyPatch, most: int
):
    monkeypatch.setattr(texts, "TEXTS_MAX", most)
    add(database, {"a": "v1", "b": "v1-rc", "c": "V1", "d": "v1é", "e": "v10", "f": "v2", "g": "v1\U0010ffff"})

    assert ["a", "b", "d", "e", "g"] == found(database, "tags.team LIKE 'v1%'")
    assert ["b", "d", "e", "g"] == found(database, "tags.team LIKE 'v1_%'")
    assert ["a", "b", "c", "d", "e", "g"] == found(database, "tags.team ILIKE 'V1%'")
    assert ["c", "f"] == found(database, "NOT tags.team LIKE 'v1%'")


@pytest.mark.parametrize("most", [0, 200])
def test_what_begins_alike_but_for_capitals_is_found_however_many_texts_there_are(
    database: Database, monkeypatch: pytest.MonkeyPatch, most: int
):
    monkeypatch.setattr(texts, "TEXTS_MAX", most)
    add(database, {"a": "Kit-1", "b": "kIt-2", "c": "kiln", "d": "KIT", "e": "bit", "f": "Kit\u00e9", "g": "k"})

    assert ["a", "b", "d", "f"] == found(database, "tags.team ILIKE 'kit%'")
    assert ["a", "b"] == found(database, "tags.team ILIKE 'KIT-_'")
    assert ["b"] == found(database, "tags.team ILIKE 'kit%' AND tags.team LIKE 'kI%'")
    assert ["c", "e", "g"] == found(database, "NOT tags.team ILIKE 'kit%'")
    assert [] == found(database, "tags.team ILIKE 'kits%'")
    assert ["a", "b"] == found(database, "tags.team ILIKE '%T-%'")


def test_a_text_that_came_between_two_pages_is_found(database: Database):
    add(database, {"c": "red", "b": "red"})
    first = page(database, "tags.team LIKE '%r%'", limit=1)
    add(database, {"a": "green"})
    second = page(database, "tags.team LIKE '%r%'", limit=20, token=first.next_token)

    assert ["c", "b", "a"] == [row["id"] for row in (*first.rows, *second.rows)]


def test_few_of_many_patterns_are_looked_up(database: Database):
    add(database, {"a": "red"})
    statements = list[str]()

    def ask(sql: str, **values: Any) -> list[dict[str, Any]]:
        statements.append(sql)
        return database.run(sql, **values)

    page(database, " OR ".join(["tags.team LIKE '%d'"] * 50), ask=ask)

    assert 8 == sum("each_text" in sql for sql in statements)
