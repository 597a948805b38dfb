"""Queries on DuckDB files: ``duckdb:///relative.duckdb``; ``duckdb://`` alone asks files such as Parquet beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from lineal.formats.result import Row
from lineal.objects.canonical import Scalar
from lineal.objects.errors import Invalid, LinealError, NotFound, Unavailable
from lineal.storage.clock import SystemClock
from lineal.storage.database.text import with_marks
from lineal.storage.sources.query import BATCH_ROWS, Rows, check_params, path_of, sql_error


@contextmanager
def run(url: str, directory: Path, sql: str, params: Mapping[str, Scalar]) -> Iterator[Rows]:
    """Give the rows of a query on a file that is opened read-only; whoever writes to it holds it alone."""
    path = path_of(url, directory)
    if path and not path.is_file():
        raise NotFound(f"there is no database {path}", hint="check the connection's address")
    check_params(sql, params)
    marked = with_marks(sql, params, "${}".format)
    with _told(), closing(_connect(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")  # it would be drawn between our own lines
        connection.execute("SET file_search_path = ?", [str(directory)])
        _check(connection, marked)
        read_at = SystemClock().now()
        cursor = connection.execute(marked, dict(params) or None)
        names = [each[0] for each in cursor.description or ()]
        types = [str(each[1]) for each in cursor.description or ()]
        yield Rows(names, types, _batches(cursor), read_at)


def _connect(path: Path | None) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=True) if path else duckdb.connect(":memory:")
    except duckdb.Error as error:
        raise Unavailable(
            f"{path} cannot be opened: {_first_line(error)}", hint="close the program that writes to it"
        ) from None


def _check(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse what is not one SELECT: a file that is opened read-only does not keep COPY from writing others."""
    found = connection.extract_statements(sql)
    if [each.type for each in found] != [duckdb.StatementType.SELECT]:
        raise Invalid("the query is not one SELECT", hint="write one SELECT")


def _batches(cursor: Any) -> Iterator[Sequence[Row]]:
    while batch := cursor.fetchmany(BATCH_ROWS):
        yield batch


@contextmanager
def _told() -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except LinealError:
        raise
    except duckdb.CatalogException as error:
        said = _first_line(error)
        raise (NotFound(said, hint="check the query") if "Table with name" in said else sql_error(said)) from None
    except duckdb.IOException as error:
        said = _first_line(error)
        if "No files found" in said:
            raise NotFound(said, hint="check the query; paths begin beside lineal.toml") from None
        raise Unavailable(said, hint="check what the query reads") from None
    except duckdb.Error as error:
        raise sql_error(_first_line(error)) from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
