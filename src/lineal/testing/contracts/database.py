"""What every database promises.

Subclass ``DatabaseContract`` in a test module and define the fixture ``connect``: a function that opens the same fresh,
empty database, again each time. One that many can open at once also passes ``SharedDatabaseContract``.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lineal.objects.errors import Conflict, Invalid, LinealError, Unsupported
from lineal.storage.database.asking import Asked, Question
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import known, migrate
from lineal.testing.contracts.transactions import INSERT, Connect, TransactionContract, amounts


class DatabaseContract(TransactionContract):
    """The promises of one connection. Needs the fixture ``connect``."""

    @pytest.mark.parametrize("value", [None, 0, -1, 2**63 - 1, -(2**63), 0.1, 1e300, "", "text", "snow ☃ 😀", "a'b\"c"])
    def test_values_come_back_as_they_went(self, database: Database, value: Any) -> None:
        """With their types."""
        kind = {int: "BIGINT", float: "DOUBLE PRECISION"}.get(type(value), "TEXT")
        database.run(f"CREATE TABLE kept (value {kind})")
        database.run("INSERT INTO kept (value) VALUES (:value)", value=value)
        (row,) = database.run("SELECT value FROM kept")

        assert {"value": value} == row
        assert type(value) is type(row["value"])

    def test_a_question_reads_its_views_and_nothing_else(self, database: Database) -> None:
        """Whatever it is called, and whatever it calls."""
        database.many(
            INSERT, [{"name": name, "amount": amount} for name, amount in (("ada", 5), ("ben", 7), ("eve", 9))]
        )
        views = {"rich": "SELECT a.name AS name, a.amount AS amount FROM purse a WHERE a.amount > 5"}

        def ask(sql: str, rows_max: int = 9) -> Asked:
            return database.ask(Question(sql, views, rows_max, timeout_s=30))

        assert Asked(("name",), [("eve",), ("ben",)], is_cut=False) == ask("SELECT name FROM rich ORDER BY amount DESC")
        assert Asked(("name",), [("ben",)], is_cut=True) == ask("SELECT name FROM rich ORDER BY amount", 1)
        for sql in (
            "SELECT name FROM purse",
            "WITH rich AS (SELECT name FROM purse) SELECT name FROM rich",
            "DELETE FROM purse",
            "SELECT name FROM rich; DELETE FROM purse",
            "SELECT pg_sleep(1) AS x",
            "SELECT load_extension('x') AS x",
        ):
            with pytest.raises(Invalid):
                ask(sql)

        assert {"ada": 5, "ben": 7, "eve": 9} == amounts(database)

    def test_a_value_may_be_used_twice_and_others_not_at_all(self, database: Database) -> None:
        """Names are names."""
        database.run(INSERT, name="ada", amount=5)
        sql = "SELECT name FROM purse WHERE amount = :amount OR amount < :amount ORDER BY name LIMIT :limit"

        assert [{"name": "ada"}] == database.run(sql, amount=5, limit=10)

    def test_colons_and_percents_in_texts_are_texts(self, database: Database) -> None:
        """Also in quoted names and comments."""
        sql = (
            "SELECT ':name is 100%' AS \"a:b %\", name -- not :this, it's 5%\n FROM purse WHERE name LIKE 'a%' || :end"
        )
        database.run(INSERT, name="ada", amount=1)

        assert [{"a:b %": ":name is 100%", "name": "ada"}] == database.run(sql, end="a")

    def test_a_text_may_be_compared_with_nothing(self, database: Database) -> None:
        """The server never has to guess the type of a value."""
        database.run(INSERT, name="ada", amount=1)

        assert 1 == len(database.run("SELECT name FROM purse WHERE name = :name OR :name = ''", name=""))

    def test_values_alone_have_the_type_they_have(self, database: Database) -> None:
        """Texts can be joined and numbers added without a column that says what they are."""
        sql = "SELECT :left || :right AS joined, :some + :more AS total, :word IS NULL AS is_null"

        assert [{"joined": "ab", "total": 60_000, "is_null": False}] == database.run(
            sql, left="a", right="b", some=30_000, more=30_000, word="c"
        )

    def test_like_tells_capitals_apart(self, database: Database) -> None:
        """On every database."""
        database.run(INSERT, name="Ada", amount=1)

        assert not database.run("SELECT name FROM purse WHERE name LIKE :like", like="ada%")
        assert database.run("SELECT name FROM purse WHERE name LIKE :like", like="Ad%")

    def test_sums_of_whole_numbers_are_whole(self, database: Database) -> None:
        """And averages are not."""
        database.many(INSERT, [{"name": "a", "amount": 1}, {"name": "b", "amount": 2}])
        (row,) = database.run("SELECT sum(amount) AS total, avg(amount) AS mean, count(*) AS count FROM purse")

        assert {"total": 3, "mean": 1.5, "count": 2} == row
        assert [int, float, int] == [type(each) for each in row.values()]

    def test_changed_rows_can_be_returned(self, database: Database) -> None:
        """Which is how a writer learns that it was the faster one."""
        database.run(INSERT, name="ada", amount=1)
        sql = "UPDATE purse SET amount = amount + 1 WHERE name = :name AND amount = :seen RETURNING amount"

        assert [{"amount": 2}] == database.run(sql, name="ada", seen=1)
        assert [] == database.run(sql, name="ada", seen=1)

    def test_a_second_row_with_the_same_key_is_a_conflict(self, database: Database) -> None:
        """And the first one stays."""
        database.run(INSERT, name="ada", amount=1)
        with pytest.raises(Conflict):
            database.run(INSERT, name="ada", amount=2)

        assert {"ada": 1} == amounts(database)

    def test_a_row_that_names_a_missing_one_is_a_conflict(self, database: Database) -> None:
        """Foreign keys are kept."""
        database.run("CREATE TABLE card (owner TEXT NOT NULL REFERENCES purse (name))")
        with pytest.raises(Conflict):
            database.run("INSERT INTO card (owner) VALUES ('nobody')")

    @pytest.mark.parametrize(
        ("sql", "values"),
        [
            ("SELEKT 1", {}),
            ("SELECT * FROM nowhere", {}),
            ("SELECT nothing FROM purse", {}),
            ("SELECT name FROM purse WHERE name = :name", {}),
            ("SELECT name FROM purse WHERE amount = :amount", {"amount": 2**63}),
            ("SELECT name FROM purse WHERE name = :name", {"name": "\ud800"}),
            ("SELECT name FROM purse WHERE name = :name", {"name": object()}),
        ],
    )
    def test_what_is_not_understood_is_invalid(self, database: Database, sql: str, values: dict[str, Any]) -> None:
        """And never the database's own exception."""
        with pytest.raises(Invalid) as caught:
            database.run(sql, **values)

        assert caught.value.hint

    def test_many_rows_are_written_all_or_none(self, database: Database) -> None:
        """From any source of rows."""
        rows = [{"name": "a", "amount": 1}, {"name": "b", "amount": 2}]
        database.many(INSERT, iter(rows))
        database.many(INSERT, [])
        with pytest.raises(Conflict):
            database.many(INSERT, [{"name": "c", "amount": 3}, {"name": "a", "amount": 4}])

        assert {"a": 1, "b": 2} == amounts(database)

    def test_the_tables_are_made_once(self, database: Database) -> None:
        """Every step of both phases, in order."""
        steps = migrate(database, phase="pre") + migrate(database, phase="post")

        assert sorted(each.number for each in known()) == sorted(steps)
        assert () == migrate(database, phase="pre") + migrate(database, phase="post")
        assert [{"sequence": 0, "digest": None}] == database.run("SELECT sequence, digest FROM journal_head")

    def test_tables_of_a_newer_lineal_are_refused(self, database: Database) -> None:
        """And the message names the step."""
        migrate(database, phase="pre")
        database.run("INSERT INTO migration (number, phase, name, applied_at) VALUES (9999, 'pre', 'later', 0)")
        with pytest.raises(Unsupported, match="9999") as caught:
            migrate(database, phase="pre")

        assert "upgrade" in caught.value.hint

    def test_threads_have_transactions_of_their_own(self, database: Database) -> None:
        """What one undoes, another keeps."""

        def work(number: int) -> None:
            try:
                with database.transaction():
                    database.run(INSERT, name=str(number), amount=number)
                    if number % 2:
                        raise RuntimeError  # noqa: TRY301 - it stands for what an operation may raise
            except RuntimeError:
                pass

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(20)))

        assert {str(number): number for number in range(0, 20, 2)} == amounts(database)

    def test_no_count_is_lost_between_threads(self, database: Database) -> None:
        """Compare and swap, or a count in one statement: both are exact."""
        database.run(INSERT, name="ada", amount=0)

        def swap(_: int) -> None:
            has_won = False
            while not has_won:
                seen = amounts(database)["ada"]
                sql = "UPDATE purse SET amount = :next WHERE name = 'ada' AND amount = :seen RETURNING amount"
                has_won = bool(database.run(sql, next=seen + 1, seen=seen))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(swap, range(40)))

        assert {"ada": 40} == amounts(database)


