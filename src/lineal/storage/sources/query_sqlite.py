"""Queries on SQLite files: ``sqlite:///relative.db``, ``sqlite:////absolute.db``. The standard library suffices."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from lineal.formats.result import Row
from lineal.objects.canonical import Scalar
from lineal.objects.errors import Invalid, NotFound, Unavailable
from lineal.storage.clock import SystemClock
from lineal.storage.sources.query import BATCH_ROWS, Rows, check_params, path_of, sql_error


@contextmanager
def run(url: str, directory: Path, sql: str, params: Mapping[str, Scalar]) -> Iterator[Rows]:
    """Give the rows of a query on a file that is opened read-only. One statement sees one state of it."""
    path = path_of(url, directory)
    if path is None:
        raise Invalid("the address names no file", hint="write sqlite:///PATH")
    if not path.is_file():
        raise NotFound(f"there is no database {path}", hint="check the connection's address")
    check_params(sql, params)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)) as connection:
            connection.set_authorizer(_authorize)
            read_at = SystemClock().now()
            cursor = connection.execute(sql, params)
            names = [each[0] for each in cursor.description or ()]
            yield Rows(names, (), _batches(cursor), read_at)
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise NotFound(str(error), hint="check the query and the connection") from None
        if "locked" in str(error) or "unable to open" in str(error):
            raise Unavailable(f"{path} cannot be read: {error}", hint="close the program that holds it") from None
        raise sql_error(str(error)) from None
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise sql_error(str(error)) from None


def _authorize(action: int, *_: str | None) -> int:
    """Allow what a SELECT does and nothing else: a file that is opened read-only does not keep ATTACH from making one."""
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


_READING = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE))


def _batches(cursor: sqlite3.Cursor) -> Iterator[Sequence[Row]]:
    while batch := cursor.fetchmany(BATCH_ROWS):
        yield batch
