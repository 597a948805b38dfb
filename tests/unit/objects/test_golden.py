"""The bytes and digests that were written down once stay as they are, for ever."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from lineal.objects.canonical import Object, canonical_bytes, decode, object_digest
from lineal.testing.strategies import KINDS
from tests.unit.objects.examples import EXAMPLES, every_golden, golden
from tests.unit.objects.specified import specified_bytes

names = pytest.mark.parametrize("name", EXAMPLES)


@names
def test_an_example_has_its_golden_bytes_and_digest(name: str) -> None:
    value, expected = EXAMPLES[name], golden()[name]

    assert expected.canonical == canonical_bytes(value).decode()
    assert expected.digest == object_digest(value)
    assert value == decode(expected.canonical, type(value))


@names
def test_golden_bytes_follow_the_page_and_golden_digests_are_their_sha256(name: str) -> None:
    expected = golden()[name]

    assert expected.canonical.encode() == specified_bytes(EXAMPLES[name])
    assert expected.digest == "sha256:" + hashlib.sha256(expected.canonical.encode()).hexdigest()


def test_what_was_written_down_once_still_has_its_bytes_and_digest() -> None:
    for tag, expected in every_golden():
        value = decode(expected.canonical, type(EXAMPLES[tag]))

        assert (expected.canonical, expected.digest) == (canonical_bytes(value).decode(), object_digest(value))


def test_every_kind_has_an_example() -> None:
    assert set(KINDS) == {type(each) for each in EXAMPLES.values()}
    assert set(EXAMPLES) == set(golden())


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_a_kind_set_all_of_its_fields(kind: type[Object]) -> None:
    said = {
        field.name
        for each in EXAMPLES.values()
        for field in msgspec.structs.fields(kind)
        if type(each) is kind and _is_said(each, field)
    }

    assert {field.name for field in msgspec.structs.fields(kind)} == said


def _is_said(value: Object, field: msgspec.structs.FieldInfo) -> bool:
    said: Any = getattr(value, field.name)
    return field.required or (bool(said) if isinstance(said, dict) else said != field.default)
