"""What every database promises of transactions: the part of its contract that says what is kept, and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lineal.objects.errors import Conflict
from lineal.storage.database.database import Database

Connect = Callable[[], Database]

ACCOUNTS = "CREATE TABLE purse (name TEXT PRIMARY KEY, amount BIGINT NOT NULL)"
INSERT = "INSERT INTO purse (name, amount) VALUES (:name, :amount)"
CHANGE = "UPDATE purse SET amount = :amount WHERE name = :name"


def amounts(database: Database) -> dict[str, int]:
    """Return every purse."""
    return {row["name"]: row["amount"] for row in database.run("SELECT name, amount FROM purse")}


class TransactionContract:
    """The promises of a connection about transactions. Needs the fixture ``connect``."""

    @pytest.fixture
    def database(self, connect: Connect) -> Iterator[Database]:
        """Open the database, with one table of accounts."""
        found = connect()
        found.run(ACCOUNTS)
        yield found
        found.close()

    def test_a_transaction_is_kept_when_it_ends(self, database: Database) -> None:
        """And sees its own changes before."""
        with database.transaction():
            database.run(INSERT, name="ada", amount=1)
            within = amounts(database)

        assert {"ada": 1} == within == amounts(database)

    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_a_transaction_is_undone_when_it_raises(self, database: Database, error: type[BaseException]) -> None:
        """Whatever it raises, and the next one is clean."""
        with pytest.raises(error), database.transaction():
            database.run(INSERT, name="ada", amount=1)
            raise error
        with database.transaction():
            database.run(INSERT, name="bob", amount=1)

        assert {"bob": 1} == amounts(database)

    def test_an_inner_transaction_is_part_of_the_outer(self, database: Database) -> None:
        """Nothing is kept when the outer one fails in the end."""
        with pytest.raises(RuntimeError), database.transaction():
            with database.transaction():
                database.run(INSERT, name="ada", amount=1)
            raise RuntimeError

        assert {} == amounts(database)

    def test_an_inner_transaction_may_fail_alone(self, database: Database) -> None:
        """And the outer one goes on."""
        with database.transaction():
            database.run(INSERT, name="ada", amount=1)
            with pytest.raises(Conflict), database.transaction():
                database.run(INSERT, name="bob", amount=1)
                database.run(INSERT, name="ada", amount=2)
            database.run(INSERT, name="eve", amount=1)

        assert {"ada": 1, "eve": 1} == amounts(database)

    def test_after_an_error_a_transaction_can_only_be_left(self, database: Database) -> None:
        """Half of a change is never kept because somebody caught an exception."""
        with pytest.raises(Conflict, match="undid its transaction"), database.transaction():
            database.run(INSERT, name="ada", amount=1)
            with pytest.raises(Conflict):
                database.run(INSERT, name="ada", amount=2)
                database.run("SELECT 1")
            with pytest.raises(Conflict, match="undid its transaction"):
                database.run("SELECT 1")

        assert {} == amounts(database)

    def test_rows_that_are_needed_later_are_those_of_then(self, database: Database) -> None:
        """A statement is carried out before those after it, whenever its rows are looked at; all of them fail with it."""
        with database.transaction():
            before = database.later("SELECT count(*) AS n FROM purse")
            made = database.later(INSERT + " RETURNING amount", name="ada", amount=1)
            after = database.later("SELECT count(*) AS n FROM purse")
            database.run(INSERT, name="bob", amount=2)

            assert [[{"n": 0}], [{"amount": 1}], [{"n": 1}]] == [before(), made(), after()]
            assert [{"amount": 1}] == made()
        with pytest.raises(Conflict), database.transaction():
            database.later(INSERT, name="eve", amount=1)
            database.later(INSERT, name="ada", amount=2)
            database.later("SELECT 1")()

        assert {"ada": 1, "bob": 2} == amounts(database)

    def test_what_was_to_be_seen_later_is_lost_with_its_transaction(self, database: Database) -> None:
        """Somebody who looks too late hears of it, and gets nothing that is not there."""
        with pytest.raises(Conflict), database.transaction():
            database.run(INSERT, name="ada", amount=1)
            database.run(INSERT, name="ada", amount=2)
            database.later("SELECT name FROM purse")()

        assert {} == amounts(database)

    def test_an_inner_transaction_tells_at_its_end_what_was_wrong(self, database: Database) -> None:
        """Also the first thing within the outer one: whoever expects that something may be there already can go on."""
        database.run(INSERT, name="ada", amount=1)
        with database.transaction():
            with pytest.raises(Conflict), database.transaction():
                database.run(INSERT, name="ada", amount=2)
            database.run(INSERT, name="bob", amount=2)
            with pytest.raises(Conflict), database.transaction():
                database.run(INSERT, name="ada", amount=3)

        assert {"ada": 1, "bob": 2} == amounts(database)

    def test_one_that_gave_up_before_it_did_anything_leaves_the_next_its_own(self, database: Database) -> None:
        """What is undone of the next one is only its own."""
        with database.transaction():
            database.run(INSERT, name="ada", amount=1)
            with pytest.raises(RuntimeError), database.transaction():
                raise RuntimeError
            with pytest.raises(Conflict), database.transaction():
                database.run(INSERT, name="ada", amount=2)

        assert {"ada": 1} == amounts(database)

    def test_many_within_a_transaction_is_part_of_it(self, database: Database) -> None:
        """Also when it fails: then the transaction can only be undone, as after any statement."""
        with database.transaction():
            database.many(INSERT, [{"name": "a", "amount": 1}])
            with pytest.raises(Conflict), database.transaction():
                database.many(INSERT, [{"name": "b", "amount": 1}, {"name": "a", "amount": 1}])
            database.run(INSERT, name="c", amount=1)
        with pytest.raises(Conflict), database.transaction():
            with pytest.raises(Conflict):
                database.many(INSERT, [{"name": "d", "amount": 1}, {"name": "a", "amount": 1}])
                database.run("SELECT 1")
            database.run(INSERT, name="e", amount=1)

        assert {"a": 1, "c": 1} == amounts(database)

    def test_what_is_gathered_is_there_for_whoever_asks_and_is_kept_with_its_transaction(
        self, database: Database
    ) -> None:
        """New rows and changed ones, whether one of them is asked for or all; outside of transactions it is a change of its own."""
        database.gather(INSERT, [{"name": "ada", "amount": 1}])
        with database.transaction():
            database.gather(INSERT, [{"name": "bob", "amount": 2}, {"name": "eve", "amount": 3}])
            one = "SELECT amount FROM purse WHERE name = :name"
            before = [database.run(one, name="ada"), database.run(one, name="eve")]
            database.gather(CHANGE, [{"name": "ada", "amount": 4}, {"name": "eve", "amount": 5}])
            after = database.later(one, name="eve")
            database.gather(INSERT, [{"name": "kim", "amount": 6}])
            all_of_them = amounts(database)

        assert [[{"amount": 1}], [{"amount": 3}]] == before
        assert [{"amount": 5}] == after()
        assert {"ada": 4, "bob": 2, "eve": 5, "kim": 6} == all_of_them == amounts(database)

    def test_what_is_gathered_is_undone_with_its_block(self, database: Database) -> None:
        """Whether somebody gave up, or the block's end tells that it cannot be kept; the outer one goes on."""
        with database.transaction():
            database.gather(INSERT, [{"name": "ada", "amount": 1}])
            with pytest.raises(RuntimeError), database.transaction():
                database.gather(INSERT, [{"name": "bob", "amount": 1}])
                raise RuntimeError
            with pytest.raises(Conflict), database.transaction():
                database.gather(INSERT, [{"name": "eve", "amount": 1}, {"name": "ada", "amount": 2}])
            database.gather(INSERT, [{"name": "kim", "amount": 1}])
        with pytest.raises(Conflict), database.transaction():
            database.gather(INSERT, [{"name": "sue", "amount": 1}, {"name": "ada", "amount": 2}])
        with pytest.raises(RuntimeError), database.transaction():
            database.gather(INSERT, [{"name": "tom", "amount": 1}])
            raise RuntimeError

        assert {"ada": 1, "kim": 1} == amounts(database)

    def test_notes_are_written_behind_what_was_gathered(self, database: Database) -> None:
        """Who writes them may hold what others wait for, and then does so for as short a time as can be."""
        seen = list[dict[str, int]]()
        with database.transaction():
            database.gather(INSERT, [{"name": "ada", "amount": 1}])
            database.notes(lambda _: seen.append(amounts(database))).append("note")

        assert [{"ada": 1}] == seen

    def test_a_transaction_that_begins_another_at_once_is_undone_with_what_follows(self, database: Database) -> None:
        """At any depth: what only the inner one did is undone, and what the outer one does then is kept."""
        with database.transaction():
            with pytest.raises(RuntimeError), database.transaction(), database.transaction():
                database.run(INSERT, name="a", amount=1)
                raise RuntimeError
            database.run(INSERT, name="b", amount=1)
            with database.transaction():
                with pytest.raises(RuntimeError), database.transaction():
                    database.run(INSERT, name="c", amount=1)
                    raise RuntimeError
                database.run(INSERT, name="d", amount=1)
                with pytest.raises(RuntimeError), database.transaction():
                    database.run(INSERT, name="e", amount=1)
                    raise RuntimeError

        assert {"b": 1, "d": 1} == amounts(database)

    def test_notes_are_written_once_before_the_end(self, database: Database) -> None:
        """Those of a block that was undone are not; the next transaction has none."""
        written = list[list[Any]]()

        def write(notes: list[Any]) -> None:
            written.append([*notes])
            database.run(INSERT, name="noted", amount=len(notes))

        with database.transaction():
            database.notes(write).append("a")
            with pytest.raises(RuntimeError), database.transaction():
                database.run(INSERT, name="b", amount=1)
                database.notes(write).append("b")
                raise RuntimeError
            with database.transaction():
                database.notes(write).append("c")
            assert ["a", "c"] == database.notes(write)
        with database.transaction():
            assert [] == database.notes(write)

        assert [["a", "c"]] == written
        assert {"noted": 2} == amounts(database)

    def test_what_cannot_be_written_of_notes_undoes_all(self, database: Database) -> None:
        """They are a part of the transaction."""
        with pytest.raises(Conflict), database.transaction():
            database.run(INSERT, name="a", amount=1)
            database.notes(lambda _: database.run(INSERT, name="a", amount=2)).append("a")

        assert {} == amounts(database)