class SharedDatabaseContract(DatabaseContract):
    """The promises of a database that outlives its connections, and that many have open. Needs ``connect``."""

    def test_what_was_kept_is_there_for_everybody(self, database: Database, connect: Connect) -> None:
        """And after everything was closed."""
        database.run(INSERT, name="ada", amount=1)
        other = connect()
        seen = amounts(other)
        other.close()
        database.close()

        assert {"ada": 1} == seen == amounts(database)

    def test_nobody_sees_a_change_before_it_is_kept(self, database: Database, connect: Connect) -> None:
        """A reader never waits for it either."""
        other = connect()
        with database.transaction():
            database.run(INSERT, name="ada", amount=1)
            before = amounts(other)
        after = amounts(other)
        other.close()

        assert ({}, {"ada": 1}) == (before, after)

    def test_writers_wait_for_each_other(self, database: Database, connect: Connect) -> None:
        """The second one continues from what the first one kept."""
        database.run(INSERT, name="ada", amount=0)
        sql = "UPDATE purse SET amount = amount + 1 WHERE name = 'ada'"
        has_begun, may_end = threading.Event(), threading.Event()
        other = connect()

        def first() -> None:
            with database.transaction():
                database.run(sql)
                has_begun.set()
                may_end.wait(10)

        def second() -> None:
            with other.transaction():
                other.run(sql)

        threads = [threading.Thread(target=first), threading.Thread(target=second)]
        threads[0].start()
        has_begun.wait(10)
        threads[1].start()
        may_end.set()
        for thread in threads:
            thread.join()
        other.close()

        assert {"ada": 2} == amounts(database)

    def test_many_may_make_the_tables_at_once(self, connect: Connect) -> None:
        """One of them works; nobody fails."""
        handles = [connect() for _ in range(6)]
        barrier = threading.Barrier(len(handles))

        def work(handle: Database) -> tuple[int, ...]:
            barrier.wait()
            return migrate(handle, phase="pre")

        with ThreadPoolExecutor(len(handles)) as pool:
            done = list(pool.map(work, handles))
        counts = [len(handle.run("SELECT id FROM journal_head")) for handle in handles]
        for handle in handles:
            handle.close()

        assert [each.number for each in known() if each.phase == "pre"] == [
            number for steps in done for number in steps
        ]
        assert [1] * len(handles) == counts

    def test_errors_say_what_to_do(self, database: Database) -> None:
        """A message and a hint."""
        database.run(INSERT, name="ada", amount=1)
        with pytest.raises(LinealError) as caught:
            database.run(INSERT, name="ada", amount=1)

        assert caught.value.message
        assert caught.value.hint
