"""Runs that one process begins at once are listed in the order in which they began."""

from __future__ import annotations

from lineal.capture.native.alone import new_id


def test_ids_of_one_process_sort_as_they_were_made() -> None:
    ids = [new_id() for _ in range(1_000)]

    assert sorted(set(ids)) == ids
