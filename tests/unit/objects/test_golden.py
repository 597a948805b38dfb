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

tags = pytest.mark.parametrize("tag", EXAMPLES)


@tags
def test_an_example_has_its_golden_bytes_and_digest(tag: str) -> None:
    value, expected = EXAMPLES[tag], golden()[tag]

    assert expected.canonical == canonical_bytes(value).decode()
    assert expected.digest == object_digest(value)
    assert value == decode(expected.canonical, type(value))


@tags
def test_golden_bytes_follow_the_page_and_golden_digests_are_their_sha256(tag: str) -> None:
    expected = golden()[tag]

    assert expected.canonical.encode() == specified_bytes(EXAMPLES[tag])
    assert expected.digest == "sha256:" + hashlib.sha256(expected.canonical.encode()).hexdigest()


def test_what_was_written_down_once_still_has_its_bytes_and_digest() -> None:
    for tag, expected in every_golden():
        value = decode(expected.canonical, type(EXAMPLES[tag]))

        assert (expected.canonical, expected.digest) == (canonical_bytes(value).decode(), object_digest(value))


def test_every_kind_has_an_example() -> None:
    assert {each.__struct_config__.tag for each in KINDS} == set(EXAMPLES) == set(golden())


@tags
def test_an_example_sets_every_field_of_its_kind(tag: str) -> None:
    unset = {field.name for field in msgspec.structs.fields(EXAMPLES[tag]) if not _is_said(EXAMPLES[tag], field)}

    assert set() == unset


def _is_said(value: Object, field: msgspec.structs.FieldInfo) -> bool:
    said: Any = getattr(value, field.name)
    return field.required or (bool(said) if isinstance(said, dict) else said != field.default)
