"""Connections that break, are held by others, or run out."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lineal.objects.errors import Conflict, Unavailable
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import Sqlite


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Postgres]:
    database = Postgres(postgres_url)
    database.run("CREATE TABLE kept (value BIGINT)")
    yield database
    database.close()


def cut(postgres: Postgres, postgres_server: Any) -> None:
    """End every connection to this database from the server's side, as a restart does."""
    (row,) = Postgres(postgres._url).run("SELECT current_database() AS name")
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as admin:
        sql = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
        admin.execute(sql, (row["name"],))


def test_a_server_that_was_away_is_found_again(postgres: Postgres, postgres_server: Any) -> None:
    cut(postgres, postgres_server)

    assert [{"one": 1}] == postgres.run("SELECT 1 AS one")


def test_a_transaction_that_loses_its_server_is_undone_and_told(postgres: Postgres, postgres_server: Any) -> None:
    with pytest.raises(Unavailable), postgres.transaction():  # noqa: PT012 - a block is what is tested
        postgres.run("INSERT INTO kept VALUES (1)")
        cut(postgres, postgres_server)
        postgres.run("INSERT INTO kept VALUES (2)")
    with postgres.transaction():
        postgres.run("INSERT INTO kept VALUES (3)")

    assert [{"value": 3}] == postgres.run("SELECT value FROM kept")


def test_an_inner_transaction_that_loses_its_server_dooms_the_outer(postgres: Postgres, postgres_server: Any) -> None:
    with pytest.raises(Conflict, match="undid its transaction"), postgres.transaction():  # noqa: PT012 - a block is what is tested
        with pytest.raises(Unavailable), postgres.transaction():  # noqa: PT012 - a block is what is tested
            cut(postgres, postgres_server)
            postgres.run("INSERT INTO kept VALUES (1)")
        postgres.run("INSERT INTO kept VALUES (2)")

    assert [] == postgres.run("SELECT value FROM kept")


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    with pytest.raises(Unavailable) as caught:
        Postgres("postgresql://ada:secret-word@127.0.0.1:9/lineal").run("SELECT 1")

    assert "secret-word" not in caught.value.message
    assert caught.value.hint


def test_more_threads_than_connections_take_turns(postgres: Postgres) -> None:
    def work(number: int) -> None:
        with postgres.transaction():
            postgres.run("INSERT INTO kept VALUES (:number)", number=number)
            postgres.run("SELECT pg_sleep(0.005)")

    with ThreadPoolExecutor(25) as pool:
        list(pool.map(work, range(50)))

    assert [{"count": 50}] == postgres.run("SELECT count(*) AS count FROM kept")


def test_a_database_that_others_hold_is_told_after_a_while(tmp_path: Path) -> None:
    holder, other = Sqlite(tmp_path / "x.sqlite"), Sqlite(tmp_path / "x.sqlite")
    holder.run("CREATE TABLE kept (value BIGINT)")
    other.run("PRAGMA busy_timeout = 20")
    with holder.transaction():
        with pytest.raises(Unavailable, match="locked") as caught:
            other.run("INSERT INTO kept VALUES (1)")
        read = other.run("SELECT * FROM kept")
    other.run("INSERT INTO kept VALUES (2)")

    assert "another program" in caught.value.hint
    assert [] == read
    assert [{"value": 2}] == holder.run("SELECT value FROM kept")


def test_threads_that_ended_leave_no_connection_behind(tmp_path: Path) -> None:
    database = Sqlite(tmp_path / "x.sqlite")
    for _ in range(30):
        thread = threading.Thread(target=database.run, args=("SELECT 1",))
        thread.start()
        thread.join()

    # Which threads share a number is the system's to say.
    assert len(database._connections) <= 10


def test_a_full_disk_undoes_the_whole_transaction_and_nothing_goes_on_outside_it(tmp_path: Path) -> None:
    database = Sqlite(tmp_path / "x.sqlite")
    database.run("CREATE TABLE kept (value TEXT)")
    database.run("PRAGMA max_page_count = 20")
    with pytest.raises(Conflict, match="undid its transaction"), database.transaction():  # noqa: PT012 - a block is what is tested
        database.run("INSERT INTO kept VALUES ('first')")
        # SQLite undoes everything by itself here: what follows must not be kept as if it stood alone.
        with pytest.raises(Unavailable, match="full"), database.transaction():
            database.run("INSERT INTO kept VALUES (:long)", long="x" * 200_000)
        database.run("INSERT INTO kept VALUES ('second')")

    assert [] == database.run("SELECT value FROM kept")


def test_a_new_file_that_somebody_writes_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "database.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("CREATE TABLE something (id INTEGER)")
        writer.execute("BEGIN IMMEDIATE")
        ending = threading.Timer(0.15, writer.rollback)
        ending.start()
        database = Sqlite(path)

        assert [{"journal_mode": "wal"}] == database.run("PRAGMA journal_mode")
        ending.join()
        database.close()


def test_only_the_first_connection_to_a_file_keeps_much_in_memory(tmp_path: Path) -> None:
    database = Sqlite(tmp_path / "database.sqlite")
    sizes = [database.run("PRAGMA cache_size")[0]["cache_size"]]
    for _ in range(3):
        thread = threading.Thread(target=lambda: sizes.append(database.run("PRAGMA cache_size")[0]["cache_size"]))
        thread.start()
        thread.join()
    database.close()

    assert sizes[0] == -32_768
    assert set(sizes[1:]) <= {-32_768, -4_096}
    assert -4_096 in sizes
