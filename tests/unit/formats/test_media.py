"""Tables that are written row by row become the columns that are kept."""

from __future__ import annotations

import pytest

from lineal.formats.media import ConfusionMatrix, MediaColumn, MediaTable, canonical, structured, table_of_rows
from lineal.objects.errors import Corrupt

ROWS = b"""{"columns": ["a", 1, "c", "d"], "data": [[1, 0.5, true, {"x": [1]}], [2, NaN, null, "text"]], "ncols": 4}"""


def test_rows_become_columns_with_their_types() -> None:
    expected = MediaTable(
        [
            MediaColumn("a", "integer", [1, 2]),
            MediaColumn("1", "float", [0.5, "NaN"]),
            MediaColumn("c", "boolean", [True, None]),
            MediaColumn("d", "string", ['{"x":[1]}', "text"]),
        ]
    )

    assert expected == structured("table", ROWS)
    assert canonical("table", ROWS) == canonical("table", canonical("table", ROWS))


@pytest.mark.parametrize(
    "text", ["", "[]", '{"columns": ["a"], "data": [[1, 2]]}', '{"columns": 1, "data": []}', "[" * 9999]
)
def test_what_is_no_table_is_none(text: str) -> None:
    assert table_of_rows(text.encode()) is None
    with pytest.raises(Corrupt):
        structured("table", text.encode())


def test_other_kinds_are_taken_in_their_own_layout_only() -> None:
    assert ConfusionMatrix(["a"], [[1.0]]) == structured("confusion-matrix", b'{"labels": ["a"], "counts": [[1]]}')
    with pytest.raises(Corrupt):
        structured("curve", ROWS)
