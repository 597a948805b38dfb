"""Iceberg tables, by snapshot: ``iceberg://CATALOG/NAMESPACE.TABLE``. Needs the extra ``iceberg``.

The catalog is a connection of ``lineal.toml``, or one that PyIceberg itself knows by that name.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pyarrow as pa
from pyiceberg import exceptions as theirs
from pyiceberg.catalog import Catalog, load_catalog
from sqlalchemy.exc import SQLAlchemyError

from lineal.objects.errors import Denied, Invalid, LinealError, NotFound, Unavailable
from lineal.objects.sources import IcebergSource
from lineal.storage.clock import SystemClock
from lineal.storage.sources.addresses import parse, reason
from lineal.storage.sources.connections import address_of
from lineal.storage.sources.query import path_of
from lineal.storage.sources.source import Asked, Finding, Pinned, Read, SourceFile, Surroundings, read_all, refusal
from lineal.storage.sources.tables import column, missing, parquet_pieces, version_number

_ABSENT = (theirs.NoSuchTableError, theirs.NoSuchNamespaceError, theirs.NoSuchIcebergTableError)
_FORBIDDEN = (theirs.UnauthorizedError, theirs.ForbiddenError, theirs.OAuthError, theirs.AuthorizationExpiredError)
_OTHER = tuple(each for _, each in inspect.getmembers(theirs, inspect.isclass) if issubclass(each, Exception))


class IcebergTables:
    """Reaches Iceberg tables.

    Args:
        surroundings: they know the connections.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def pin(self, asked: Asked, read: Read | None = None) -> Pinned:
        """Return a snapshot of a table; its rows are read only for ``read``, which gets them as one Parquet file."""
        catalog, name = parse(asked.uri).host, parse(asked.uri).path
        if "." not in name:
            raise Invalid(f"{asked.uri} names no table", hint="write iceberg://CATALOG/NAMESPACE.TABLE")
        table = self._table(catalog, name)
        with _told(asked.uri):
            wanted = version_number(asked.at) if asked.at else None
            snapshot = table.current_snapshot() if wanted is None else table.snapshot_by_id(wanted)
            if snapshot is None:
                raise NotFound(
                    f"{asked.uri} has no snapshot {asked.at}".rstrip(),
                    hint="leave out --at for the newest; add rows first",
                )
            files = list(table.scan(snapshot_id=snapshot.snapshot_id).plan_files())
        fields = table.schemas()[snapshot.schema_id].fields if snapshot.schema_id is not None else table.schema().fields
        types = tuple(str(each.field_type) for each in fields)
        source = IcebergSource(
            catalog=catalog,
            table=name,
            uuid=str(table.metadata.table_uuid),
            snapshot=snapshot.snapshot_id,
            metadata=table.metadata_location,
            file_count=len(files),
            size_bytes=sum(each.file.file_size_in_bytes for each in files),
            # A file's count includes rows that a file of deletes takes away.
            row_count=None if any(each.delete_files for each in files) else sum(e.file.record_count for e in files),
            columns=tuple(
                column(each.name, kind, optional=not each.required) for each, kind in zip(fields, types, strict=True)
            ),
            types=types,
        )
        entries = read_all(self.files(source), source, read) if read else ()
        return Pinned(source, name.rpartition(".")[2], SystemClock().now(), entries=entries)

    def check(self, source: IcebergSource) -> Finding:
        """Return whether the snapshot can still be had: the catalog has it, and every file of it is there."""
        try:
            table = self._table(source.catalog, source.table)
        except NotFound as error:
            return Finding("gone", error.message)
        if (found := str(table.metadata.table_uuid)) != source.uuid:
            return Finding("changed", f"another table has that name, {found}")
        if lost := _lost(table, source):
            return Finding("changed", lost)
        newest = table.current_snapshot()
        if newest and newest.snapshot_id != source.snapshot:
            said = f"snapshot {newest.snapshot_id} is the newest; snapshot {source.snapshot} is kept"
            return Finding("superseded", said)
        return Finding("unchanged", f"snapshot {source.snapshot} is the newest")

    def files(self, source: IcebergSource) -> Iterator[SourceFile]:
        """Yield the rows of the snapshot as one Parquet file."""
        yield SourceFile(f"{source.table.rpartition('.')[2]}.parquet", partial(self._pieces, source))

    def _pieces(self, source: IcebergSource) -> Iterator[bytes]:
        if (found := self.check(source)).state in {"changed", "gone"}:
            raise refusal(found, source)
        with _told(source.place):
            table = self._table(source.catalog, source.table)
            reader = table.scan(snapshot_id=source.snapshot).to_arrow_batch_reader()
            yield from parquet_pieces(reader.schema, reader)

    def _table(self, catalog: str, name: str) -> Any:
        """Return a table as it is now. Raises NotFound."""
        place = f"iceberg://{catalog}/{name}"
        with _told(place):
            return self._catalog(catalog).load_table(name)

    def _catalog(self, name: str) -> Catalog:
        known = self._surroundings.connections.get(name)
        if not known:
            return load_catalog(name)
        url, options = address_of(name, self._surroundings), dict(known.options)
        if url.startswith("sqlite:"):
            path = path_of(url, self._surroundings.directory)
            if not path or not path.is_file():
                raise NotFound(f"there is no catalog {path or url}", hint="check the connection's address")
            # The library would make tables in whatever file it is given.
            url, options = f"sqlite:///{path}", {"init_catalog_tables": "false", **options}
        return load_catalog(name, uri=url, **options)


def _lost(table: Any, source: IcebergSource) -> str:
    """Return what is not there any more of a snapshot; empty when all of it is."""
    if table.snapshot_by_id(source.snapshot) is None:
        return f"snapshot {source.snapshot} has expired"
    try:
        with _told(source.place):
            files = [each.file.file_path for each in table.scan(snapshot_id=source.snapshot).plan_files()]
            lost = missing(files, lambda path: bool(table.io.new_input(path).exists()))
    except NotFound as error:  # the lists of the snapshot's files are files too
        return error.message
    return f"{len(lost)} of its {len(files)} files were removed" if lost else ""


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except LinealError:
        raise
    except _ABSENT:
        raise NotFound(f"there is no Iceberg table {place}", hint="check the catalog and the name") from None
    except FileNotFoundError as error:
        raise NotFound(f"{place} has lost a file: {reason(error)}", hint="restore it") from None
    except _FORBIDDEN as error:
        raise Denied(f"{place} may not be read: {reason(error)}", hint="check the catalog's credentials") from None
    except ValueError as error:
        raise Invalid(f"{place} cannot be asked for: {reason(error)}", hint=_CATALOG) from None
    except (*_OTHER, OSError, SQLAlchemyError, pa.ArrowException) as error:
        raise Unavailable(f"{place} cannot be read: {reason(error)}", hint=_CATALOG) from None


_CATALOG = 'name the catalog in lineal.toml: [connections.CATALOG] with url or url_env, and options.warehouse = "…"'
