"""Digests name bytes, however they arrive."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.digest import Hasher, digest_of, is_digest, short
from lineal.objects.errors import ERRORS, LinealError


@given(st.lists(st.binary(max_size=50)))
def test_a_digest_does_not_depend_on_the_pieces(pieces: list[bytes]) -> None:
    hasher = Hasher()
    for piece in pieces:
        hasher.update(piece)
    whole = b"".join(pieces)

    assert "sha256:" + hashlib.sha256(whole).hexdigest() == hasher.digest == digest_of(whole)
    assert len(whole) == hasher.size_bytes
    assert is_digest(hasher.digest)


def test_the_digest_of_nothing_is_the_well_known_one() -> None:
    assert "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" == digest_of(b"")
    assert "sha256:e3b0c44298fc" == short(digest_of(b""))


@pytest.mark.parametrize(
    "text",
    ["", "sha256:", "sha256:" + "0" * 63, "sha256:" + "0" * 65, "sha256:" + "A" * 64, "0" * 64, "md5:" + "0" * 64],
)
def test_only_whole_digests_are_digests(text: str) -> None:
    assert not is_digest(text)
    assert not is_digest("sha256:" + "0" * 64 + "\n")


def test_every_error_has_a_number_of_its_own_for_scripts() -> None:
    plain = {name: error for name, error in ERRORS.items() if name != "Ambiguous"}

    assert len(plain) == len({error.exit_status for error in plain.values()})
    assert all(issubclass(error, LinealError) for error in ERRORS.values())
    assert ERRORS["NotFound"].exit_status == ERRORS["Ambiguous"].exit_status
