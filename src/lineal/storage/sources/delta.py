"""Delta tables, by version: ``delta://PATH`` or ``delta://s3://BUCKET/PATH``. Needs the extra ``delta``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import deltalake
import pyarrow as pa
from deltalake.exceptions import DeltaError, TableNotFoundError

from lineal.objects.errors import Invalid, LinealError, NotFound, Unavailable
from lineal.objects.sources import DeltaSource
from lineal.storage.clock import SystemClock
from lineal.storage.sources.addresses import masked, parse, reason, scheme_of
from lineal.storage.sources.bucket import SourceBucket, check_endpoint, endpoint_of
from lineal.storage.sources.source import Asked, Finding, Pinned, Read, SourceFile, Surroundings, read_all, refusal
from lineal.storage.sources.tables import column, missing, parquet_pieces, version_number

_BATCH_ROWS, _BATCHES_AHEAD = 65_536, 2


class DeltaTables:
    """Reaches Delta tables.

    Args:
        surroundings: they know where relative paths begin, and which server a bucket's name belongs to.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def pin(self, asked: Asked, read: Read | None = None) -> Pinned:
        """Return a version of a table; its rows are read only for ``read``, which gets them as one Parquet file."""
        uri = self._kept(asked.uri.partition("://")[2])
        table = self._open(uri)
        if asked.at:
            table = self._open(uri, version_number(asked.at))
        files = pa.table(table.get_add_actions(flatten=True)).to_pydict()
        fields = table.schema().fields
        types = tuple(_word(each.type) for each in fields)
        columns = (column(each.name, kind, optional=each.nullable) for each, kind in zip(fields, types, strict=True))
        counts = files["num_records"]
        source = DeltaSource(
            uri=uri,
            table=str(table.metadata().id),
            version=table.version(),
            file_count=len(counts),
            size_bytes=sum(files["size_bytes"]),
            # A file's count includes rows that were deleted since, where the table marks them instead of rewriting.
            row_count=None if None in counts or "deletionVectors" in _features(table) else sum(counts),
            columns=tuple(columns),
            types=types,
            endpoint=self._endpoint(uri),
        )
        entries = read_all(self.files(source), source, read) if read else ()
        return Pinned(source, _name(uri), SystemClock().now(), entries=entries)

    def check(self, source: DeltaSource) -> Finding:
        """Return whether the version can still be had: it is in the table's log, and every file of it is there."""
        check_endpoint(source.place, source.endpoint, self._endpoint(source.uri))
        try:
            newest = self._open(source.uri)
        except NotFound as error:
            return Finding("gone", error.message)
        if (found := str(newest.metadata().id)) != source.table:
            return Finding("changed", f"another table stands there, {found}")
        try:
            files = list(self._places(source.uri, self._open(source.uri, source.version)))
        except NotFound as error:
            return Finding("changed", error.message)
        if lost := missing(files, self._is_there):
            return Finding("changed", f"{len(lost)} of its {len(files)} files were removed, for example by VACUUM")
        if newest.version() != source.version:
            return Finding("superseded", f"version {newest.version()} is the newest; version {source.version} is kept")
        return Finding("unchanged", f"version {source.version} is the newest")

    def files(self, source: DeltaSource) -> Iterator[SourceFile]:
        """Yield the rows of the version as one Parquet file."""
        yield SourceFile(f"{_name(source.uri)}.parquet", partial(self._pieces, source))

    def _pieces(self, source: DeltaSource) -> Iterator[bytes]:
        if (found := self.check(source)).state in {"changed", "gone"}:
            raise refusal(found, source)
        with _told(source.uri):
            yield from parquet_pieces(*_rows(self._open(source.uri, source.version)))

    def _places(self, uri: str, table: Any) -> Iterator[str]:
        """Yield where each file of a table is; the log writes paths as parts of addresses."""
        top = uri if scheme_of(uri) else str(self._surroundings.directory / uri)
        for each in map(unquote, pa.table(table.get_add_actions())["path"].to_pylist()):
            yield each if scheme_of(each) else posixpath.join(top, each)

    def _open(self, uri: str, version: int | None = None) -> Any:
        """Return a table as it is now, or as it was. Raises NotFound."""
        place = uri if scheme_of(uri) else str(self._surroundings.directory / uri)
        with _told(uri):
            try:
                return deltalake.DeltaTable(place, version=version, storage_options=self._options(uri))
            except DeltaError:
                if version is None:
                    raise
                raise NotFound(
                    f"the log of delta://{uri} has no version {version}", hint="leave out --at for the newest"
                ) from None

    def _options(self, uri: str) -> dict[str, str]:
        """Return what the library does not read from the environment itself."""
        endpoint = self._endpoint(uri)
        if scheme_of(uri) != "s3" or not endpoint:
            return {}
        return {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": str(endpoint.startswith("http://")).lower()}

    def _endpoint(self, uri: str) -> str:
        return endpoint_of(scheme_of(uri), self._surroundings.variables)

    def _kept(self, uri: str) -> str:
        """Return how a table's place is written down: relative where it stands in the project."""
        if not uri or not uri.isprintable():
            raise Invalid("the address names no table", hint="write delta://PATH or delta://s3://BUCKET/PATH")
        if scheme_of(uri):
            parse(uri)
            return uri.rstrip("/")
        path, top = Path(uri).absolute(), self._surroundings.directory.absolute()
        return str(path.relative_to(top)) if path.is_relative_to(top) else str(path)

    def _is_there(self, place: str) -> bool:
        scheme = scheme_of(place)
        if scheme in {"", "file"}:
            return Path(place.removeprefix("file://")).exists()
        address = parse(place)
        return SourceBucket(scheme, address.host, self._surroundings.variables).head(address.path) is not None


def _rows(table: Any) -> tuple[Any, Iterable[Any]]:
    """Return the schema and the rows of a table, file by file in the order of their names: twice the same."""
    if _needs_engine(table):  # it gives them in no order
        reader = deltalake.QueryBuilder().register("snapshot", table).execute("SELECT * FROM snapshot")
        batches = pa.RecordBatchReader.from_stream(reader)
        return batches.schema, batches
    dataset = table.to_pyarrow_dataset()
    fragments = sorted(dataset.get_fragments(), key=lambda each: str(each.path))
    return dataset.schema, (
        batch
        for each in fragments
        for batch in each.to_batches(dataset.schema, batch_size=_BATCH_ROWS, batch_readahead=_BATCHES_AHEAD)
    )


def _needs_engine(table: Any) -> bool:
    """Tell whether the files hold columns by other names, or rows that were marked as deleted since."""
    mapping = table.metadata().configuration.get("delta.columnMapping.mode", "none")
    return mapping != "none" or not _PLAIN.issuperset(_features(table))


_PLAIN = frozenset(("timestampNtz",))
"""Features of a table with which its files can be read as they are."""


def _word(kind: Any) -> str:
    """Return a table's own word for a type; a structure is spelled in JSON."""
    return str(kind.type) if isinstance(kind, deltalake.schema.PrimitiveType) else str(kind.to_json())


def _features(table: Any) -> list[str]:
    return table.protocol().reader_features or []


def _name(uri: str) -> str:
    return PurePosixPath(uri.rstrip("/")).name or "table"


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    place = f"delta://{masked(uri)}"
    try:
        yield
    except LinealError:
        raise
    except TableNotFoundError:
        raise NotFound(f"there is no Delta table at {place}", hint="check the address") from None
    except (DeltaError, OSError, ValueError, pa.ArrowException) as error:
        raise Unavailable(f"{place} cannot be read: {reason(error)}", hint="check the address and the keys") from None
