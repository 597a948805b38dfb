"""In what the tensors of two models differ: by name, then item by item, in memory that does not grow with them."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

import msgspec

from lineal.formats.tensors.tensor import Contents, Tensor
from lineal.objects.digest import Digest, Hasher

Change = Literal["added", "removed", "renamed", "reshaped", "retyped", "laid out anew", "changed", "not compared"]

_PURE_BYTES_MAX = 1 << 20
"""Without NumPy, only the figures of smaller tensors are worth waiting for."""

_CODES = {
    "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q",
    "float32": "f", "float64": "d",
}  # fmt: skip


class TensorChange(msgspec.Struct, frozen=True, kw_only=True):
    """A tensor that is not the same on both sides. ``left`` and ``right`` say dtype and shape; empty where it is not.

    Where both sides are alike in those, ``max_difference`` is the largest absolute difference of two items,
    ``relative_difference`` the L2 norm of all differences by that of the left side, ``cosine`` the cosine of the angle
    between both; None where they were not computed, or are not finite. ``not_finite`` counts items of which one side is
    no finite number; they are left out of the figures.
    """

    name: str
    change: Change
    left: str = ""
    right: str = ""
    was: str = ""
    left_digest: Digest | None = None
    right_digest: Digest | None = None
    max_difference: float | None = None
    relative_difference: float | None = None
    cosine: float | None = None
    not_finite: int = 0


class LayerChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changed among the tensors of one layer, which share the beginning of their names."""

    name: str
    tensor_count: int
    change_count: int
    relative_difference: float | None = None


class TensorsChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changed among the tensors of two files. ``facts`` are what the files say beside them, left and right."""

    equal_count: int
    changes: tuple[TensorChange, ...]
    layers: tuple[LayerChange, ...]
    facts: dict[str, tuple[str, str]] = {}


class _Figures(NamedTuple):
    largest: float
    squares_of_difference: float
    squares_of_left: float
    squares_of_right: float
    products: float
    not_finite: int


class _Compared(NamedTuple):
    left: Digest
    right: Digest
    figures: _Figures | None


def compare_tensors(left: Contents, right: Contents, *, most_bytes: int) -> TensorsChange:
    """Return what changed, tensor by tensor, in the order of the right side's file.

    Args:
        left: one side.
        right: the other.
        most_bytes: read at most so much of both together; tensors behind that are not compared.

    Raises:
        Corrupt: a file does not hold what it claims.
    """
    before, after = ({each.name: each for each in side.tensors} for side in (left, right))
    left_bytes = most_bytes
    changes: list[TensorChange] = []
    figures: dict[str, _Figures] = {}
    equal_count = 0
    for name, new in after.items():
        if (old := before.get(name)) is None:
            continue
        if how := _unlike(old, new):
            changes.append(TensorChange(name=name, change=how, left=said(old), right=said(new)))
            continue
        left_bytes -= old.size_bytes + new.size_bytes
        if left_bytes < 0:
            changes.append(TensorChange(name=name, change="not compared", left=said(old), right=said(new)))
            continue
        found = _compare(old, new)
        if found.left == found.right:
            equal_count += 1
            continue
        if found.figures:
            figures[name] = found.figures
        changes.append(_changed(name, old, found))
    changes += _moved(before, after, left_bytes)
    facts = {
        name: (left.facts.get(name, ""), right.facts.get(name, ""))
        for name in dict.fromkeys((*left.facts, *right.facts))
        if left.facts.get(name) != right.facts.get(name)
    }
    layers = _layers([*before, *(each for each in after if each not in before)], changes, figures)
    return TensorsChange(equal_count=equal_count, changes=tuple(changes), layers=layers, facts=facts)


def said(tensor: Tensor) -> str:
    """Return a tensor's dtype and shape, and its layout where that is not the usual one."""
    shape = "×".join(map(str, tensor.shape)) or "scalar"
    return f"{tensor.dtype} {shape}" + (f" ({tensor.layout})" if tensor.layout else "")


def _unlike(old: Tensor, new: Tensor) -> Change | None:
    if old.dtype != new.dtype:
        return "retyped"
    if old.shape != new.shape:
        return "reshaped"
    return "laid out anew" if old.layout != new.layout else None


def _moved(before: dict[str, Tensor], after: dict[str, Tensor], left_bytes: int) -> Iterator[TensorChange]:
    """Yield what is on one side only; of the same bytes, it was renamed."""
    gone = [each for name, each in before.items() if name not in after]
    new = [each for name, each in after.items() if name not in before]
    does_read = sum(each.size_bytes for each in (*gone, *new)) <= left_bytes
    by_digest: dict[tuple[str, Digest], list[Tensor]] = {}
    for each in gone if does_read and new else ():
        by_digest.setdefault((said(each), _digest(each)), []).append(each)
    renamed = set[str]()
    for each in new:
        digest = _digest(each) if by_digest else None
        twins = by_digest.get((said(each), digest)) if digest else None
        if twins:
            was = twins.pop(0).name
            renamed.add(was)
            yield TensorChange(name=each.name, change="renamed", was=was, left=said(each), right=said(each))
        else:
            yield TensorChange(name=each.name, change="added", right=said(each), right_digest=digest)
    yield from (
        TensorChange(name=each.name, change="removed", left=said(each)) for each in gone if each.name not in renamed
    )


