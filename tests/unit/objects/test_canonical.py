"""The bytes of an object are a function of its value, now and in later versions of Lineal."""

from __future__ import annotations

import importlib
import json
import math
import pkgutil
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineal.objects
from lineal.objects.canonical import NOT_FINITE, Object, canonical_bytes, decode, number, object_digest
from lineal.objects.digest import digest_of
from lineal.objects.errors import Corrupt, LinealError, Unsupported
from lineal.objects.files import Entry, Tree
from lineal.objects.runs import Code, Hardware, ModelFacts, Run, Runtime, Seeds
from lineal.objects.versions import Version
from lineal.testing.strategies import KINDS, any_object, floats, objects
from tests.unit.objects.examples import EXAMPLES, A
from tests.unit.objects.specified import specified_bytes

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@kinds
@given(data=st.data())
def test_an_object_comes_back_from_its_bytes_with_its_digest(kind: type[Object], data: st.DataObject) -> None:
    value = data.draw(objects(kind))
    bytes_of_it = canonical_bytes(value)

    assert value == decode(bytes_of_it, kind)
    assert bytes_of_it == canonical_bytes(decode(bytes_of_it, kind))
    assert digest_of(bytes_of_it) == object_digest(value)


@given(any_object())
def test_the_bytes_are_those_that_the_page_specifies(value: Object) -> None:
    assert specified_bytes(value) == canonical_bytes(value)


@given(floats)
def test_floats_are_spelled_as_the_page_specifies(value: float) -> None:
    tree = Version(weights=A, main_file="", run=A, code=A, runtime=A, metrics={"m": value})

    assert specified_bytes(tree) == canonical_bytes(tree)


@kinds
@given(data=st.data(), seed=st.integers())
def test_the_order_of_fields_plays_no_part(kind: type[Object], data: st.DataObject, seed: int) -> None:
    value = data.draw(objects(kind))
    shuffled = json.dumps(_shuffled(json.loads(canonical_bytes(value)), random.Random(seed)), indent=1)

    assert canonical_bytes(value) == canonical_bytes(decode(shuffled, kind))


@kinds
@given(data=st.data())
def test_a_new_field_with_a_default_changes_no_digest(kind: type[Object], data: st.DataObject) -> None:
    newer = msgspec.defstruct(
        kind.__name__,
        [("added_later", dict[str, str], {}), ("added_too", int, 0)],
        bases=(kind,),
        frozen=True,
        kw_only=True,
        omit_defaults=True,
        forbid_unknown_fields=True,
        tag=kind.__struct_config__.tag,
    )
    bytes_of_it = canonical_bytes(data.draw(objects(kind)))

    assert bytes_of_it == canonical_bytes(decode(bytes_of_it, newer))


@kinds
def test_a_field_of_a_newer_lineal_is_unsupported(kind: type[Object]) -> None:
    example = EXAMPLES[str(kind.__struct_config__.tag)]
    newer = json.dumps({**json.loads(canonical_bytes(example)), "added_later": 1})

    with pytest.raises(Unsupported, match="added_later") as caught:
        decode(newer, kind)

    assert "upgrade" in caught.value.hint


def test_an_object_of_another_kind_is_not_taken_for_it() -> None:
    with pytest.raises(LinealError):
        decode(canonical_bytes(EXAMPLES["card"]), Run)


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_garbage_is_corrupt_and_nothing_else(data: bytes) -> None:
    with pytest.raises((Corrupt, Unsupported)):
        decode(data, Run)


@given(st.data())
def test_cut_bytes_are_corrupt(data: st.DataObject) -> None:
    whole = canonical_bytes(EXAMPLES["run"])
    with pytest.raises(Corrupt):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))], Run)


@pytest.mark.parametrize(
    ("said", "unsaid"),
    [
        (Runtime(hardware=Hardware()), Runtime()),
        (msgspec.structs.replace(EXAMPLES["run"], seeds=Seeds()), None),
        (msgspec.structs.replace(EXAMPLES["version"], facts=ModelFacts()), None),
        (Entry(path="p", digest=A, size_bytes=1, mode=b"file".decode()), None),  # type: ignore[arg-type]
        (Code(commit=b"".decode(), masked_secrets=int("0")), Code()),
    ],
    ids=["hardware", "seeds", "facts", "mode", "empty"],
)
def test_a_default_that_is_said_is_as_one_that_is_not(said: Object, unsaid: Object | None) -> None:
    unsaid = unsaid or decode(specified_bytes(said), type(said))

    assert said == unsaid
    assert canonical_bytes(unsaid) == canonical_bytes(said)


def test_parts_have_no_tag_and_everything_else_has_its_own() -> None:
    for module in pkgutil.iter_modules(lineal.objects.__path__):
        importlib.import_module(f"lineal.objects.{module.name}")
    every = {each for each in Object.__subclasses__() if each.__module__.startswith("lineal.")}
    tagged = {each for each in every if each.__struct_config__.tag}

    assert set(KINDS) == tagged
    assert len(KINDS) == len({each.__struct_config__.tag for each in KINDS})


def test_objects_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Tree().entries = ()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "kept"),
    [(1, 1.0), (0.1, 0.1), (math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")],
)
def test_numbers_that_are_not_finite_are_words(value: float, kept: Any) -> None:
    assert kept == number(value)
    assert type(kept) is type(number(value))
    assert not isinstance(kept, str) or kept in NOT_FINITE


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, list):
        return [_shuffled(each, chance) for each in value]
    if isinstance(value, dict):
        return {name: _shuffled(value[name], chance) for name in chance.sample(sorted(value), len(value))}
    return value
