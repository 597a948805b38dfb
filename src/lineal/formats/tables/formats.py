"""Which files are tables, by their names, and who reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from lineal.formats.tables.delimited_files import DelimitedFiles
from lineal.formats.tables.json_lines import JsonLinesFiles
from lineal.formats.tables.table import Reader
from lineal.objects.errors import Unavailable

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".jsonl": "json lines",
    ".ndjson": "json lines",
    ".parquet": "parquet",
    ".parq": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
"""The format of a table, by the suffix of its file."""


def format_of(path: str) -> str:
    """Return the format of the table at ``path``, or nothing when its name is that of no table.

    Names that begin with ``_`` or ``.`` are what other programs keep beside their tables.
    """
    name = path.rpartition("/")[2]
    return "" if name[:1] in {"_", "."} else FORMATS.get(PurePosixPath(name).suffix.lower(), "")


def reader_of(name: str) -> Reader:
    """Return who reads a format.

    Raises:
        Unavailable: what reads it is not installed.
    """
    return _READERS[name]()


def _parquet() -> Reader:
    try:
        from lineal.formats.tables.columnar_files import ParquetFiles  # noqa: PLC0415 - Arrow is slow to import
    except ImportError:
        raise _missing("Parquet") from None
    return ParquetFiles()


def _arrow() -> Reader:
    try:
        from lineal.formats.tables.columnar_files import ArrowFiles  # noqa: PLC0415 - Arrow is slow to import
    except ImportError:
        raise _missing("Arrow") from None
    return ArrowFiles()


def _missing(name: str) -> Unavailable:
    return Unavailable(f"{name} files cannot be read here", hint="pip install 'lineal[tables]'")


_READERS: dict[str, Callable[[], Reader]] = {
    "csv": DelimitedFiles,
    "json lines": JsonLinesFiles,
    "parquet": _parquet,
    "arrow": _arrow,
}


def has_arrays() -> bool:
    """Tell whether what makes reading fast is installed."""
    try:
        import pyarrow  # noqa: F401, ICN001, PLC0415 - only to know
    except ImportError:
        return False
    return True
