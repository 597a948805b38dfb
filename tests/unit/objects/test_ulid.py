"""Ids sort by the time they were made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.ulid import is_ulid, ulid
from lineal.storage.clock import FixedClock, SystemClock

times = st.integers(0, 2**48 - 1)
randomness = st.binary(min_size=10, max_size=10)


@given(times, randomness)
def test_a_ulid_is_one(at: int, random_bytes: bytes) -> None:
    assert is_ulid(ulid(at, random_bytes))


@given(times, times, randomness, randomness)
def test_ulids_are_in_the_order_of_their_times(at: int, other_at: int, first: bytes, second: bytes) -> None:
    assert ((at, first) < (other_at, second)) == (ulid(at, first) < ulid(other_at, second))


def test_the_example_of_the_specification_has_its_time() -> None:
    # github.com/ulid/spec: 01ARYZ6S41… is 1469918176385.
    assert "01ARYZ6S41" == ulid(1_469_918_176_385, bytes(10))[:10]
    assert "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" == ulid(2**48 - 1, b"\xff" * 10)


@pytest.mark.parametrize(
    "text",
    ["", "0" * 25, "0" * 27, "8" + "0" * 25, "I" + "0" * 25, "0" * 25 + "u", "0" * 25 + "\n", "٠" + "0" * 25],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_ulid(text)


@pytest.mark.parametrize(("at", "random_bytes"), [(-1, bytes(10)), (2**48, bytes(10)), (0, bytes(9)), (0, bytes(11))])
def test_what_does_not_fit_is_refused(at: int, random_bytes: bytes) -> None:
    with pytest.raises(ValueError, match="48-bit"):
        ulid(at, random_bytes)


def test_clocks_make_new_ids_and_a_fixed_one_makes_the_same_again() -> None:
    system, fixed = SystemClock(), FixedClock()
    ids = [system.new_id() for _ in range(1_000)]

    assert len(ids) == len(set(ids))
    assert all(map(is_ulid, ids))
    assert [fixed.new_id(), fixed.new_id()] == [FixedClock().new_id(), FixedClock(fixed.at - 1).new_id()]
