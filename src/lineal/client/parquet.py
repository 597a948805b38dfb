"""Write Parquet so that two versions of a table have most of their bytes in common, wherever rows were inserted."""

from __future__ import annotations

import os
from os import PathLike
from typing import Any

from lineal.objects.errors import Invalid, Unavailable

_CHUNKS = {"min_chunk_size": 32 << 10, "max_chunk_size": 128 << 10}
"""A page ends where its own values say so, after so many bytes of them: a row inserted before moves no page behind."""

_DICTIONARY_MAX = 1_024
"""A column of more different values has no dictionary: its order is that in which they first come, so that one new value
would give all later ones other numbers, and change every page behind."""

_LOOKED_AT_ROWS = 1 << 16


def write_parquet(table: Any, path: PathLike[str] | str) -> None:
    """Write a table to a Parquet file that the store keeps well.

    The file is ordinary Parquet, compressed by Zstandard. When rows are inserted, changed or removed, most of its bytes
    stay what they were, so that the next version of a dataset takes little more than what is new.

    Args:
        table: a table of pyarrow, a DataFrame of pandas, or a dictionary from column to values.
        path: the file; one that is there is replaced.

    Raises:
        Unavailable: pyarrow is not installed.
        Invalid: the table holds something that Parquet cannot, or is no table.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import
        import pyarrow.compute  # noqa: PLC0415 - the same
        from pyarrow import parquet  # noqa: PLC0415 - the same
    except ImportError:
        raise Unavailable("Parquet cannot be written here", hint="pip install 'lineal[tables]'") from None
    try:
        found = table if isinstance(table, pa.Table) else _converted(pa, table)
        parquet.write_table(
            found,
            os.fspath(path),
            compression="zstd",
            use_content_defined_chunking=_CHUNKS,
            use_dictionary=[name for name in found.column_names if _is_few(pa, found.column(name))],
        )
    except (pa.ArrowException, AttributeError, TypeError, ValueError) as error:
        raise Invalid(
            f"this table cannot be written as Parquet: {error}", hint="give each column values of one type"
        ) from None


def _converted(pa: Any, table: Any) -> Any:
    return pa.table(table) if isinstance(table, dict) else pa.Table.from_pandas(table)


def _is_few(pa: Any, column: Any) -> bool:
    """Tell whether a column has few different values; of one that has many, little is looked at."""
    if pa.types.is_nested(column.type):
        return False  # each leaf would need an answer of its own
    if pa.types.is_dictionary(column.type):
        return all(len(each.dictionary) <= _DICTIONARY_MAX for each in column.chunks)
    found = column.slice(0, 0).unique()
    for start in range(0, len(column), _LOOKED_AT_ROWS):
        more = column.slice(start, _LOOKED_AT_ROWS).unique()
        found = pa.concat_arrays([found, more]).unique()
        if len(found) > _DICTIONARY_MAX:
            return False
    return True
