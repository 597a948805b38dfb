"""Queries: one SELECT, of one moment, that changes nothing; and connections that keep their passwords."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from lineal.objects.errors import Conflict, Denied, Invalid, LinealError, NotFound, Unavailable
from lineal.storage.sources.connections import parse_connections
from lineal.storage.sources.query import Queries
from lineal.storage.sources.source import Asked, Connection, hash_only
from lineal.testing.contracts.source import fetched
from tests.sources.places import Lists, around, in_duckdb, in_postgres, in_sqlite

DIALECTS = ("sqlite", "duckdb", "postgresql")


class Database:
    """A database with a table of three rows, and what reaches it."""

    def __init__(self, queries: Queries, execute: Callable[[str], object], url: str) -> None:
        self.queries, self.execute, self.url = queries, execute, url
        execute("CREATE TABLE t (id INT, note TEXT)")
        execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")

    def ask(self, sql: str, **params: Any) -> Any:
        return self.queries.pin(Asked("db", sql=sql, params=params)).source

    def rows(self) -> list[tuple[Any, ...]]:
        text = fetched(self.queries, self.ask("SELECT * FROM t ORDER BY id"))["result.csv"].decode()
        return [tuple(line.split(",")) for line in text.splitlines()[1:]]


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return make(request, request.param, tmp_path)


@pytest.fixture
def postgres(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return make(request, "postgresql", tmp_path)


def make(request: pytest.FixtureRequest, dialect: str, directory: Path) -> Database:
    if dialect == "postgresql":
        url = request.getfixturevalue("postgres_url")
        return Database(Queries(around(directory, Lists(), db=url)), in_postgres(url), url)
    url = f"{dialect}:///t.db"
    execute = (in_sqlite if dialect == "sqlite" else in_duckdb)(directory / "t.db")
    return Database(Queries(around(directory, Lists(), db=url)), execute, url)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM t",
        "DROP TABLE t",
        "INSERT INTO t VALUES (4, 'd') RETURNING id",
        "SELECT 1; DROP TABLE t",
        "SELECT 1 AS a; COMMIT; DROP TABLE t",
        "COMMIT; DROP TABLE t",
        "",
        "SELEC 1",
        "SELECT nothing FROM t",
        "SELECT 1 AS a, 2 AS a",
    ],
)
def test_only_one_select_is_run_and_nothing_is_changed(database: Database, sql: str) -> None:
    with pytest.raises(Invalid) as caught:
        database.ask(sql)

    assert caught.value.hint
    assert 3 == len(database.rows())


def test_files_are_not_written_by_a_query(database: Database, tmp_path: Path) -> None:
    for sql in (f"COPY t TO '{tmp_path}/out.csv'", f"ATTACH '{tmp_path}/out.csv' AS x"):
        with pytest.raises(LinealError):
            database.ask(sql)

    assert not (tmp_path / "out.csv").exists()


def test_values_are_bound_and_never_part_of_the_text(database: Database) -> None:
    source = database.ask(
        "SELECT id FROM t WHERE note = :note OR note LIKE '%c' AND ':note' <> ''", note="a' OR 1=1 --"
    )

    assert 1 == source.row_count
    assert {"note": "a' OR 1=1 --"} == source.params
    with pytest.raises(Invalid, match="no place for 'other'"):
        database.ask("SELECT id FROM t WHERE id = :id", id=1, other=2)


def test_a_value_that_is_not_given_is_told(database: Database) -> None:
    with pytest.raises(Invalid):
        database.ask("SELECT id FROM t WHERE id = :id")


def test_the_same_rows_in_another_order_are_the_same_result(database: Database) -> None:
    source = database.ask("SELECT id, note FROM t")
    for sql in ("DELETE FROM t WHERE id = 1", "INSERT INTO t VALUES (1, 'a')"):
        database.execute(sql)

    assert "unchanged" == database.queries.check(source).state
    assert "ORDER BY" in database.queries.check(source).sentence
    assert {"1", "2", "3"} == {line[0] for line in fetched(database.queries, source)["result.csv"].decode().split()[1:]}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("INSERT INTO t VALUES (4, 'd')", "it gives 4 rows now, not 3"),
        ("UPDATE t SET note = 'x' WHERE id = 2", "3 rows as before, and not the same ones"),
        ("ALTER TABLE t ADD COLUMN more INT", "it gives the columns id, note, more"),
        ("ALTER TABLE t RENAME COLUMN note TO word", "it gives the columns id, word"),
    ],
)
def test_what_changed_is_said(database: Database, sql: str, said: str) -> None:
    source = database.ask("SELECT * FROM t")
    database.execute(sql)

    assert ("changed", said) == database.queries.check(source)
    with pytest.raises(Conflict, match="not what it was"):
        fetched(database.queries, source)


def test_a_column_that_is_gone_is_a_change(database: Database) -> None:
    source = database.ask("SELECT note FROM t")
    database.execute("ALTER TABLE t RENAME COLUMN note TO word")

    assert "changed" == database.queries.check(source).state
    assert "does not run any more" in database.queries.check(source).sentence


def test_a_result_without_rows_has_columns(database: Database) -> None:
    source = database.ask("SELECT id, note FROM t WHERE id > 99")

    assert (0, ["id", "note"]) == (source.row_count, [each.name for each in source.columns])
    assert {"result.csv": b"id,note\n"} == fetched(database.queries, source)


def test_a_connection_to_another_kind_of_database_is_told(database: Database, tmp_path: Path) -> None:
    source = database.ask("SELECT id FROM t")
    other = "duckdb://" if source.dialect != "duckdb" else "sqlite:///t.db"
    with pytest.raises(Invalid, match="was written for"):
        Queries(around(tmp_path, Lists(), db=other)).check(source)


def test_every_row_is_of_one_moment(postgres: Database) -> None:
    """Also of a result that is read in many parts while others write."""
    postgres.execute("INSERT INTO t SELECT n, 'x' FROM generate_series(4, 30000) n")
    seen = threading.Event()

    def read(pieces: Any) -> Any:
        def slowly() -> Any:
            for number, piece in enumerate(pieces):
                if number == 2:
                    postgres.execute("UPDATE t SET note = 'written later'")
                    seen.set()
                yield piece

        return hash_only(slowly())

    before = postgres.ask("SELECT * FROM t ORDER BY id")
    pinned = postgres.queries.pin(Asked("db", sql="SELECT * FROM t ORDER BY id"), read)

    assert seen.is_set()
    assert before == pinned.source
    assert "changed" == postgres.queries.check(before).state


def test_the_moment_is_that_of_the_server(postgres: Database) -> None:
    pinned = postgres.queries.pin(Asked("db", sql="SELECT 1 AS one"))
    with psycopg.connect(postgres.url) as connection:
        now = connection.execute("SELECT extract(epoch FROM now()) * 1000").fetchone()

    assert now
    assert 0 <= float(now[0]) - pinned.read_at < 60_000
    assert " at " in pinned.snapshot


def test_types_are_told_in_the_words_of_the_database(postgres: Database) -> None:
    source = postgres.ask(
        "SELECT 1.50::numeric(10,2) AS a, now()::timestamptz AS b, ARRAY[1, NULL] AS c, '{\"k\": 1}'::jsonb AS d,"
        " interval '1 day' AS e, '\\x00ff'::bytea AS f, true AS g, 'NaN'::float8 AS h"
    )

    assert source.types == (
        "numeric(10,2)", "timestamp with time zone", "integer[]", "jsonb",
        "interval", "bytea", "boolean", "double precision",
    )  # fmt: skip
    assert ["float", "string", "string", "string", "string", "string", "boolean", "float"] == [
        each.dtype for each in source.columns
    ]


def test_both_warehouses_write_equal_values_in_the_same_way(tmp_path: Path, postgres: Database) -> None:
    sql = (
        "SELECT 1 AS a, CAST(1.50 AS DECIMAL(10,2)) AS b, DATE '2026-11-05' AS c, TIMESTAMP '2026-11-05 10:00:00.5' AS d,"
        " TIMESTAMPTZ '2026-11-05 10:00:00+02' AS e, INTERVAL '90 minutes' AS f, true AS g, CAST(0.1 AS FLOAT8) AS h,"
        " CAST('Infinity' AS FLOAT8) AS i, 'ü, \"x\"' AS j, CAST(NULL AS TEXT) AS k"
    )
    duck = Queries(around(tmp_path, Lists(), db="duckdb://")).pin(Asked("db", sql=sql)).source

    assert postgres.ask(sql).digest == duck.digest


def test_who_may_not_read_a_table_is_told(postgres: Database, tmp_path: Path) -> None:
    role = f"reader_{uuid.uuid4().hex}"
    postgres.execute(f"CREATE ROLE {role}")
    mark = "&" if "?" in postgres.url else "?"
    reader = Queries(around(tmp_path, Lists(), db=f"{postgres.url}{mark}options=-c%20role%3D{role}"))
    try:
        with pytest.raises(Denied, match="permission denied for table t") as caught:
            reader.pin(Asked("db", sql="SELECT * FROM t"))
    finally:
        postgres.execute(f"DROP ROLE {role}")

    assert "right to read" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("postgresql://ada:hunter2@127.0.0.1:1/db?connect_timeout=2", Unavailable),
        ("sqlite:///nowhere.db", NotFound),
        ("duckdb:///nowhere.db", NotFound),
        ("mysql://ada:hunter2@127.0.0.1/db", Invalid),
        ("hunter2", Invalid),
        ("sqlite://", Invalid),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    tmp_path: Path, url: str, kind: type[LinealError]
) -> None:
    with pytest.raises(kind) as caught:
        Queries(around(tmp_path, Lists(), db=url)).pin(Asked("db", sql="SELECT 1 AS a"))

    assert "hunter2" not in f"{caught.value.message} {caught.value.hint} {caught.value.__context__}"
    assert not list(tmp_path.iterdir())


def test_a_database_that_somebody_writes_to_is_told_as_busy(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "t.db")).close()
    program = f"import duckdb; c = duckdb.connect({str(tmp_path / 't.db')!r}); print('open', flush=True); input()"
    command = (sys.executable, "-c", program)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdin
        holder.stdout.readline()
        with pytest.raises(Unavailable) as caught:
            Queries(around(tmp_path, Lists(), db="duckdb:///t.db")).pin(Asked("db", sql="SELECT 1 AS a"))
        holder.stdin.write("\n")
        holder.stdin.flush()

    assert "close the program" in caught.value.hint


def test_files_beside_the_project_can_be_asked(tmp_path: Path) -> None:
    duckdb.sql("SELECT 1 AS id UNION ALL SELECT 2").write_parquet(str(tmp_path / "part-1.parquet"))
    source = (
        Queries(around(tmp_path, Lists(), db="duckdb://")).pin(Asked("db", sql="SELECT * FROM 'part-*.parquet'")).source
    )

    assert 2 == source.row_count
    with pytest.raises(NotFound):
        Queries(around(tmp_path, Lists(), db="duckdb://")).pin(Asked("db", sql="SELECT * FROM 'other.parquet'"))


def test_a_large_result_is_never_held(tmp_path: Path) -> None:
    program = (
        "import resource, pathlib\n"
        "from lineal.storage.sources.query import Queries\n"
        "from lineal.storage.sources.source import Asked, Connection, Surroundings\n"
        "around = Surroundings(pathlib.Path('.'), {}, {'db': Connection(url='duckdb://')}, lambda _: ())\n"
        "sql = \"SELECT range AS id, repeat('x', 1000) AS word FROM range({rows})\"\n"
        "print(Queries(around).pin(Asked('db', sql=sql)).source.row_count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )

    def peak_kib(rows: int) -> int:
        command = (sys.executable, "-c", program.replace("{rows}", str(rows)))
        said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.split()
        assert str(rows) == said[0]
        return int(said[1])

    # 200 MB of rows, in the memory that a tenth of them takes, and a little.
    assert peak_kib(200_000) < peak_kib(20_000) + 64_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[connections.a]\nurl = "postgresql://u:hunter2@h/d"', "holds a password"),
        ('[connections.a]\nurl = "postgresql://h/d?password=hunter2"', "holds a password"),
        ("[connections.a]", "needs one of url and url_env"),
        ('[connections.a]\nurl = "sqlite:///x"\nurl_env = "X"', "needs one of url and url_env"),
        ('[connections.a]\nuri = "sqlite:///x"', "uri"),
        ("connections = 3", "no table"),
        ("[connections", "no TOML"),
    ],
)
def test_a_connection_that_cannot_be_meant_is_told(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        parse_connections(text)

    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


def test_connections_are_read_from_the_settings_of_a_project() -> None:
    text = (
        '[connections.shop]\nurl = "sqlite:///shop.db"\n[connections.lake]\nurl_env = "LAKE"\n'
        'options = { warehouse = "s3://b/w" }\n[evaluation]\nlabel = "x"'
    )

    assert parse_connections(text) == {
        "shop": Connection(url="sqlite:///shop.db"),
        "lake": Connection(url_env="LAKE", options={"warehouse": "s3://b/w"}),
    }
    assert {} == parse_connections("")


def test_a_name_that_is_nearly_right_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        Queries(around(tmp_path, Lists(), warehouse="duckdb://")).pin(Asked("warehose", sql="SELECT 1 AS a"))

    assert "'warehouse'" in caught.value.hint
