"""The footer of a Parquet file says where its row groups lie, as Arrow says it; another is refused."""

from __future__ import annotations

import io
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.tables.parquet_footer import RowGroup, row_groups
from lineal.objects.errors import Invalid
from tests.unit.formats.tables.sources import Bytes


def written(table: pa.Table, **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


TABLE = pa.table({"a": range(1_000), "b": [[each] * (each % 3) for each in range(1_000)], "c": ["x"] * 1_000})
DATA = written(TABLE, row_group_size=300)


@pytest.mark.parametrize(
    "options", [{}, {"use_dictionary": False}, {"compression": "zstd", "data_page_version": "2.0"}]
)
def test_row_groups_are_where_arrow_says_they_are(options: dict[str, object]) -> None:
    data = written(TABLE, row_group_size=300, **options)
    metadata = pq.read_metadata(io.BytesIO(data))
    expected = []
    for place in range(metadata.num_row_groups):
        group = metadata.row_group(place)
        columns = [group.column(index) for index in range(group.num_columns)]
        starts = [each.dictionary_page_offset or each.data_page_offset for each in columns]
        ends = [start + each.total_compressed_size for start, each in zip(starts, columns, strict=True)]
        start, values = min(starts), sum(each.num_values for each in columns)
        expected.append(RowGroup(start, max(ends) - start, group.total_byte_size, group.num_rows, values))

    assert expected == row_groups(Bytes(data))


@given(st.integers(0, len(DATA) - 1), st.binary(min_size=1, max_size=30))
def test_a_spoiled_footer_is_refused_or_stays_within_the_file(at: int, other: bytes) -> None:
    data = bytearray(DATA)
    data[at : at + len(other)] = other
    found: list[RowGroup] = []
    with suppress(Invalid):
        found = row_groups(Bytes(bytes(data)))

    assert all(0 <= each.start <= each.start + each.size_bytes <= len(data) for each in found)


@pytest.mark.parametrize("size", [0, 3, 8, 11, len(DATA) - 1])
def test_a_part_of_a_file_is_refused(size: int) -> None:
    with pytest.raises(Invalid, match="no parquet file"):
        row_groups(Bytes(DATA[:size]))


def test_a_footer_that_is_endlessly_deep_is_refused() -> None:
    footer = b"\x4c" * 100_000  # a struct in a struct in a struct

    with pytest.raises(Invalid, match="too deep"):
        row_groups(Bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"))
