"""SHA-256 from the middle on: what Python's own says of the whole."""

from __future__ import annotations

import ctypes
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.digest import digest_of
from lineal.storage import sha256
from lineal.storage.sha256 import RunningSha256, can_run


def test_it_runs_here() -> None:
    assert can_run()


@given(st.binary(max_size=3_000), st.integers(0, 40), st.lists(st.integers(1, 500)))
def test_from_any_state_on_it_comes_to_the_digest_of_the_whole(data: bytes, blocks: int, cuts: list[int]) -> None:
    border = min(blocks, len(data) // 64) * 64
    before = RunningSha256()
    before.update(data[:border])
    after = RunningSha256(before.state if border else b"", border)
    rest = data[border:]
    for cut in cuts:
        after.update(memoryview(bytearray(rest[:cut])))
        rest = rest[cut:]
    after.update(rest)

    assert after.digest == digest_of(data)
    assert after.digest == digest_of(data)  # asked twice, it goes on as before
    assert before.digest == digest_of(data[:border])


def test_it_goes_on_after_the_digest_was_asked_for() -> None:
    running = RunningSha256()
    running.update(b"one")
    assert running.digest == digest_of(b"one")
    running.update(b"two")
    assert running.digest == digest_of(b"onetwo")


def test_lengths_of_more_than_four_gibibits_count() -> None:
    # The digest depends on the state and the length; a file of 2 GiB would only say the same more slowly.
    short, long = RunningSha256(bytes(32), 64), RunningSha256(bytes(32), 64 + (1 << 29))
    assert (long._context.low, long._context.high) == (short._context.low, 1)
    assert short.digest != long.digest


def test_another_state_gives_another_digest() -> None:
    right, wrong = RunningSha256(), RunningSha256(hashlib.sha256(b"").digest(), 64)
    assert right.digest != wrong.digest


@pytest.mark.parametrize("wrong", ["does nothing", "is not there"])
def test_a_library_that_does_not_do_it_right_is_not_used(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def __init__(self, _: str) -> None:
            for name in ("SHA256_Init", "SHA256_Update", "SHA256_Final") if wrong == "does nothing" else ():
                setattr(self, name, ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1))

    monkeypatch.setattr(ctypes, "CDLL", Library)
    sha256._library.cache_clear()
    try:
        assert not can_run()
    finally:
        sha256._library.cache_clear()
