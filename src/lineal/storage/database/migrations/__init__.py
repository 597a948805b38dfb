"""The tables, and how they came to be: numbered SQL files, each carried out once.

A file is ``NNNN_pre_name.sql`` or ``NNNN_post_name.sql``. While a service is upgraded, ``pre`` runs before the new
program starts (it only adds, so that the old program goes on), ``post`` after the last old program stopped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from lineal.objects.errors import Conflict, Unavailable, Unsupported
from lineal.storage.clock import SystemClock
from lineal.storage.database.database import Database

Phase = Literal["pre", "post"]

PHASES: tuple[Phase, ...] = get_args(Phase)

_FILE = re.compile(r"(\d{4})_(pre|post)_([a-z0-9_]+)\.sql")

_LOCK = 0x4C494E45414C
"""The key of PostgreSQL's advisory lock: "LINEAL" in ASCII."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS migration"
    " (number BIGINT PRIMARY KEY, phase TEXT NOT NULL, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"
)


_FILLING = {"search": "made_with", "parents": "parents"}
"""The module of the storage whose ``fill`` fills the tables of a step from objects, which no SQL can read in both databases."""


class Migration(NamedTuple):
    """One step of the tables."""

    number: int
    phase: Phase
    name: str
    sql: str


@cache
def known() -> tuple[Migration, ...]:
    """Return every migration that this Lineal brings, in order."""
    found = []
    for file in Path(__file__).parent.iterdir():
        if match := _FILE.fullmatch(file.name):
            phase: Phase = "pre" if match[2] == "pre" else "post"
            found.append(Migration(int(match[1]), phase, match[3], file.read_text(encoding="utf-8")))
    return tuple(sorted(found))


def migrate(database: Database, *, phase: Phase) -> tuple[int, ...]:
    """Carry out what is missing of ``phase``, all or nothing; return the numbers.

    Any number of processes may do so at once: one works, the others wait and find nothing left to do.

    Raises:
        Unsupported: a newer Lineal was here.
        Conflict: ``post`` is asked for while something of ``pre`` is missing.
    """
    if not pending(database, phase):
        return ()
    from lineal.storage.database.text import statements  # noqa: PLC0415 - the tables are seldom behind

    with database.transaction():
        if database.dialect == "postgresql":
            database.run("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
        database.run(_TABLE)
        todo = _missing(_applied(database), phase)
        for each in todo:
            for statement in statements(each.sql):
                database.run(statement)
            if each.name in _FILLING:
                import_module(f"lineal.storage.{_FILLING[each.name]}").fill(database)
            database.run(
                "INSERT INTO migration (number, phase, name, applied_at) VALUES (:number, :phase, :name, :at)",
                number=each.number,
                phase=each.phase,
                name=each.name,
                at=SystemClock().now(),
            )
    return tuple(each.number for each in todo)


def pending(database: Database, phase: Phase) -> tuple[Migration, ...]:
    """Return what is missing of ``phase``. Raises Unsupported and Conflict, as ``migrate``."""
    return _missing(_applied(database) if _has_table(database) else (), phase)


def check(database: Database) -> None:
    """Raise Unavailable when the tables are older than this Lineal, Unsupported when they are newer."""
    if todo := pending(database, "pre"):
        raise Unavailable(
            f"this database lacks {len(todo)} steps up to {todo[-1].number:04} {todo[-1].name}",
            hint="open the repository once with the right to write",
        )


def _has_table(database: Database) -> bool:
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'migration'",
        "postgresql": "SELECT 1 WHERE to_regclass('migration') IS NOT NULL",
    }[database.dialect]
    return bool(database.run(sql))


def _applied(database: Database) -> tuple[int, ...]:
    return tuple(row["number"] for row in database.run("SELECT number FROM migration ORDER BY number"))


def _missing(applied: Iterable[int], phase: Phase) -> tuple[Migration, ...]:
    done, brought = set(applied), known()
    if newer := done - {each.number for each in brought}:
        raise Unsupported(
            f"this database was changed by a newer Lineal: step {max(newer):04} is not known here",
            hint="upgrade Lineal",
        )
    earlier = [each for each in brought if each.phase == "pre" and each.number not in done]
    if phase == "post" and earlier:
        raise Conflict(f"step {earlier[0].number:04} must come first", hint="run the phase 'pre' before 'post'")
    return tuple(each for each in brought if each.phase == phase and each.number not in done)
