"""Results of queries: in a database of a known dialect, by the name of a connection."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from lineal.formats.result import Result, Row
from lineal.objects.canonical import Scalar
from lineal.objects.errors import Invalid, LinealError, NotFound
from lineal.objects.files import Entry
from lineal.objects.sources import QuerySource
from lineal.storage.database.text import with_marks
from lineal.storage.sources.addresses import scheme_of
from lineal.storage.sources.connections import address_of
from lineal.storage.sources.source import (
    Asked,
    Finding,
    Pinned,
    Read,
    SourceFile,
    Surroundings,
    hash_only,
    refusal,
)

BATCH_ROWS = 10_000
"""How many rows of a result are held at once."""

_DIALECTS = {"postgresql": "postgresql", "postgres": "postgresql", "duckdb": "duckdb", "sqlite": "sqlite"}
"""The dialect by the scheme of an address. Each has a module here, ``query_DIALECT``, with a function ``run``."""

FILE_NAME = "result.csv"


class Rows(NamedTuple):
    """The rows of a query, while its transaction is open. ``read_at`` and ``snapshot`` are those of a ``Sighting``."""

    names: Sequence[str]
    types: Sequence[str]
    batches: Iterator[Sequence[Row]]
    read_at: int
    snapshot: str = ""


Run = Callable[[str, Path, str, Mapping[str, Scalar]], AbstractContextManager[Rows]]
"""Runs one ``SELECT``: takes an address, the directory where its relative paths begin, SQL, and its values.

Nothing is changed, and every row is of the same moment. Raises NotFound for a table or database that is not there,
Invalid for SQL that does not run, Denied and Unavailable.
"""


class Queries:
    """Reaches databases.

    Args:
        surroundings: they know the connections.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def pin(self, asked: Asked, read: Read | None = None) -> Pinned:
        """Return the result of ``asked.sql`` on the connection ``asked.uri``, every row read once."""
        if asked.at:
            raise Invalid("a query has no --at", hint="say it in SQL, where the database keeps old states")
        dialect, run = self._run(asked.uri)
        with run(asked.sql, asked.params) as rows:
            result = Result(rows.names, rows.batches)
            digest, size_bytes = (read or hash_only)(result.pieces())
        source = QuerySource(
            connection=asked.uri,
            dialect=dialect,
            sql=asked.sql,
            digest=digest,
            row_set=result.row_set,
            row_count=result.row_count,
            size_bytes=size_bytes,
            params=dict(asked.params),
            columns=result.columns,
            types=tuple(rows.types),
        )
        entries = (Entry(path=FILE_NAME, digest=digest, size_bytes=size_bytes),) if read else ()
        return Pinned(source, "", rows.read_at, snapshot=rows.snapshot, entries=entries)

    def check(self, source: QuerySource) -> Finding:
        """Run the query again and return whether it gives the same rows."""
        again = self._again(source)
        try:
            with again(source.sql, source.params) as rows:
                result = Result(rows.names, rows.batches)
                digest, _ = hash_only(result.pieces())
        except NotFound as error:
            return Finding("gone", error.message)
        except Invalid as error:
            return Finding("changed", f"the query does not run any more: {error.message}")
        if digest == source.digest:
            return Finding("unchanged", f"it gives the same {source.row_count} rows")
        return _compared(result, source)

    def files(self, source: QuerySource) -> Iterator[SourceFile]:
        """Yield the result as a table; the same rows in another order are the same result."""
        yield SourceFile(FILE_NAME, partial(self._pieces, source))

    def _pieces(self, source: QuerySource) -> Iterator[bytes]:
        try:
            with self._again(source)(source.sql, source.params) as rows:
                result = Result(rows.names, rows.batches)
                yield from result.pieces()
        except NotFound as error:
            raise refusal(Finding("gone", error.message), source) from None
        if (found := _compared(result, source)).state != "unchanged":
            raise refusal(found, source)

    def _run(self, name: str) -> tuple[str, Callable[[str, Mapping[str, Scalar]], AbstractContextManager[Rows]]]:
        url = address_of(name, self._surroundings)
        dialect = _DIALECTS.get(scheme_of(url))
        if not dialect:
            raise Invalid(
                f"the connection {name!r} is to no database that can be asked: {scheme_of(url) or 'no scheme'}",
                hint="there are " + ", ".join(sorted(set(_DIALECTS.values()))),
            )
        try:
            module = importlib.import_module(f"lineal.storage.sources.query_{dialect}")
        except ImportError:
            extra = "postgres" if dialect == "postgresql" else dialect
            raise Invalid(f"{dialect} needs a package", hint=f"pip install 'lineal[{extra}]'") from None
        run: Run = module.run
        return dialect, partial(run, url, self._surroundings.directory)

    def _again(self, source: QuerySource) -> Callable[[str, Mapping[str, Scalar]], AbstractContextManager[Rows]]:
        dialect, run = self._run(source.connection)
        if dialect != source.dialect:
            raise Invalid(
                f"the connection {source.connection!r} is to {dialect} now; the query was written for {source.dialect}",
                hint="mend [connections] in lineal.toml",
            )
        return run


def _compared(result: Result, source: QuerySource) -> Finding:
    names = [each.name for each in result.columns]
    if names != [each.name for each in source.columns]:
        return Finding("changed", f"it gives the columns {', '.join(names)}")
    if result.row_set == source.row_set and result.row_count == source.row_count:
        return Finding(
            "unchanged", f"it gives the same {source.row_count} rows; without ORDER BY, their order may differ"
        )
    if result.row_count != source.row_count:
        return Finding("changed", f"it gives {result.row_count} rows now, not {source.row_count}")
    return Finding("changed", f"{result.row_count} rows as before, and not the same ones")


def path_of(url: str, directory: Path) -> Path | None:
    """Return the file of an address such as ``sqlite:///PATH``; None when it names none.

    Three slashes stand before a path that is relative to ``directory``, four before an absolute one.
    """
    path = unquote(url.partition("://")[2].partition("?")[0]).removeprefix("/")
    return directory / path if path else None


def check_params(sql: str, params: Mapping[str, Scalar]) -> None:
    """Raise Invalid when a value is given that ``sql`` has no place for."""
    if lost := [each for each in params if with_marks(sql, {each}, lambda _: "") == sql]:
        raise Invalid(f"the query has no place for {lost[0]!r}", hint=f"write :{lost[0]} where the value belongs")


def sql_error(message: str) -> LinealError:
    """Return the error for SQL that does not run."""
    return Invalid(f"the query does not run: {message}", hint="try it in the database's own shell")
