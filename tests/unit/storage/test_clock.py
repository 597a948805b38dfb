"""Ids are in the order in which they were made: what is sent in their order, such as webhooks, is sent in that of the acts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from lineal.objects.ulid import is_ulid
from lineal.storage.clock import SystemClock


def test_ids_grow_within_a_millisecond_too() -> None:
    clock = SystemClock()
    ids = [clock.new_id() for _ in range(10_000)]

    assert len({each[:10] for each in ids}) < len(ids)
    assert sorted(ids) == ids
    assert all(map(is_ulid, ids))


def test_threads_never_get_the_same() -> None:
    clock = SystemClock()
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: clock.new_id(), range(10_000)))

    assert len(set(ids)) == len(ids)


def test_two_processes_begin_anywhere() -> None:
    assert len({SystemClock().new_id()[10:14] for _ in range(20)}) > 1
