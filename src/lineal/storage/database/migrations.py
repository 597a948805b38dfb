"""Bring a database to the tables that this Lineal knows.

Files are ``NNNN_pre_name.sql`` or ``NNNN_post_name.sql``: *pre* may run while the release before still works (new tables
and columns), *post* only when it is gone (drops), so that a rolling upgrade never stops the service.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Literal, NamedTuple

from lineal.objects.errors import Unsupported
from lineal.storage.database.database import Database

Phase = Literal["pre", "post"]

_FILE = re.compile(r"(\d{4})_(pre|post)_\w+\.sql")
_LOCK = 7_308_332


class Migration(NamedTuple):
    """One step: its number, when it may run, its name and its statements."""

    number: int
    phase: str
    name: str
    sql: str


def migrations() -> tuple[Migration, ...]:
    """Return every migration, in order."""
    found = []
    for each in sorted(files("lineal.storage.database").joinpath("migrations").iterdir(), key=lambda file: file.name):
        if match := _FILE.fullmatch(each.name):
            found.append(Migration(int(match[1]), match[2], each.name, each.read_text(encoding="utf-8")))
    return tuple(found)


def migrate(database: Database, *, phase: Phase = "pre") -> None:
    """Run the migrations that ``database`` has not seen; ``post`` includes the ``pre`` ones.

    Raises:
        Unsupported: a newer Lineal has migrated it.
    """
    known = migrations()
    if _is_current(database, known, phase):
        return
    with database.transaction():
        if database.dialect == "postgresql":
            # Two servers may start at once on a database without tables: there is no row yet to wait for.
            database.run("SELECT pg_advisory_xact_lock(:lock)", lock=_LOCK)
        database.run("CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL)")
        done = {row["number"] for row in database.run("SELECT number FROM migration")}
        for each in known:
            if each.number not in done and (each.phase == "pre" or phase == "post"):
                for statement in statements(each.sql):
                    database.run(statement)
                database.run("INSERT INTO migration (number, name) VALUES (:number, :name)", number=each.number, name=each.name)


def _is_current(database: Database, known: tuple[Migration, ...], phase: Phase) -> bool:
    if not _has_table(database, "migration"):
        return False
    done = {row["number"] for row in database.run("SELECT number FROM migration")}
    if newer := done - {each.number for each in known}:
        raise Unsupported(
            f"this database was migrated by a newer Lineal (step {max(newer)})", hint="upgrade Lineal here too"
        )
    return all(each.number in done for each in known if each.phase == "pre" or phase == "post")


def _has_table(database: Database, name: str) -> bool:
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name = :name",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = :name",
    }[database.dialect]
    return bool(database.run(sql, name=name))


def statements(sql: str) -> list[str]:
    """Return the statements of a migration file; none of ours holds a semicolon inside."""
    lines = [line for line in sql.splitlines() if not line.lstrip().startswith("--")]
    return [each.strip() for each in "\n".join(lines).split(";") if each.strip()]
