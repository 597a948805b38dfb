"""Rows that several requests write go to PostgreSQL as one statement, and nobody who asks can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lineal.storage.database.postgres import Postgres
from lineal.storage.database.postgres_gathering import Gathered
from lineal.storage.database.postgres_statements import Statements

_PURSE = "INSERT INTO purse (name, amount) VALUES (:name, :amount)"
_REPLACE = f"{_PURSE} ON CONFLICT (name) DO UPDATE SET amount = excluded.amount"
_CHANGE = "UPDATE purse SET amount = :amount WHERE name = :name"
_NOTE = "INSERT INTO note (name, word, ratio) VALUES (:name, :word, :ratio)"


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Postgres]:
    database = Postgres(postgres_url)
    database.run("CREATE TABLE purse (name TEXT PRIMARY KEY, amount BIGINT NOT NULL)")
    database.run("CREATE TABLE note (name TEXT PRIMARY KEY, word TEXT, ratio DOUBLE PRECISION)")
    yield database
    database.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements were waited for each time, without those that prepare others."""
    found, answers = list[int](), Statements._answers

    def counting(self: Statements, sent: Any) -> Any:
        found.append(sum(each is not None for each in sent))
        return answers(self, sent)

    monkeypatch.setattr(Statements, "_answers", counting)
    return found


def purse(name: str, amount: int) -> dict[str, Any]:
    return {"name": name, "amount": amount}


def test_rows_of_several_tables_are_one_statement_which_is_the_same_whatever_they_are() -> None:
    texts = set[str]()
    for names, word in ((("a", "b"), "x"), (("c", "c2", "d"), "x"), (("e", "f"), "y")):
        gathered = Gathered()
        for name in names:
            gathered.add(_PURSE, [purse(name, 1)])
            gathered.add(_NOTE, [{"name": name, "word": word, "ratio": 0.5}])
        found = gathered.taken()

        assert 1 == len(found)
        assert not gathered.rows
        texts.add(found[0][0])

    assert 1 == len(texts)


def test_what_was_gathered_is_written_as_it_would_be_row_by_row(postgres: Postgres) -> None:
    with postgres.transaction():
        postgres.gather(_PURSE, [purse("a", 1), purse("b", 2)])
        postgres.gather(
            _NOTE, [{"name": "a", "word": 'q"\\{,', "ratio": None}, {"name": "b", "word": None, "ratio": 1e300}]
        )
        postgres.gather(_PURSE, [purse("c", 3)])
    with postgres.transaction():
        postgres.gather(_CHANGE, [purse("a", 4), purse("b", 4)])
        postgres.gather(_NOTE, [{"name": "c", "word": None, "ratio": None}])

    assert [purse("a", 4), purse("b", 4), purse("c", 3)] == postgres.run("SELECT * FROM purse ORDER BY name")
    assert [
        {"name": "a", "word": 'q"\\{,', "ratio": None},
        {"name": "b", "word": None, "ratio": 1e300},
        {"name": "c", "word": None, "ratio": None},
    ] == postgres.run("SELECT * FROM note ORDER BY name")


def test_of_rows_that_replace_one_another_the_last_stays(postgres: Postgres) -> None:
    with postgres.transaction():
        for amount in range(5):
            postgres.gather(_REPLACE, [purse("a", amount), purse(f"b{amount}", 0)])

    assert [{"amount": 4}] == postgres.run("SELECT amount FROM purse WHERE name = 'a'")


def test_only_who_might_see_them_has_them_written_before() -> None:
    gathered = Gathered()
    gathered.add(_PURSE, [purse("a", 1)])
    gathered.add(_CHANGE, [purse("b", 1)])

    assert not gathered.might_meet("SELECT name FROM note WHERE name = :name", {"name": "a"})
    assert not gathered.might_meet("SELECT amount FROM purse WHERE name = :name", {"name": "c"})
    for sql, values in (
        ("SELECT amount FROM purse WHERE name = :name", {"name": "a"}),
        ("SELECT amount FROM purse WHERE name = :other", {"other": "b"}),
        # A row may have come to this amount, or have left it.
        ("SELECT name FROM purse WHERE amount = :amount", {"amount": 7}),
        ("SELECT name, amount FROM purse WHERE name = :name OR TRUE", {"name": "c"}),
        ("SELECT n.word FROM note n JOIN purse p ON p.name = n.name", {}),
        ("DELETE FROM purse WHERE name = :name", {"name": "c"}),
        (_PURSE, purse("c", 1)),
    ):
        assert gathered.might_meet(sql, values), sql


def test_very_many_rows_are_not_kept_waiting(postgres: Postgres, trips: list[int]) -> None:
    with postgres.transaction():
        postgres.gather(_PURSE, [purse("few", 1)])
        postgres.run("SELECT 1")
        postgres.gather(_PURSE, [purse(f"n{number}", number) for number in range(5_000)])
        postgres.run("SELECT 1")

    # The beginning and the first question, the rows with the second, nothing but the end.
    assert [2, 2, 1] == trips[-3:]
    assert [{"n": 5_001}] == postgres.run("SELECT count(*) AS n FROM purse")
