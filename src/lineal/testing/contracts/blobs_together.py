"""What every blob store promises of blobs that come, are read or are deleted together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, NotFound
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore

Spoil = Callable[[Digest, bytes], None]
"""Puts other bytes in the place of a blob, behind the store's back."""

ABSENT = digest_of(b"nobody ever stored this")
MANY = 300


def bundled(blobs: BlobStore, contents: Iterable[bytes]) -> list[Digest]:
    """Store blobs together; return their digests."""
    digests = list[Digest]()
    with blobs.bundle() as bundle:
        for each in contents:
            digests.append(digest_of(each))
            bundle.put(digests[-1], each)
    return digests


class BlobsTogether:
    """The promises. Needs the fixtures ``blobs`` (an empty store) and ``spoil``."""

    @pytest.mark.parametrize("count", [0, 1, 16, 17, MANY])
    def test_blobs_that_come_together_are_all_there(self, blobs: BlobStore, count: int) -> None:
        """Few or many, beside one that came alone; each can be read, as a whole and in parts."""
        alone = blobs.put(b"alone")
        contents = [str(number).encode() * (number % 50) for number in range(count)]
        digests = bundled(blobs, contents)

        assert {*digests, alone} == blobs.has([*digests, alone, ABSENT])
        assert sorted({*digests, alone}) == list(blobs.list())
        for data, digest in list(zip(contents, digests, strict=True))[-20:]:
            assert data == blobs.get(digest)
            assert data[1:4] == b"".join(blobs.open(digest, start=1, size=3))
            assert len(data) == blobs.size(digest)

    def test_blobs_that_come_together_may_be_large_together(self, blobs: BlobStore) -> None:
        """Each of them is small."""
        contents = [os.urandom(SMALL_BYTES - 1 - number) for number in range(20)]

        assert dict(zip(bundled(blobs, contents), contents, strict=True)) == dict(
            blobs.get_many([digest_of(each) for each in contents])
        )

    @pytest.mark.parametrize("count", [3, 40])
    def test_a_blob_that_comes_twice_together_is_there_once(self, blobs: BlobStore, count: int) -> None:
        """And one that was there before stays what it was."""
        contents = [str(number).encode() for number in range(count)]
        blobs.put(contents[0])
        bundled(blobs, contents * 2)
        digests = bundled(blobs, contents)

        assert sorted(digests) == list(blobs.list())
        assert dict(zip(digests, contents, strict=True)) == dict(blobs.get_many(digests))

    @pytest.mark.parametrize("count", [3, 40])
    def test_blobs_that_were_deleted_can_come_again(self, blobs: BlobStore, count: int) -> None:
        """The very same ones, in the same order."""
        contents = [str(number).encode() for number in range(count)]
        for each in bundled(blobs, contents):
            blobs.delete(each)
        assert not list(blobs.list())
        digests = bundled(blobs, contents)

        assert sorted(digests) == list(blobs.list())
        assert contents == [blobs.get(each) for each in digests]

    @pytest.mark.parametrize("count", [3, 40, MANY])
    def test_who_fails_among_blobs_that_come_together_leaves_none_half(self, blobs: BlobStore, count: int) -> None:
        """Each is there as a whole, or it is not; and the error is told as it is."""
        contents = [str(number).encode() * 100 for number in range(count)]

        def some() -> Iterator[bytes]:
            yield from contents
            raise ConnectionResetError("the sender is gone")

        with pytest.raises(ConnectionResetError, match="the sender is gone"):
            bundled(blobs, some())
        left = blobs.has(map(digest_of, contents))

        assert sorted(left) == list(blobs.list())
        assert left == {digest for digest, data in blobs.get_many(left) if data in contents}
        assert contents == [blobs.get(each) for each in bundled(blobs, contents)]

    def test_many_may_bring_the_same_together_at_once(self, blobs: BlobStore) -> None:
        """None of them fails, and all are there."""
        contents = [str(number).encode() for number in range(200)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda first: bundled(blobs, contents[first:]), (0, 0, 50, 150)))

        assert sorted(map(digest_of, contents)) == list(blobs.list())
        assert contents == [blobs.get(digest_of(each)) for each in contents]

    def test_many_are_read_together(self, blobs: BlobStore) -> None:
        """Wherever each of them is; each once, in an order of the store's own."""
        contents = [str(number).encode() for number in range(1_200)]
        bundled(blobs, contents[:1_000])
        bundled(blobs, contents[1_000:1_005])
        for each in contents[1_005:]:
            blobs.put(each)
        found = list(blobs.get_many([digest_of(each) for each in contents]))

        assert {digest_of(each): each for each in contents} == dict(found)
        assert len(contents) == len(found)
        assert [] == list(blobs.get_many([]))

    def test_where_many_lie_is_where_their_bytes_are(self, blobs: BlobStore) -> None:
        """Each once at most, in the order in which they lie."""
        contents = {digest_of(each): each for each in (str(number).encode() for number in range(600))}
        bundled(blobs, contents.values())
        for _ in range(2):  # the second time, more is known of them
            told = set[Digest]()
            for lying in blobs.places(contents):
                data = lying.path.read_bytes()
                starts = [each.start for each in lying.places]
                assert starts == sorted(starts)
                for each in lying.places:
                    assert each.digest not in told
                    assert contents[each.digest] == data[each.start : each.start + each.size_bytes]
                    told.add(each.digest)
            blobs.has(contents)

    def test_those_that_were_deleted_are_missing_among_many(self, blobs: BlobStore) -> None:
        """However well the others are known."""
        digests = bundled(blobs, (str(number).encode() for number in range(600)))
        assert set(digests) == blobs.has(digests)
        for each in digests[:2]:
            blobs.delete(each)

        assert set(digests[2:]) == blobs.has(digests)
        assert {each.digest for lying in blobs.places(digests) for each in lying.places} <= set(digests[2:])

    def test_one_that_is_not_here_is_not_found_among_many(self, blobs: BlobStore) -> None:
        """By its digest."""
        digests = bundled(blobs, (str(number).encode() for number in range(40)))
        with pytest.raises(NotFound, match=ABSENT):
            list(blobs.get_many([*digests, ABSENT]))

    def test_a_flipped_byte_is_named_among_many(self, blobs: BlobStore, spoil: Spoil, tmp_path: Path) -> None:
        """Whichever way it is read; the others are what they were."""
        digests = bundled(blobs, (b"what it was, number %d" % number for number in range(40)))
        spoil(digests[7], b"what it Was, number 7")
        reads: list[Callable[[], object]] = [
            lambda: list(blobs.get_many(digests)),
            lambda: blobs.get(digests[7]),
            lambda: blobs.fetch_to(digests[7], tmp_path / "file"),
        ]
        for ask in reads:
            with pytest.raises(Corrupt, match=digests[7]):
                ask()

        assert b"what it was, number 8" == blobs.get(digests[8])
        assert [] == list(tmp_path.iterdir())