def _digest(tensor: Tensor) -> Digest:
    hasher = Hasher()
    for piece in tensor.read():
        hasher.update(piece)
    return hasher.digest


def _compare(old: Tensor, new: Tensor) -> _Compared:
    """Read two tensors that are alike side by side, once."""
    left, right = Hasher(), Hasher()
    total: _Figures | None = _Figures(0.0, 0.0, 0.0, 0.0, 0.0, 0)
    values = _values_of(old)
    for one, other in zip_longest(old.read(), new.read(), fillvalue=b""):
        left.update(one)
        right.update(other)
        total = _added(total, values(one, other)) if total and values and len(one) == len(other) else None
    return _Compared(left.digest, right.digest, total if values else None)


def _added(total: _Figures, more: _Figures) -> _Figures:
    largest = max(total.largest, more.largest)
    return _Figures(largest, *(one + other for one, other in zip(total[1:], more[1:], strict=True)))  # type: ignore[arg-type]


def _values_of(tensor: Tensor) -> Any:
    """Return what computes the figures of two pieces of a tensor; None where nothing can."""
    if "big-endian" in tensor.layout:
        tensor = tensor._replace(dtype=f">{tensor.dtype}")
    dtype = tensor.dtype.removeprefix(">")
    if find_spec("numpy") and (dtype in _CODES or dtype in {"float16", "bfloat16"}):
        return lambda one, other: _by_numpy(one, other, tensor.dtype)
    if dtype in _CODES and tensor.size_bytes <= _PURE_BYTES_MAX:
        return lambda one, other: _by_hand(one, other, tensor.dtype)
    return None


def _by_numpy(one: bytes, other: bytes, dtype: str) -> _Figures:
    import numpy as np  # noqa: PLC0415 - an extra

    def numbers(data: bytes) -> Any:
        if dtype.endswith("bfloat16"):
            halves = np.frombuffer(data, ">u2" if dtype.startswith(">") else "<u2")
            return (halves.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
        stored = np.dtype(dtype.removeprefix(">"))
        return np.frombuffer(data, stored.newbyteorder(">" if dtype.startswith(">") else "<")).astype(np.float64)

    left, right = numbers(one), numbers(other)
    finite = np.isfinite(left) & np.isfinite(right)
    bad = ~finite & ~((left == right) | (np.isnan(left) & np.isnan(right)))
    left, right = left[finite], right[finite]
    with np.errstate(over="ignore", invalid="ignore"):
        difference = right - left
        largest = float(np.max(np.abs(difference), initial=0.0))
        return _Figures(
            largest,
            squares_of_difference=float(difference @ difference),
            squares_of_left=float(left @ left),
            squares_of_right=float(right @ right),
            products=float(left @ right),
            not_finite=int(np.count_nonzero(bad)),
        )


def _by_hand(one: bytes, other: bytes, dtype: str) -> _Figures:
    sides = []
    for data in (one, other):
        numbers = array(_CODES[dtype.removeprefix(">")])
        numbers.frombytes(data)
        if dtype.startswith(">") == (sys.byteorder == "little"):
            numbers.byteswap()
        sides.append(numbers)
    largest = difference = left = right = product = 0.0
    bad = 0
    for a, b in zip(*sides, strict=True):
        if not (math.isfinite(a) and math.isfinite(b)):
            bad += not (a == b or (a != a and b != b))  # noqa: PLR0124 - no number is itself when it is NaN
            continue
        largest = max(largest, abs(b - a))
        difference += float(b - a) * float(b - a)
        left += float(a) * a
        right += float(b) * b
        product += float(a) * b
    return _Figures(largest, difference, left, right, product, bad)


def _changed(name: str, tensor: Tensor, found: _Compared) -> TensorChange:
    figures = found.figures
    return TensorChange(
        name=name,
        change="changed",
        left=said(tensor),
        right=said(tensor),
        left_digest=found.left,
        right_digest=found.right,
        max_difference=_finite(figures.largest) if figures else None,
        relative_difference=_relative([figures]) if figures else None,
        cosine=_cosine(figures) if figures else None,
        not_finite=figures.not_finite if figures else 0,
    )


def _relative(figures: Sequence[_Figures]) -> float | None:
    left = sum(each.squares_of_left for each in figures)
    difference = sum(each.squares_of_difference for each in figures)
    return _finite(math.sqrt(difference / left)) if left and math.isfinite(difference / left) else None


def _cosine(figures: _Figures) -> float | None:
    norms = math.sqrt(figures.squares_of_left) * math.sqrt(figures.squares_of_right)
    return _finite(figures.products / norms) if norms else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _layers(
    names: Iterable[str], changes: Iterable[TensorChange], figures: dict[str, _Figures]
) -> tuple[LayerChange, ...]:
    """Return the layers in which anything changed, in the order of the file."""
    changed = {each.name for each in changes}
    by_layer: dict[str, list[str]] = {}
    for name in names:
        by_layer.setdefault(name.rpartition(".")[0], []).append(name)
    return tuple(
        LayerChange(
            name=layer,
            tensor_count=len(within),
            change_count=sum(each in changed for each in within),
            relative_difference=_relative([figures[each] for each in within if each in figures]),
        )
        for layer, within in by_layer.items()
        if any(each in changed for each in within)
    )
