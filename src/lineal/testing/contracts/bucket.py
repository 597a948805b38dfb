"""What every bucket promises.

Subclass ``BucketContract`` in a test module and define one fixture::

    class TestMyBucket(BucketContract):
        @pytest.fixture
        def bucket(self, tmp_path): return MyBucket(tmp_path)
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lineal.objects.digest import digest_of
from lineal.objects.errors import Invalid, LinealError, NotFound, Unavailable
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.objectstore import PART_BYTES, RANGE_BYTES

SIZES = (0, 1, 4097, PART_BYTES, PART_BYTES + 1, RANGE_BYTES, RANGE_BYTES + 1)
NO_KEYS = (
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    "a b",
    "a\nb",
    "a\0b",
    "ä",
    "~a",
    "a\\b",
    "x" * 901,
)
KEYS = ("a-b", "a.b", "a/b", "a/b-c", "a/c/d", "a/c/e", "ab", "b/a")
"""In their order, which is not the order of a walk through folders by name."""

PREFIXES = ("", "a", "a/", "a/b", "a/c", "a/c/", "a-", "b/a", "c", "a/c/d/", "../", "/")


class _Interrupted(Exception):
    """Somebody does not want to wait any longer."""


def _interrupt(_: int) -> None:
    raise _Interrupted


class BucketContract:
    """The promises. Needs the fixture ``bucket``: an empty one."""

    many = 60
    """How many objects make a long listing: for an object store, more than it tells at once."""

    @pytest.fixture
    def sent(self, tmp_path: Path) -> Callable[[bytes], Path]:
        """Write a file to send, in a directory of its own."""

        def write(data: bytes) -> Path:
            folder = tmp_path / "sent"
            folder.mkdir(exist_ok=True)
            path = folder / "a file with spaces\nand a line break"
            path.write_bytes(data)
            return path

        return write

    @pytest.mark.parametrize("size_bytes", SIZES)
    def test_what_is_stored_comes_back(
        self, bucket: Bucket, sent: Callable[[bytes], Path], tmp_path: Path, size_bytes: int
    ) -> None:
        """Of every size around the parts in which it travels, and each byte is told once."""
        data, up, down = os.urandom(size_bytes), list[int](), list[int]()
        held = bucket.put_file("packs/some-file.bin", sent(data), progress=up.append)
        (tmp_path / "got").mkdir()
        bucket.fetch("packs/some-file.bin", tmp_path / "got" / "file", progress=down.append)

        assert data == (tmp_path / "got" / "file").read_bytes()
        assert (size_bytes, size_bytes, size_bytes) == (held.size_bytes, sum(up), sum(down))
        assert [tmp_path / "got" / "file"] == list((tmp_path / "got").iterdir())
        found = bucket.fetch("packs/some-file.bin", tmp_path / "again", hashed=True, spare=tmp_path / "spare")
        assert found in {None, digest_of(data)}
        if (tmp_path / "spare").exists():
            assert (found, data) == (digest_of(data), (tmp_path / "spare").read_bytes())
        assert data == (tmp_path / "again").read_bytes()

    def test_small_things_are_put_and_got(self, bucket: Bucket) -> None:
        """Also nothing at all."""
        for data in (b"", b"\0", b"hello", os.urandom(70_000)):
            held = bucket.put("trees/ab/cd", data)

            assert ("trees/ab/cd", len(data)) == (held.key, held.size_bytes)
            assert data == bucket.get("trees/ab/cd")

    def test_what_is_known_is_known_the_same_way_everywhere(self, bucket: Bucket) -> None:
        """When it is put, when it is asked for, and in a list."""
        put = bucket.put("some/key", b"content")
        headed, listed = bucket.head("some/key"), next(bucket.list("some/"))

        assert headed
        assert put.etag
        assert {("some/key", 7, put.etag)} == {(each.key, each.size_bytes, each.etag) for each in (put, headed, listed)}
        assert put.version == headed.version
        assert abs(headed.modified_at - time.time_ns() // 1_000_000) < 60_000

    def test_the_newer_bytes_take_the_place_of_the_older(self, bucket: Bucket, sent: Callable[[bytes], Path]) -> None:
        """Whole, however they come."""
        first = bucket.put("key", b"older and longer")
        second = bucket.put_file("key", sent(b"newer"))

        assert b"newer" == bucket.get("key")
        assert first.etag != second.etag
        assert ["key"] == [each.key for each in bucket.list()]

    def test_a_range_is_what_a_slice_would_give(self, bucket: Bucket) -> None:
        """Also past the end."""
        data = b"0123456789"
        bucket.put("key", data)
        bucket.put("empty", b"")
        ranges = [
            (0, None),
            (0, 0),
            (3, None),
            (3, 4),
            (9, 100),
            (10, 5),
            (10, None),
            (50, None),
            (50, 3),
            (0, 10),
            (0, 1),
        ]

        assert [data[start : None if size is None else start + size] for start, size in ranges] == [
            bucket.get("key", start=start, size=size) for start, size in ranges
        ]
        assert b"" == bucket.get("empty") == bucket.get("empty", start=0, size=5)

    def test_what_is_not_here_is_not_found(self, bucket: Bucket, tmp_path: Path) -> None:
        """Whatever is asked of it; the message names it, and no file is left."""
        bucket.put("folder/key", b"")
        asks: list[Callable[[str], object]] = [
            bucket.get,
            lambda key: bucket.get(key, start=1, size=0),
            lambda key: bucket.fetch(key, tmp_path / "file"),
        ]
        for key in ("nothing", "folder", "folder/key2"):
            for ask in asks:
                with pytest.raises(NotFound, match=key) as caught:
                    ask(key)

                assert caught.value.hint
            assert bucket.head(key) is None
        assert [] == list(tmp_path.iterdir())

    def test_only_files_that_are_there_are_sent(self, bucket: Bucket, tmp_path: Path) -> None:
        """A named pipe would otherwise be waited for, without end."""
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(NotFound, match=r"missing\.bin"):
            bucket.put_file("key", tmp_path / "missing.bin")
        for name in (".", "pipe"):
            with pytest.raises(Invalid):
                bucket.put_file("key", tmp_path / name)

        assert [] == list(bucket.list())

    def test_a_text_that_is_no_key_is_refused(self, bucket: Bucket, tmp_path: Path) -> None:
        """It never becomes a path, here or there."""
        (tmp_path / "file").write_bytes(b"content")
        asks: list[Callable[[str], object]] = [
            lambda key: bucket.put(key, b"content"),
            lambda key: bucket.put_file(key, tmp_path / "file"),
            bucket.get,
            lambda key: bucket.fetch(key, tmp_path / "got"),
            bucket.head,
            lambda key: bucket.delete([key]),
        ]
        for key in NO_KEYS:
            for ask in asks:
                with pytest.raises(Invalid):
                    ask(key)

        assert [] == list(bucket.list())
        assert not (tmp_path / "got").exists()

    def test_a_list_is_what_begins_so_in_order(self, bucket: Bucket) -> None:
        """A prefix may end anywhere, not only at a slash."""
        for key in reversed(KEYS):
            bucket.put(key, key.encode())

        for prefix in PREFIXES:
            assert [each for each in KEYS if each.startswith(prefix)] == [each.key for each in bucket.list(prefix)]

    def test_a_long_list_is_complete(self, bucket: Bucket) -> None:
        """And in order, and can be deleted at once, by whatever yields the keys."""
        keys = [f"objects/{number % 16:x}/{number:06}" for number in range(self.many)]
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda key: bucket.put(key, b"x"), keys))
        bucket.put("kept", b"")

        assert sorted(keys) == [each.key for each in bucket.list("objects/")]

        bucket.delete(each.key for each in bucket.list("objects/"))

        assert ["kept"] == [each.key for each in bucket.list()]

    def test_deleting_can_be_repeated(self, bucket: Bucket) -> None:
        """What is not there is no fault, and hides none that is."""
        for key in ("gone/1", "gone/2", "kept"):
            bucket.put(key, b"")
        bucket.delete(["gone/1", "never/there", "gone/2", "gone"])
        bucket.delete(["gone/1"])
        bucket.delete([])

        assert ["kept"] == [each.key for each in bucket.list()]
        assert bucket.head("gone/1") is None

    def test_an_upload_that_breaks_off_leaves_nothing(self, bucket: Bucket, sent: Callable[[bytes], Path]) -> None:
        """What was there stays as it was."""
        bucket.put("key", b"older")

        path = sent(os.urandom(PART_BYTES + 1))
        for key in ("key", "new"):
            with pytest.raises(_Interrupted):
                bucket.put_file(key, path, progress=_interrupt)

        assert b"older" == bucket.get("key")
        assert bucket.head("new") is None

    def test_a_download_that_breaks_off_leaves_nothing(self, bucket: Bucket, tmp_path: Path) -> None:
        """The file that was there stays as it was."""
        bucket.put("key", os.urandom(100_000))
        (tmp_path / "file").write_bytes(b"older")

        with pytest.raises(_Interrupted):
            bucket.fetch("key", tmp_path / "file", progress=_interrupt)

        assert b"older" == (tmp_path / "file").read_bytes()
        assert [tmp_path / "file"] == list(tmp_path.iterdir())

    def test_a_place_that_cannot_be_written_is_told(self, bucket: Bucket, tmp_path: Path) -> None:
        """By its name."""
        bucket.put("key", b"content")
        with pytest.raises(Unavailable, match="nowhere"):
            bucket.fetch("key", tmp_path / "nowhere" / "file")

    def test_readers_see_all_of_an_object_or_none(self, bucket: Bucket) -> None:
        """While two write it, again and again."""
        size = 300_000
        bucket.put("key", bytes(size))

        def write(sign: int) -> None:
            for _ in range(5):
                bucket.put("key", bytes([sign]) * size)

        def read(_: int) -> Iterator[tuple[int, int]]:
            return ((len(data := bucket.get("key")), len(set(data))) for _ in range(5))

        with ThreadPoolExecutor(4) as pool:
            writing = [pool.submit(write, sign) for sign in (1, 2)]
            seen = [pair for found in pool.map(lambda n: list(read(n)), range(2)) for pair in found]
            for each in writing:
                each.result()

        assert {(size, 1)} == set(seen)

    def test_many_large_things_can_be_on_their_way_at_once(self, bucket: Bucket, tmp_path: Path) -> None:
        """None waits for another without end, and none gets another's bytes."""
        contents = [os.urandom(PART_BYTES + number) for number in (1, 2, 3)]
        for number, data in enumerate(contents):
            (tmp_path / f"sent-{number}").write_bytes(data)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda n: bucket.put_file(f"large/{n}", tmp_path / f"sent-{n}"), range(3)))
            list(pool.map(lambda n: bucket.fetch(f"large/{n}", tmp_path / f"got-{n}"), range(3)))

        assert contents == [(tmp_path / f"got-{number}").read_bytes() for number in range(3)]

    def test_every_error_says_what_to_do(self, bucket: Bucket, tmp_path: Path) -> None:
        """A message names the thing; a hint names the next step."""
        for ask in (lambda: bucket.get("nothing"), lambda: bucket.get("../x"), lambda: bucket.put_file("a", tmp_path)):
            with pytest.raises(LinealError) as caught:
                ask()

            assert caught.value.message
            assert caught.value.hint
