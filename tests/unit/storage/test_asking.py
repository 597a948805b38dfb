"""Questions in SQL that people write: answered over the views, and able to do nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.objects.errors import Invalid
from lineal.query.views import VIEWS, View
from lineal.storage.database.asking import SQL_CHARACTERS_MAX, Asked, Question
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from tests.unit.query.world import fill, full_world

_SQL = {each.name: each.sql for each in VIEWS}


@pytest.fixture(scope="module", params=["file", "memory", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    found: Database
    if request.param == "postgresql":
        found = Postgres(request.getfixturevalue("module_postgres_url"))
    else:
        found = Sqlite(MEMORY if request.param == "memory" else tmp_path_factory.mktemp("asking") / "database.sqlite")
    migrate(found, phase="pre")
    fill(found, full_world())
    found.run("INSERT INTO secret (purpose, value) VALUES ('signing', 'hidden')")
    yield found
    found.close()


def ask(database: Database, sql: str, *, rows_max: int = 100, timeout_s: float = 30) -> Asked:
    return database.ask(Question(sql, _SQL, rows_max, timeout_s))


def refused(database: Database, sql: str, **limits: float) -> Invalid:
    with pytest.raises(Invalid) as caught:
        ask(database, sql, **limits)  # type: ignore[arg-type]
    assert "view_" not in caught.value.message + caught.value.hint
    return caught.value


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_column_that_is_documented_is_there(database: Database, view: View):
    named = ", ".join(each.name for each in view.columns)
    found = ask(database, f"SELECT {named} FROM {view.name}")

    assert (
        tuple(each.name for each in view.columns)
        == found.columns
        == ask(database, f"select * from {view.name}").columns
    )


def test_both_databases_answer_the_same(database: Database):
    found = ask(
        database,
        "WITH newest AS (SELECT id, started_at FROM runs WHERE state = 'finished' ORDER BY started_at DESC, id LIMIT 5)"
        " SELECT count(*) AS runs, (SELECT max(as_number) FROM params WHERE key = 'depth') AS deepest,"
        " sum(CASE WHEN m.value > 0.4 THEN 1 ELSE 0 END) AS good FROM newest n LEFT JOIN metrics m ON m.run = n.id"
        " AND m.key IN ('auc', 'accuracy')",
    )
    runs = sorted(
        (each for each in full_world().runs if each.columns["state"] == "finished"),
        key=lambda each: (-each.columns["started_at"], each.subject),
    )[:5]
    values = [
        float(each.metrics[key])
        for each in runs
        for key in ("auc", "accuracy")
        if each.metrics.get(key, "NaN") != "NaN"
    ]

    assert [1e300] == [row[1] for row in found.rows]
    assert sum(value > 0.4 for value in values) == found.rows[0][2]


def test_rows_come_in_the_order_that_was_asked_for_and_no_more_than_wanted(database: Database):
    found = ask(database, "SELECT number FROM versions WHERE model = 'churn' ORDER BY number DESC;", rows_max=3)

    assert [(21,), (20,), (19,)] == found.rows
    assert found.is_cut
    assert not ask(database, "SELECT 1 AS one -- done").is_cut


_WRITES = (
    "DELETE FROM run",
    "UPDATE runs SET name = 'x'",
    "INSERT INTO run (id) VALUES ('x')",
    "DROP TABLE run",
    "CREATE TABLE mine (a text)",
    "WITH gone AS (DELETE FROM run RETURNING id) SELECT * FROM gone",
    "SELECT id INTO mine FROM runs",
    "SELECT id FROM runs FOR UPDATE",
    "VACUUM",
    "BEGIN",
    "COMMIT",
    "SELECT 1 AS a; DELETE FROM run",
    "SELECT 1 AS a; COMMIT; DELETE FROM run",
    "SELECT 1 AS a) AS x; DELETE FROM run; --",
    "ATTACH 'other.sqlite' AS other",
    "PRAGMA writable_schema = ON",
    "COPY run TO '/tmp/x'",
    "COPY (SELECT 1) TO PROGRAM 'touch /tmp/x'",
    "SET ROLE postgres",
    "DO $$ BEGIN DELETE FROM run; END $$",
)
_READS = (
    "SELECT * FROM secret",
    "SELECT value FROM main.secret",
    "SELECT value FROM public.secret",
    "WITH runs AS (SELECT value FROM secret) SELECT * FROM runs",
    "WITH view_runs AS (SELECT value FROM secret) SELECT * FROM view_runs",
    "SELECT runs.value FROM (SELECT value FROM secret) AS runs",
    "SELECT (SELECT value FROM secret) AS x FROM runs",
    "SELECT 1 AS one FROM runs WHERE EXISTS (SELECT 1 FROM secret)",
    "SELECT count(*) AS n FROM webhook",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_temp_master",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_catalog.pg_settings",
    "SELECT * FROM information_schema.tables",
    "TABLE secret",
)
_CALLS = (
    "SELECT load_extension('x') AS x",
    "SELECT randomblob(1000000000) AS x",
    "SELECT zeroblob(1000000000) AS x",
    "SELECT pg_sleep(1) AS x",
    "SELECT pg_read_file('/etc/passwd') AS x",
    "SELECT query_to_xml('SELECT * FROM secret', true, true, '') AS x",
    "SELECT current_setting('data_directory') AS x",
    "SELECT set_config('transaction_read_only', 'off', true) AS x",
    "SELECT * FROM pg_ls_dir('.') AS x",
    "SELECT lo_import('/etc/passwd') AS x",
    "SELECT nextval('x') AS x",
    "SELECT repeat('x', 1000000000) AS x",
)


@pytest.mark.parametrize("sql", [*_WRITES, *_READS, *_CALLS])
def test_nothing_can_be_done_or_read_or_called_besides(database: Database, sql: str):
    before = database.run("SELECT count(*) AS count FROM run")
    found = refused(database, sql)

    assert "hidden" not in found.message
    assert found.hint
    assert before == database.run("SELECT count(*) AS count FROM run")


def test_the_database_is_as_it_was_afterwards(database: Database):
    ask(database, "SELECT id FROM runs")
    with pytest.raises(Invalid):
        ask(database, "SELECT nothing FROM runs")

    assert [{"value": "hidden"}] == database.run("SELECT value FROM secret")
    with pytest.raises(Invalid):
        database.run("SELECT * FROM runs")
    database.run("UPDATE run SET name = name")


def test_what_takes_too_long_is_given_up(database: Database):
    started = time.monotonic()
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS most FROM n"
    found = refused(database, endless, timeout_s=0.2)

    assert "within 0.2 seconds" in found.message
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("sql", "problem", "hint"),
    [
        ("SELECT id FROM rnus", "there is no view rnus", "runs"),
        ("SELECT nothing FROM runs", "nothing", "sql.md"),
        ("SELECT a.id, b.id FROM runs a, runs b", "two columns are called id", "AS"),
        ("SELEC id FROM runs", "SELEC", ""),
        ("SELECT 1 AS a; SELECT 2 AS b", "one statement", ""),
        ("DELETE FROM runs", "", "SELECT"),
        ("", "1 to 20,000 characters", "select"),
        ("SELECT '" + "x" * SQL_CHARACTERS_MAX + "' AS x", "1 to 20,000 characters", "select"),
        ("SELECT \0", "characters", "select"),
    ],
)
def test_an_error_says_what_is_wrong_and_what_there_is(database: Database, sql: str, problem: str, hint: str):
    found = refused(database, sql)

    assert problem in found.message
    assert hint in found.hint


def test_a_repository_that_may_only_be_read_answers_too(tmp_path: Path):
    path = tmp_path / "database.sqlite"
    written = Sqlite(path)
    migrate(written, phase="pre")
    fill(written, full_world())
    written.close()
    database = Sqlite(path, read_only=True)

    assert [(42,)] == ask(database, "SELECT count(*) AS runs FROM runs").rows
    database.close()
