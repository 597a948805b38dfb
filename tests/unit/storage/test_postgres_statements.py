"""What is sent to PostgreSQL: together, prepared once, many rows at once, and nothing lost when one fails."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from lineal.objects.errors import Conflict, Invalid
from lineal.storage.database.asking import Question
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.postgres_rows import statements
from lineal.storage.database.postgres_statements import Statements

_INSERT = "INSERT INTO kept (name, word, amount, ratio) VALUES (:name, :word, :amount, :ratio)"
_REPLACE = f"{_INSERT} ON CONFLICT (name) DO UPDATE SET word = excluded.word, ratio = excluded.ratio"
_SELECT = "SELECT name, word, amount, ratio FROM kept ORDER BY amount"


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Postgres]:
    database = Postgres(postgres_url)
    database.run("CREATE TABLE kept (name TEXT PRIMARY KEY, word TEXT, amount BIGINT, ratio DOUBLE PRECISION)")
    yield database
    database.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements were waited for each time."""
    found, answers = list[int](), Statements._answers

    def counting(self: Statements, sent: Any) -> Any:
        found.append(len(sent))
        return answers(self, sent)

    monkeypatch.setattr(Statements, "_answers", counting)
    return found


def row(name: str, amount: int, *, word: str | None = None, ratio: float | None = 0.5) -> dict[str, Any]:
    return {"name": name, "word": word, "amount": amount, "ratio": ratio}


_WORDS = (
    "",
    "NULL",
    "null",
    'a "quoted" word',
    "back\\slash",
    "{a,b}",
    ",",
    "line\nline",
    "ünï☃",
    "\t",
    "'",
    "$1",
    ":name",
    None,
)


def test_texts_of_every_kind_come_back_as_they_were(postgres: Postgres) -> None:
    rows = [row(f"n{number}", number, word=word) for number, word in enumerate(_WORDS)]
    postgres.many(_INSERT, rows)

    assert rows == postgres.run(_SELECT)


def test_numbers_of_every_kind_come_back_as_they_were(postgres: Postgres) -> None:
    ratios = (0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, None, 1 / 3)
    rows = [row(str(number), 2**63 - 1 - number, ratio=ratio) for number, ratio in enumerate(ratios)]
    postgres.many(_INSERT, [*rows, row("nan", -(2**63), ratio=math.nan)])
    nan, *found = postgres.run(_SELECT)

    assert math.isnan(nan["ratio"])
    assert rows[::-1] == found
    assert math.copysign(1, found[-2]["ratio"]) == -1


def test_a_row_may_replace_one_of_the_same_call(postgres: Postgres) -> None:
    postgres.many(_REPLACE, [row("a", 1, word="first"), row("b", 2), row("a", 3, word="last")])

    assert [row("a", 1, word="last"), row("b", 2)] == postgres.run(_SELECT)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("UPDATE kept SET word = :name WHERE name = :name", [{"name": "a"}, {"name": "b"}]),
        ("INSERT INTO kept (name, amount) VALUES (:name, 0)", [{"name": "a"}, {"name": "b"}]),
        (
            "INSERT INTO kept (name, data) VALUES (:name, :data)",
            [{"name": "a", "data": b"x"}, {"name": "b", "data": b""}],
        ),
        ("INSERT INTO kept (name, at) VALUES (:name, :at)", [{"name": "a", "at": 1}, {"name": "b", "at": 0.5}]),
        ("INSERT INTO kept (name) VALUES (:name)", [{"name": None}, {"name": None}]),
        ("INSERT INTO kept (name) VALUES (:name)", [{"name": "a"}]),
    ],
)
def test_what_has_no_array_goes_row_by_row(sql: str, rows: list[dict[str, Any]]) -> None:
    assert [(sql, each) for each in rows] == list(statements(sql, iter(rows)))


def test_a_thousand_rows_at_once_are_one_statement() -> None:
    assert [1_000, 1_000, 1] == [
        given["amount"].count(",") + 1 if isinstance(given["amount"], str) else 1
        for _, given in statements(_INSERT, (row(str(number), number) for number in range(2_001)))
    ]


def test_what_gives_no_rows_is_waited_for_with_what_does(postgres: Postgres, trips: list[int]) -> None:
    with postgres.transaction():
        for number in range(3):
            postgres.run(_INSERT, **row(str(number), number))
        promised = postgres.later("UPDATE kept SET ratio = 1 RETURNING amount")

        assert [] == trips
        assert [{"count": 3}] == postgres.run("SELECT count(*) AS count FROM kept")
        assert [{"amount": 0}, {"amount": 1}, {"amount": 2}] == promised()

    # The statement that was used before is prepared meanwhile; the last is the end of the transaction.
    assert [7, 1] == trips


def test_so_much_may_be_sent_that_no_buffer_holds_it(postgres: Postgres, trips: list[int]) -> None:
    with postgres.transaction():
        for number in range(2_000):
            postgres.run(_INSERT, **row(str(number), number, word="x" * 1_000))
        for number in range(2_000, 2_040):
            postgres.run(_INSERT, **row(str(number), number, word="x" * 1_000_000))

    assert max(trips) == 256
    assert [9, 9, 9] == [count for count in trips if count < 20][:3]
    assert [{"count": 2_040}] == postgres.run("SELECT count(*) AS count FROM kept")


