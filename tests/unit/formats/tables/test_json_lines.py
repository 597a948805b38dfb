"""JSON lines: objects as rows, their members as columns, however deep."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.profiles import merged
from lineal.formats.tables.json_lines import JsonLinesFiles
from lineal.objects.errors import Invalid
from lineal.objects.profiles import ColumnProfile
from tests.unit.formats.tables.sources import columns_of, profile_of

READER = JsonLinesFiles()
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 9),
    st.floats(-9, 9, width=16),
    st.sampled_from(["a", "b", "2020-01-01", ""]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xy."), inner)),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c.d"]), VALUES), max_size=12)


def columns(*rows: object) -> dict[str, ColumnProfile]:
    return columns_of(profile_of(READER, lines(rows)))


def lines(rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_members_are_columns_and_one_that_a_row_lacks_is_missing() -> None:
    found = columns({"a": 1, "b": "x"}, {"a": 2.5}, {"b": None, "c": True})

    assert {"a": "float", "b": "string", "c": "boolean"} == {name: each.dtype for name, each in found.items()}
    assert {"a": 1, "b": 2, "c": 2} == {name: each.missing for name, each in found.items()}


def test_what_is_inside_is_a_column_of_its_own() -> None:
    found = columns(
        {"at": {"city": "Bonn", "place": {"x": 1}}, "tags": ["a", "b", None]},
        {"at": {"city": "Köln"}, "tags": []},
        {"tags": [[1], {"deep": 2}]},
    )

    assert {
        "at": "struct",
        "at.city": "string",
        "at.place": "struct",
        "at.place.x": "integer",
        "tags": "list",
        "tags[]": "mixed",
        "tags[][]": "integer",
        "tags[].deep": "integer",
    } == {name: each.dtype for name, each in found.items()}
    assert {"at": 1, "at.city": 1, "at.place": 2, "at.place.x": 2} == {
        name: each.missing for name, each in found.items() if name.startswith("at")
    }
    assert found["tags"].lengths
    assert (0, 3) == (found["tags"].lengths.minimum, found["tags"].lengths.maximum)
    assert found["tags[]"].missing == 1


def test_names_that_look_like_paths_are_told_from_paths() -> None:
    assert {'"a.b"', "a", "a.b", '"c[]"'} == set(columns({"a.b": 1, "a": {"b": 2}, "c[]": 3}))


def test_whole_numbers_of_any_size_are_told_apart() -> None:
    found = columns({"id": 2**60}, {"id": 2**60 + 1}, {"id": 1 << 2000})["id"]

    assert ("integer", 1) == (found.dtype, found.infinite)
    assert found.distinct


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": 1}\n[1, 2]\n', "line behind byte 9 is no JSON object"),
        (b'{"a": NaN}\n', "is no JSON object"),
        (b'{"a": "\xff"}\n', "is no JSON object"),
        (b'{"a":' * 100_000, "is no JSON object"),
        (b"\x80\x04\x95 no json at all", "is no JSON object"),
        (lines([{f"key {place}": 1 for place in range(5_000)}]), "more than 4,096 different members"),
        (lines([{"map": {f"key {place}": 1 for place in range(5_000)}}]), "more than 4,096 different members"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        profile_of(READER, data)


def test_a_file_without_rows_is_a_table_without_columns() -> None:
    assert profile_of(READER, b"").columns == ()


@given(ROWS, ROWS)
def test_parts_make_the_whole(left: list[object], right: list[object]) -> None:
    whole = profile_of(READER, lines(left + right))
    parts = merged([profile_of(READER, lines(left)), profile_of(READER, lines(right))])

    assert parts.row_count == whole.row_count
    assert columns_of(parts).keys() == columns_of(whole).keys()
    for name, expected in columns_of(whole).items():
        found = columns_of(parts)[name]
        assert (found.dtype, found.missing, found.kinds) == (expected.dtype, expected.missing, expected.kinds)
        assert (found.texts, found.distinct) == (expected.texts, expected.distinct)
        assert points(found) == points(expected)


def points(found: ColumnProfile) -> list[object]:
    return [
        (each.count, each.minimum, each.maximum, each.values, each.weights)
        for each in (found.numbers, found.times, found.lengths)
        if each
    ]
