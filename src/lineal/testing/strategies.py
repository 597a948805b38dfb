"""Hypothesis strategies for every kind of object, made from their annotations: a new field is tried at once."""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from lineal.objects.canonical import NOT_FINITE, Number, Object, Scalar
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.files import Entry, Mode, Recipe, Tree
from lineal.objects.journal import JournalEntry
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.objects.profiles import Profile, RowDigests, Tables
from lineal.objects.replays import AnswerChanges, Golden, Replay
from lineal.objects.runs import Code, Run, Runtime
from lineal.objects.scans import Scan
from lineal.objects.sources import SOURCES
from lineal.objects.statements import (
    Approval,
    Bump,
    CardEdit,
    Evaluation,
    GateReport,
    Observation,
    Sighting,
    Signature,
    Statement,
)
from lineal.objects.structures import Structure
from lineal.objects.versions import Card, Version

T = TypeVar("T", bound=Object)

KINDS: tuple[type[Object], ...] = (
    Tree,
    Recipe,
    DatasetVersion,
    *SOURCES.values(),
    Profile,
    RowDigests,
    Tables,
    Code,
    Runtime,
    Run,
    Version,
    Card,
    Evaluation,
    GateReport,
    Approval,
    Bump,
    CardEdit,
    Observation,
    Sighting,
    Structure,
    Signature,
    Scan,
    OutsideEvaluation,
    Golden,
    Replay,
    AnswerChanges,
    Statement,
    JournalEntry,
)
"""Every kind of object that stands alone."""

_ITEMS_MAX = 3

integers = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=20)
digests = st.binary(min_size=32, max_size=32).map(lambda data: Digest("sha256:" + data.hex()))
numbers: st.SearchStrategy[Number] = st.one_of(floats, st.sampled_from(NOT_FINITE))
scalars: st.SearchStrategy[Scalar] = st.one_of(texts, integers, floats, st.booleans(), st.none())

_PARTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=8)
paths = st.lists(_PARTS.filter(lambda part: part not in {".", ".."}), min_size=1, max_size=3).map("/".join)

_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    Digest: digests,
    Number: numbers,
    Scalar: scalars,
    str: texts,
    int: integers,
    float: floats,
    bool: st.booleans(),
    type(None): st.none(),
}


@cache
def objects(kind: type[T]) -> st.SearchStrategy[T]:
    """Return a strategy for one kind of object; an optional field is often left out.

    Args:
        kind: one of ``KINDS``, or a part of one.
    """
    if kind is Tree:
        return trees()  # type: ignore[return-value]
    hints = get_type_hints(kind)
    needed = {each.name: _values(hints[each.name]) for each in msgspec.structs.fields(kind) if each.required}
    optional = {each.name: _values(hints[each.name]) for each in msgspec.structs.fields(kind) if not each.required}
    return st.fixed_dictionaries(needed, optional=optional).map(lambda fields: kind(**fields))


def trees() -> st.SearchStrategy[Tree]:
    """Return a strategy for trees as the store accepts them: sorted paths, none twice, none below another one."""
    modes = st.sampled_from(get_args(get_type_hints(Entry)["mode"]))
    entries = st.lists(
        st.tuples(paths, digests, st.integers(0, 2**63 - 1), modes), max_size=5, unique_by=lambda each: each[0]
    )
    return entries.map(_tree)


def _tree(drawn: list[tuple[str, Digest, int, Mode]]) -> Tree:
    files = {path for path, *_ in drawn}
    return Tree(
        entries=tuple(
            Entry(path=path, digest=digest, size_bytes=size_bytes, mode=mode)
            for path, digest, size_bytes, mode in sorted(drawn)
            if not any(path.startswith(f"{other}/") for other in files)
        )
    )


def any_object() -> st.SearchStrategy[Object]:
    """Return a strategy for objects of every kind."""
    return st.one_of([objects(kind) for kind in KINDS])


def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for what an annotation allows."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple and inner[-1] is Ellipsis:
        return st.lists(_values(inner[0]), max_size=_ITEMS_MAX).map(tuple)
    made = _COMPOSED.get(origin)
    return made(*inner) if made else objects(hint)


_COMPOSED: dict[Any, Callable[..., st.SearchStrategy[Any]]] = {
    Literal: lambda *words: st.sampled_from(words),
    Union: lambda *choices: st.one_of([_values(each) for each in choices]),
    types.UnionType: lambda *choices: st.one_of([_values(each) for each in choices]),
    tuple: lambda *items: st.tuples(*(_values(each) for each in items)),
    dict: lambda key, value: st.dictionaries(_values(key), _values(value), max_size=_ITEMS_MAX),
}
"""How to make the values of an annotation from those of its parts."""
