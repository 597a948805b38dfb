"""In what the tensors of two models differ."""

from __future__ import annotations

import math
from array import array
from typing import Any

import numpy as np
import pytest

from lineal.checks.comparing import tensors as tensor_comparison
from lineal.checks.comparing.tensors import TensorsChange, compare_tensors
from lineal.formats.tensors.tensor import Contents, Tensor, held

ENOUGH = 1 << 30


def tensor(name: str, values: Any, dtype: str = "float32", layout: str = "") -> Tensor:
    data = np.asarray(values, dtype=f">{np.dtype(dtype).str[1:]}" if layout else dtype)
    return Tensor(name, dtype, data.shape, data.nbytes, held(data.tobytes()), layout)


def compared(left: list[Tensor], right: list[Tensor], most_bytes: int = ENOUGH) -> TensorsChange:
    return compare_tensors(Contents("x", tuple(left)), Contents("x", tuple(right)), most_bytes=most_bytes)


def test_equal_tensors_are_counted_and_nothing_else_is_said() -> None:
    found = compared([tensor("a", [1, 2])], [tensor("a", [1, 2])])

    assert TensorsChange(equal_count=1, changes=(), layers=()) == found


def test_every_kind_of_change_is_named() -> None:
    left = [tensor("a.w", [1, 2]), tensor("a.b", [1]), tensor("c.w", [[1, 2]]), tensor("old", [7, 8]), tensor("x", [3])]
    right = [tensor("a.w", [1, 4]), tensor("a.b", [1], "float64"), tensor("c.w", [1, 2]), tensor("new", [7, 8])]
    found = compared(left, [*right, tensor("y", [9])])

    assert [
        ("a.w", "changed", "float32 2", "float32 2"),
        ("a.b", "retyped", "float32 1", "float64 1"),
        ("c.w", "reshaped", "float32 1×2", "float32 2"),
        ("new", "renamed", "float32 2", "float32 2"),
        ("y", "added", "", "float32 1"),
        ("x", "removed", "float32 1", ""),
    ] == [(each.name, each.change, each.left, each.right) for each in found.changes]
    assert "old" == found.changes[3].was
    assert [("a", 2, 2), ("c", 1, 1)] == [
        (each.name, each.tensor_count, each.change_count) for each in found.layers if each.name
    ]


@pytest.mark.parametrize("has_numpy", [True, False])
@pytest.mark.parametrize(
    ("dtype", "layout"), [("float32", ""), ("float64", "big-endian"), ("int16", ""), ("uint8", "")]
)
def test_the_figures_are_those_of_the_numbers(
    has_numpy: bool, dtype: str, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_numpy:
        monkeypatch.setattr(tensor_comparison, "find_spec", lambda _: None)
    left, right = [3, 4, 0], [3, 1, 5]
    (found,) = compared([tensor("a", left, dtype, layout)], [tensor("a", right, dtype, layout)]).changes

    assert 5 == found.max_difference
    assert found.relative_difference == pytest.approx(math.sqrt(34) / 5)
    assert found.cosine == pytest.approx(13 / (5 * math.sqrt(35)))


@pytest.mark.parametrize("has_numpy", [True, False])
def test_items_that_are_no_numbers_are_counted_and_left_out(has_numpy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_numpy:
        monkeypatch.setattr(tensor_comparison, "find_spec", lambda _: None)
    left = tensor("a", [1.0, math.nan, math.inf, 2.0])
    right = tensor("a", [1.5, math.nan, math.inf, math.nan])
    (found,) = compared([left], [right]).changes

    assert (0.5, 1) == (found.max_difference, found.not_finite)


def test_halves_are_numbers_too() -> None:
    halves = [Tensor("a", "bfloat16", (2,), 4, held(data)) for data in (b"\x80\x3f\x00\x40", b"\x80\x3f\x40\x40")]
    (found,) = compared(halves[:1], halves[1:]).changes

    assert 1.0 == found.max_difference  # 2 became 3


def test_tensors_behind_the_limit_are_said_not_to_be_compared() -> None:
    found = compared(*[[tensor("a", [n]), tensor("b", [n]), tensor("c", [n])] for n in (1, 2)], most_bytes=16)

    assert ["changed", "changed", "not compared"] == [each.change for each in found.changes]


def test_a_large_tensor_is_compared_piece_by_piece() -> None:
    left = np.zeros(1_000_000, "f4")
    right = left.copy()
    right[999_999] = 2
    (found,) = compared([tensor("a", left)], [tensor("a", right)]).changes

    assert (2.0, None) == (found.max_difference, found.relative_difference)


def test_what_the_files_say_beside_their_tensors_is_compared() -> None:
    sides = [Contents("x", (), {"epoch": epoch, "kind": "tree"}) for epoch in ("3", "4")]

    assert {"epoch": ("3", "4")} == compare_tensors(*sides, most_bytes=ENOUGH).facts


def test_without_numpy_large_tensors_have_digests_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_comparison, "find_spec", lambda _: None)
    data = array("f", [0]) * 400_000
    other = array("f", [1]) * 400_000
    sides = [[Tensor("a", "float32", (400_000,), 1_600_000, held(each.tobytes()))] for each in (data, other)]
    (found,) = compared(*sides).changes

    assert found.left_digest != found.right_digest
    assert found.max_difference is None
