"""Checkpoints are signed notes, byte for byte."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.signatures.keys import make_key
from lineal.formats.transparency.notes import (
    Checkpoint,
    key_id,
    parse_checkpoint,
    parse_verifier_key,
    verifier_key,
)
from lineal.objects.errors import Invalid

ROOT = bytes(range(32))


def test_a_checkpoint_is_three_lines_an_empty_one_and_signatures() -> None:
    key = make_key("ed25519")
    signed = Checkpoint("example.org/log", 7, ROOT).signed("example.org/log", key.public.raw, key.sign)
    text = f"example.org/log\n7\n{base64.b64encode(ROOT).decode()}\n"
    name, told = signed.note.splitlines()[-1].removeprefix("\N{EM DASH} ").split(" ")

    assert f"{text}\n\N{EM DASH} " == signed.note[: len(text) + 3]
    assert key.public.has_signed(base64.b64decode(told)[4:], text.encode())
    assert ("example.org/log", key_id(name, key.public.raw)) == (name, base64.b64decode(told)[:4])
    assert signed == parse_checkpoint(signed.note)


def test_a_key_is_written_as_the_specification_has_it() -> None:
    # The example of C2SP signed-note.
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    name, public = parse_verifier_key(text)

    assert "PeterNeumann" == name
    assert text == verifier_key(name, public)


@given(st.integers(0, 10**18), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_nobody_signed_is_one_too(size: int, root: bytes) -> None:
    assert Checkpoint("a", size, root) == parse_checkpoint(Checkpoint("a", size, root).note)


@pytest.mark.parametrize("note", ["", "a\n1\n", "a\n01\nAA==\n\n", "a\n1\nAA==\n\n", "\n1\n" + "A" * 43 + "=\n\n"])
def test_what_is_none_is_told(note: str) -> None:
    with pytest.raises(Invalid, match="checkpoint"):
        parse_checkpoint(note)


def test_a_key_with_the_id_of_another_is_told() -> None:
    with pytest.raises(Invalid, match="no key"):
        parse_verifier_key("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
