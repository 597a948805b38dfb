"""What Delta and Iceberg tables have in common: words for types, and rows written to a file of Parquet."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lineal.objects.datasets import Column
from lineal.objects.errors import Invalid
from lineal.storage.blobs.blobs import PIECE_BYTES
from lineal.storage.sources.source import side_by_side

_DTYPES = {
    "integer": frozenset(("byte", "short", "int", "integer", "long")),
    "float": frozenset(("float", "double", "decimal")),
    "boolean": frozenset(("boolean",)),
}
"""Our words for the types of tables; everything else is a string."""

_ASKED_AT_ONCE = 32


def column(name: str, kind: str, *, optional: bool) -> Column:
    """Return a column of a table whose own word for its type is ``kind``."""
    word = kind.partition("(")[0].strip()
    return Column(
        name=name, dtype=next((d for d, words in _DTYPES.items() if word in words), "string"), optional=optional
    )


def version_number(said: str) -> int:
    """Return the number of a version or snapshot. Raises Invalid."""
    if not (said.isascii() and said.isdecimal() and len(said) < 20):
        raise Invalid(f"{said!r} is no number of a version", hint="--at takes a whole number")
    return int(said)


def parquet_pieces(schema: Any, batches: Iterable[Any]) -> Iterator[bytes]:
    """Yield the bytes of one Parquet file with the rows of ``batches``. It is written beside, a batch at a time.

    Its pages are cut by content, so that the next version of a table shares most of its chunks.
    """
    from pyarrow import Table, parquet  # noqa: PLC0415 - an extra, and slow to import

    with tempfile.TemporaryDirectory(prefix="lineal-") as directory:
        path = Path(directory) / "table.parquet"
        with parquet.ParquetWriter(path, schema, compression="zstd", use_content_defined_chunking=True) as writer:
            for batch in batches:
                writer.write_table(Table.from_batches([batch], schema=schema))
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece


def missing(places: Sequence[str], is_there: Callable[[str], bool]) -> list[str]:
    """Return those of ``places`` that are not there, asked several at once."""
    found = side_by_side(is_there, places, at_once=_ASKED_AT_ONCE)
    return [place for place, is_found in zip(places, found, strict=True) if not is_found]
