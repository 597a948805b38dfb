"""What nobody waits for any more ends, in both databases, and nothing else does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lineal.objects.errors import Conflict
from lineal.storage.database.asking import Question
from lineal.storage.database.awaiting import awaited
from lineal.storage.database.database import Database
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.database.stopping import Stop, Stopped

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS most FROM n"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        found: Database = Sqlite(tmp_path / "database.sqlite")
    else:
        found = Postgres(request.getfixturevalue("postgres_url"))
    found.run("CREATE TABLE kept (value BIGINT)")
    yield found
    found.close()


def stopped(work: Callable[[], object]) -> None:
    """Do something in a thread that endures until it is stopped, and stop it once it is on its way."""
    stop, raised = Stop(), list[Exception]()

    def over() -> None:
        try:
            stop.over(work)
        except Exception as error:  # noqa: BLE001 - looked at below
            raised.append(error)

    thread = threading.Thread(target=over, daemon=True)
    thread.start()
    time.sleep(0.3)
    assert thread.is_alive()
    stop.ask()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert [Stopped] == [type(each) for each in raised]


def test_a_statement_ends_while_the_database_works_for_it(database: Database) -> None:
    stopped(lambda: database.run(ENDLESS))

    assert [{"one": 1}] == database.run("SELECT 1 AS one")


def test_a_question_of_a_person_ends_too(database: Database) -> None:
    stopped(lambda: database.ask(Question(ENDLESS, {}, rows_max=1, timeout_s=600)))


def test_work_that_asks_again_and_again_ends_at_the_next_time(database: Database) -> None:
    def asks() -> None:
        while True:
            database.run("SELECT 1 AS one")

    stopped(asks)


def test_what_was_changed_in_a_block_is_undone_with_it(database: Database) -> None:
    def changes() -> None:
        with database.transaction():
            database.run("INSERT INTO kept VALUES (1)")
            database.run(ENDLESS)

    stopped(changes)

    assert [] == database.run("SELECT value FROM kept")


def test_an_error_that_comes_while_somebody_waits_is_told_as_it_is(database: Database) -> None:
    database.run("CREATE UNIQUE INDEX one_each ON kept (value)")

    with pytest.raises(Conflict):
        Stop().over(lambda: [database.run("INSERT INTO kept VALUES (1)") for _ in range(2)])


def test_stopping_what_has_ended_stops_nothing_that_comes_after_it(database: Database) -> None:
    stop = Stop()
    stop.over(lambda: database.run("SELECT 1 AS one"))
    stop.ask()

    assert [{"one": 1}] * 50 == [database.run("SELECT 1 AS one")[0] for _ in range(50)]


@pytest.mark.parametrize("how", ["hung up", "cancelled"])
def test_a_question_is_given_up_with_whoever_asked_it(how: str, database: Database) -> None:
    ended = threading.Event()

    def work() -> None:
        try:
            database.run(ENDLESS)
        finally:
            ended.set()

    async def asked() -> None:
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        asking = asyncio.ensure_future(awaited(work, asyncio.to_thread, receive))
        await asyncio.sleep(0.5)
        assert not asking.done()
        gone.set() if how == "hung up" else asking.cancel()
        with pytest.raises(Stopped if how == "hung up" else asyncio.CancelledError):
            await asking

    asyncio.run(asked())

    assert ended.wait(20)


def test_who_stays_gets_an_answer_however_long_it_takes(database: Database) -> None:
    async def stays() -> dict[str, Any]:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    def slow() -> Any:
        time.sleep(0.5)
        return database.run("SELECT 1 AS one")

    assert [{"one": 1}] == asyncio.run(awaited(partial(slow), asyncio.to_thread, stays))