@pytest.mark.parametrize("is_hurried", [False, True])
def test_one_that_fails_among_so_many_fails_all(postgres: Postgres, is_hurried: bool) -> None:
    if is_hurried:
        postgres.hurry()
    with pytest.raises(Conflict), postgres.transaction():  # noqa: PT012 - a block is what is tested
        with postgres.transaction():
            for number in range(400):
                postgres.run(_INSERT, **row(str(number // 2), number))
        postgres.run(_INSERT, **row("after", 1))

    assert [] == postgres.run(_SELECT)


def test_many_different_statements_leave_few_prepared(postgres: Postgres) -> None:
    for number in range(300):
        for _ in range(2):
            assert [{f"c{number}": number}] == postgres.run(f"SELECT CAST(:value AS BIGINT) AS c{number}", value=number)

    assert 129 > postgres.run("SELECT count(*) AS count FROM pg_prepared_statements")[0]["count"] > 100


def test_what_undoes_a_change_does_so_however_many_statements_are_known_and_however_often(postgres: Postgres) -> None:
    for number in range(200):
        for _ in range(2):
            postgres.run(f"SELECT CAST(:value AS BIGINT) + {number} AS sum", value=1)
    for number in range(20):
        with postgres.transaction():
            postgres.run(_INSERT, **row(f"a{number}", number))
            with suppress(Conflict), postgres.transaction():
                postgres.run(_INSERT, **row(f"b{number if number < 2 else 0}", number))  # most are there

    assert len(postgres.run(_SELECT)) == 20 + 2


def test_a_statement_that_was_being_prepared_when_another_failed_is_prepared_again(postgres: Postgres) -> None:
    fits = row("fits", 1)
    for _ in range(3):
        with pytest.raises(Conflict), postgres.transaction():  # noqa: PT012 - a block is what is tested
            postgres.run("INSERT INTO kept (name) VALUES ('x'), ('x')")
            postgres.run(_REPLACE, **fits)
    postgres.run(_REPLACE, **fits)

    assert [fits] == postgres.run(_SELECT)


def test_a_plan_that_was_made_for_a_small_table_does_not_stay_while_it_grows(postgres: Postgres) -> None:
    def look(times: int) -> None:
        for _ in range(times):
            postgres.run("SELECT amount FROM kept WHERE name = :name", name="1")

    def rows_read() -> int:
        return postgres.run("SELECT seq_tup_read AS count FROM pg_stat_xact_user_tables WHERE relname = 'kept'")[0][
            "count"
        ]

    with postgres.transaction():  # nobody else analyses the table meanwhile
        postgres.many(_INSERT, [row(str(number), number) for number in range(10)])
        postgres.run("ANALYZE kept")
        look(20)
        small = rows_read()
        postgres.many(_INSERT, [row(str(number), number) for number in range(10, 20_000)])
        look(60)
        before = rows_read()
        look(20)
        after = rows_read()

    assert small == 20 * 10, "so few rows are read one after the other"
    assert after == before


def test_a_question_that_people_ask_leaves_statements_as_they_were(postgres: Postgres) -> None:
    views = {"all": "SELECT k.name AS name FROM kept k"}
    for number in range(4):
        postgres.run(_INSERT, **row(str(number), number))
        for sql in ("SELECT name FROM all", "SELECT nothing FROM nowhere"):
            with suppress(Invalid):
                postgres.ask(Question(sql, views, 9, timeout_s=30))

    assert ["0", "1", "2", "3"] == [each["name"] for each in postgres.run(_SELECT)]


@pytest.mark.parametrize(
    ("sql", "values"), [("SELECT :a, :b", {"a": 1}), ("SELECT :a", {"a": object()}), ("SELECT :a", {"a": "\0"})]
)
def test_a_value_that_is_missing_or_cannot_be_sent_is_told_and_the_connection_goes_on(
    postgres: Postgres, sql: str, values: dict[str, Any]
) -> None:
    with postgres.transaction():
        postgres.run(_INSERT, **row("before", 1))
        with pytest.raises(Invalid), postgres.transaction():
            postgres.run(sql, **values)
        postgres.run(_INSERT, **row("after", 2))

    assert ["before", "after"] == [each["name"] for each in postgres.run(_SELECT)]


def test_one_who_hurries_hears_at_the_end_that_nothing_was_kept(postgres: Postgres) -> None:
    postgres.run(_INSERT, **row("a", 1))
    postgres.hurry()
    with pytest.raises(Conflict), postgres.transaction():  # noqa: PT012 - a block is what is tested
        with postgres.transaction():
            postgres.run(_INSERT, **row("b", 2))
        with postgres.transaction():
            postgres.run(_INSERT, **row("a", 3))
        # Too late for anybody to know which of them it was.
        with pytest.raises(Conflict), postgres.transaction():
            postgres.run(_SELECT)

    assert [row("a", 1)] == postgres.run(_SELECT)


def test_one_who_hurries_loses_nothing_unheard_when_the_next_gives_up(postgres: Postgres) -> None:
    postgres.run(_INSERT, **row("a", 1))
    postgres.hurry()
    with pytest.raises(Conflict), postgres.transaction():  # noqa: PT012 - a block is what is tested
        with postgres.transaction():
            postgres.run(_INSERT, **row("b", 2))
        with postgres.transaction():
            postgres.run(_INSERT, **row("c", 3))
            postgres.run(_INSERT, **row("a", 4))
        with pytest.raises(RuntimeError), postgres.transaction():
            raise RuntimeError

    assert [row("a", 1)] == postgres.run(_SELECT)


def test_one_who_hurries_hears_at_once_of_what_is_asked(postgres: Postgres) -> None:
    postgres.hurry()
    with postgres.transaction():
        with postgres.transaction():
            postgres.run(_INSERT, **row("a", 1))
        with pytest.raises(Conflict), postgres.transaction():
            postgres.run(f"{_INSERT} RETURNING name", **row("a", 2))
        with postgres.transaction():
            postgres.run(_INSERT, **row("b", 2))

    assert ["a", "b"] == [each["name"] for each in postgres.run(_SELECT)]
