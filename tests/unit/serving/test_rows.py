"""A value is taken as its column's dtype says, or refused with its row and column."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.errors import Invalid
from lineal.serving.rows import cells, typed


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        ("int64", 3, 3),
        ("int64", 3.0, 3),
        ("int64", "3", 3),
        ("int64", " 3.0 ", 3),
        ("Int32", -(2**31), -(2**31)),
        ("uint8", 255, 255),
        ("integer", "7", 7),
        ("bigint", 2**63 - 1, 2**63 - 1),
        ("float64", 3, 3.0),
        ("double[pyarrow]", "1e3", 1000.0),
        ("bool", True, True),
        ("boolean", "FALSE", False),
        ("str", "x", "x"),
        ("object", "x", "x"),
        ("object", 3, 3),
        ("category", "x", "x"),
        ("interval[int64]", "(0, 1]", "(0, 1]"),
        ("", 1.5, 1.5),
        ("list", [1, 2], [1, 2]),
    ],
    ids=repr,
)
def test_a_value_becomes_what_its_column_is(dtype: str, value: Any, expected: Any) -> None:
    found = typed([{"x": value}], {"x": dtype})[0]["x"]

    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int64", 3.5),
        ("int64", True),
        ("int64", None),
        ("int64", "three"),
        ("int64", "1_000"),
        ("int64", [3]),
        ("int64", 2**63),
        ("int8", 128),
        ("uint8", -1),
        ("float64", "much"),
        ("float64", False),
        ("float64", {}),
        ("float64", "1_0.5"),
        ("bool", 2),
        ("bool", None),
        ("str", 3),
        ("object", {"a": 1}),
        ("", [1]),
        ("list", "1,2"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_row_and_column(dtype: str, value: Any) -> None:
    good = {"fine": 1.0, "wrong column": {"list": [1], "str": "x", "object": "x"}.get(dtype, 1)}

    with pytest.raises(Invalid, match=r"row 2: .* in column 'wrong column'"):
        typed([good, good | {"wrong column": value}], {"fine": "float64", "wrong column": dtype})


@pytest.mark.parametrize("dtype", ["float64", "str", "object", "category"])
def test_what_is_missing_is_not_a_number(dtype: str) -> None:
    assert math.isnan(typed([{"x": None}], {"x": dtype})[0]["x"])  # type: ignore[arg-type]


def test_a_missing_column_is_named_with_what_the_model_takes() -> None:
    with pytest.raises(Invalid, match="row 1 has no column 'b'") as caught:
        typed([{"a": 1}], {"a": "int64", "b": "int64"})

    assert caught.value.hint.endswith("a, b")


def test_columns_that_the_model_does_not_take_are_left_out_and_the_others_put_in_order() -> None:
    assert list(typed([{"label": "x", "b": 2, "a": 1}], {"a": "int64", "b": "int64"})[0].items()) == [
        ("a", 1),
        ("b", 2),
    ]


@pytest.mark.parametrize("row", [3, "ab", ["a"], None])
def test_a_row_that_is_no_object_is_refused(row: Any) -> None:
    with pytest.raises(Invalid, match="row 8 is no object"):
        typed([row], {"a": "int64"}, first=8)


@pytest.mark.parametrize("blank", ["", " ", "NA", "NaN", "null", "None"])
def test_a_blank_cell_is_missing(blank: str) -> None:
    assert list(cells([{"x": blank}], {"x": "str"})) == [{"x": None}]


def test_in_a_column_of_unknown_dtype_a_number_is_a_number() -> None:
    found = list(cells([{"a": "3", "b": "2.5", "c": "x", "d": "left out"}], {"a": "", "b": "", "c": ""}))

    assert found == [{"a": 3, "b": 2.5, "c": "x"}]


@given(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.booleans(), st.text())
def test_json_and_a_table_give_the_model_the_same_values(whole: int, number: float, flag: bool, text: str) -> None:
    inputs = {"a": "int64", "b": "float64", "c": "bool", "d": "str"}
    json_row = {"a": whole, "b": number, "c": flag, "d": f"<{text}>"}
    table_row = {"a": str(whole), "b": repr(number), "c": str(flag), "d": f"<{text}>"}

    assert typed([json_row], inputs) == typed(cells([table_row], inputs), inputs) == [json_row]
