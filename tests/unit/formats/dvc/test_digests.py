"""MD5 as DVC takes it, before and since 3.0."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.dvc.digests import HASHERS, PIECE_BYTES, Algorithm, Dos2Unix, is_md5, is_text_block


def digest(data: bytes, algorithm: Algorithm = "md5", *, cut: int = 1 << 30) -> str:
    hasher = HASHERS[algorithm]()
    for start in range(0, len(data), cut):
        hasher.update(data[start : start + cut])
    assert hasher.names(hasher.value)
    return hasher.value


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


@given(st.binary(max_size=3000), st.sampled_from(["md5", "md5-dos2unix"]), st.integers(1, 700))
def test_it_does_not_matter_how_bytes_are_cut(data: bytes, algorithm: Algorithm, cut: int) -> None:
    assert digest(data, algorithm) == digest(data, algorithm, cut=cut)


def test_line_ends_of_text_counted_as_unix_before_3_0() -> None:
    assert md5(b"a\nb\r\n".replace(b"\r\n", b"\n")) == digest(b"a\r\nb\r\n", "md5-dos2unix")
    assert md5(b"a\r\nb\r\n") == digest(b"a\r\nb\r\n")


def test_bytes_that_are_no_text_counted_as_they_are() -> None:
    data = bytes(range(256)) + b"\r\n"

    assert md5(data) == digest(data, "md5-dos2unix")


def test_text_is_decided_for_each_piece_now_and_was_for_the_file_once() -> None:
    text, other = b"x" * (PIECE_BYTES - 2) + b"\r\n", b"\0" + b"\r\n" * 10
    hasher = Dos2Unix()
    hasher.update(text + other)
    by_piece, by_file = md5(text[:-2] + b"\n" + other), md5((text + other).replace(b"\r\n", b"\n"))

    assert by_piece == hasher.value
    assert hasher.names(by_piece)
    assert hasher.names(by_file)
    assert not hasher.names(md5(text + other))


@pytest.mark.parametrize(
    ("block", "is_text"),
    [
        (b"", True),
        (b"words\r\n", True),
        (b"a\0b", False),
        (b"\xff" * 31 + b"a" * 69, False),
        (b"\xff" * 3 + b"a" * 7, True),
    ],
)
def test_what_looks_like_text(block: bytes, is_text: bool) -> None:
    assert is_text == is_text_block(block)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("0" * 32, True), ("0" * 32 + ".dir", True), ("0" * 31, False), ("A" * 32, False), ("../" + "0" * 29, False)],
)
def test_what_is_an_md5(text: str, is_one: bool) -> None:
    assert is_one == is_md5(text)
