"""Packs: every blob is found and checked, and nothing damaged passes."""

from __future__ import annotations

import io
from contextlib import nullcontext, suppress
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats import pack
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt

blobs = st.lists(st.binary(max_size=60), max_size=40, unique=True)


def packed(contents: list[bytes]) -> tuple[pack.Table, bytes]:
    places, start = [], 0
    for each in contents:
        places.append(pack.Place(digest_of(each), start, len(each)))
        start += len(each)
    table = pack.table_of(places)
    return table, b"".join(contents) + pack.ending(table)


@given(blobs)
def test_what_goes_into_a_pack_comes_out(contents: list[bytes]) -> None:
    table, data = packed(contents)

    assert len(data) == table.size_bytes
    assert {digest_of(each): each for each in contents} == dict(pack.blobs_of(table.name, io.BytesIO(data)))
    assert sorted(map(digest_of, contents)) == list(table.digests())


@given(blobs, st.binary(max_size=60))
def test_a_blob_is_found_where_it_lies_and_no_other(contents: list[bytes], other: bytes) -> None:
    table, data = packed(contents)

    for each in contents:
        place = table.find(digest_of(each))
        assert place
        assert each == data[place.start : place.start + place.size_bytes]
    assert (other in contents) == (table.find(digest_of(other)) is not None)


@given(blobs.filter(bool), st.data())
def test_a_damaged_pack_never_passes(contents: list[bytes], data: st.DataObject) -> None:
    table, good = packed(contents)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = data.draw(
        st.sampled_from([good[:at], good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :], good[:at] + b"x" + good[at:]])
    )

    with pytest.raises(Corrupt):
        list(pack.blobs_of(table.name, io.BytesIO(bad)))


def passed(table: pack.Table, data: bytes, ends: list[int]) -> None:
    """Let a pack pass in pieces that end at ``ends``."""
    passing, cuts = pack.Passing(table), sorted({0, len(data), *ends})
    for start, end in pairwise(cuts):
        passing.take(data[start:end])
    passing.finish()


@given(st.lists(st.binary(max_size=60), max_size=40), st.data())
def test_a_pack_passes_in_pieces_of_any_size_and_a_damaged_one_never_does(
    contents: list[bytes], data: st.DataObject
) -> None:
    table, good = packed(list(dict.fromkeys(contents)))
    ends = data.draw(st.lists(st.integers(0, len(good))))
    at = data.draw(st.integers(0, len(good) - 1))
    bad = data.draw(
        st.sampled_from([good[:at], good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :], good[:at] + b"x" + good[at:]])
    )

    passed(table, good, ends)
    with pytest.raises(Corrupt):
        passed(table, bad, [min(each, len(bad)) for each in ends])


@given(blobs, st.data())
def test_the_size_of_some_blobs_is_that_of_each_together(contents: list[bytes], data: st.DataObject) -> None:
    table, _ = packed(contents)
    some = data.draw(st.sets(st.sampled_from(contents))) if contents else set()

    assert sum(map(len, some)) == table.size_of({pack.raw(digest_of(each)) for each in some})


@given(blobs, st.binary(max_size=60))
def test_a_table_that_somebody_checked_answers_as_one_that_was_just_checked(
    contents: list[bytes], other: bytes
) -> None:
    checked, data = packed(contents)
    known = pack.read_table(checked.name, io.BytesIO(data), is_known=True)

    assert (len(checked), checked.size_bytes, checked.spans()) == (len(known), known.size_bytes, known.spans())
    assert list(checked.digests()) == list(known.digests())
    for each in (*contents, other):
        assert checked.find(digest_of(each)) == known.find(digest_of(each))


def test_the_same_blobs_in_the_same_order_are_the_same_pack() -> None:
    assert packed([b"a", b"b"])[1] == packed([b"a", b"b"])[1]
    assert packed([b"a", b"b"])[0].name != packed([b"b", b"a"])[0].name


def test_a_table_whose_blobs_overlap_or_leave_gaps_is_corrupt() -> None:
    a, b = digest_of(b"a"), digest_of(b"b")

    for places in ([(a, 0, 1), (b, 0, 1)], [(a, 0, 1), (b, 2, 1)], [(a, 1, 1)]):
        with pytest.raises(Corrupt, match="side by side"):
            pack.table_of(pack.Place(*each) for each in places)


_span = st.tuples(st.integers(0, 6), st.integers(0, 3))


@given(st.lists(_span, max_size=6) | st.permutations([(0, 2), (2, 0), (2, 1), (3, 3), (6, 1)]))
def test_blobs_lie_side_by_side_when_each_begins_where_the_one_before_it_ends(spans: list[tuple[int, int]]) -> None:
    places = [pack.Place(digest_of(b"%d" % number), *each) for number, each in enumerate(spans)]
    ends = [0, *accumulate(size for _, size in sorted(spans))]
    are_side_by_side = [start for start, _ in sorted(spans)] == ends[:-1]

    with nullcontext() if are_side_by_side else pytest.raises(Corrupt, match="side by side"):
        assert ends[-1] == pack.table_of(places).data_bytes


@given(st.binary(max_size=80))
def test_any_bytes_are_a_table_or_corrupt(body: bytes) -> None:
    with suppress(Corrupt):
        assert body == pack.Table(body).body


@given(st.binary(min_size=32, max_size=32), st.integers(0, 1 << 40))
def test_a_frame_gives_back_what_it_says(key: bytes, size: int) -> None:
    digest = pack.cooked(key)

    assert (digest, size) == pack.frame_of(pack.frame(digest, size))
    assert key == pack.raw(digest)
    assert 0 <= pack.prefix(digest) < 1 << 63


def test_a_digest_keeps_its_spelling() -> None:
    digest = digest_of(b"")

    assert digest == Digest(pack.cooked(pack.raw(digest)))
    assert [pack.raw(digest)] * 2 == pack.raws([digest] * 2)
