"""What every blob store promises.

Subclass ``BlobStoreContract`` in a test module and define two fixtures::

    class TestMyBlobs(BlobStoreContract):
        @pytest.fixture
        def blobs(self, tmp_path): return MyBlobs(tmp_path)

        @pytest.fixture
        def spoil(self, blobs): return lambda digest, data: ...  # put other bytes in its place, wherever that is
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid, LinealError, NotFound
from lineal.storage.blobs.blobs import PIECE_BYTES, SMALL_BYTES, BlobStore
from lineal.testing.contracts.blobs_together import ABSENT, BlobsTogether, Spoil, bundled

SIZES = (0, 1, 4095, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES + 7)
NO_DIGESTS = ("", "sha256:", "sha256:" + "z" * 64, "sha256:" + "A" * 64, "md5:" + "0" * 32, "../../etc/passwd")


class BlobStoreContract(BlobsTogether):
    """The promises. Needs the fixtures ``blobs`` (an empty store) and ``spoil``."""

    @pytest.mark.parametrize("size_bytes", SIZES)
    def test_what_is_stored_comes_back(self, blobs: BlobStore, size_bytes: int) -> None:
        """Of every size around the pieces in which bytes travel."""
        data = os.urandom(size_bytes)
        digest = blobs.put(data)

        assert digest_of(data) == digest
        assert data == blobs.get(digest)
        assert data == b"".join(blobs.open(digest))
        assert size_bytes == blobs.size(digest)
        assert {digest} == blobs.has([digest])

    def test_pieces_make_one_blob(self, blobs: BlobStore) -> None:
        """However they were cut."""
        pieces = [b"", b"one", b"", b"two" * PIECE_BYTES, b"three"]
        whole = b"".join(pieces)

        assert (digest_of(whole), len(whole)) == blobs.put_stream(iter(pieces))
        assert whole == blobs.get(digest_of(whole))

    def test_storing_again_changes_nothing(self, blobs: BlobStore) -> None:
        """Whichever way it comes."""
        first = blobs.put(b"same")
        second, _ = blobs.put_stream([b"sa", b"me"], expected=first)

        assert first == second
        assert [first] == list(blobs.list())

    def test_other_bytes_than_expected_are_refused_and_not_kept(self, blobs: BlobStore) -> None:
        """A transfer that went wrong leaves nothing."""
        with pytest.raises(Corrupt, match=ABSENT):
            blobs.put_stream([b"damaged ", b"on the way"], expected=ABSENT)

        assert not list(blobs.list())

    def test_a_sender_that_fails_leaves_nothing(self, blobs: BlobStore) -> None:
        """And its error is told as it is."""

        def pieces() -> Iterator[bytes]:
            yield b"the first half"
            raise ConnectionResetError("the sender is gone")

        with pytest.raises(ConnectionResetError, match="the sender is gone"):
            blobs.put_stream(pieces())

        assert not list(blobs.list())

    def test_a_file_is_stored_by_its_content(self, blobs: BlobStore, tmp_path: Path) -> None:
        """Its name plays no part."""
        data = os.urandom(PIECE_BYTES + 1)
        path = tmp_path / "a file with spaces\nand a line break"
        path.write_bytes(data)

        assert (digest_of(data), len(data)) == blobs.put_file(path, expected=digest_of(data))
        assert data == blobs.get(digest_of(data))

    def test_a_file_that_is_not_there_is_not_found(self, blobs: BlobStore, tmp_path: Path) -> None:
        """And the message names it."""
        with pytest.raises(NotFound, match=r"missing\.csv"):
            blobs.put_file(tmp_path / "missing.csv")

    def test_only_regular_files_are_stored(self, blobs: BlobStore, tmp_path: Path) -> None:
        """A named pipe would otherwise be waited for, without end."""
        os.mkfifo(tmp_path / "pipe")
        for name in (".", "pipe"):
            with pytest.raises(Invalid):
                blobs.put_file(tmp_path / name)

    def test_a_file_that_changes_while_it_is_read_is_told(self, blobs: BlobStore, tmp_path: Path) -> None:
        """Its digest would be that of a content it never had."""
        path = tmp_path / "growing.log"
        path.write_bytes(os.urandom(8 * PIECE_BYTES))
        may_end = threading.Event()

        def grow() -> None:
            with path.open("ab", buffering=0) as file:
                while not may_end.is_set():
                    file.write(b"x")
                    may_end.wait(0.0005)

        def put_often() -> None:
            # On a busy machine the writer may sleep through a whole read: such a read is a true one.
            for _ in range(50):
                blobs.put_file(path)

        writer = threading.Thread(target=grow)
        writer.start()
        try:
            with pytest.raises(Conflict, match=r"growing\.log changed while it was read"):
                put_often()
        finally:
            may_end.set()
            writer.join()

    def test_what_is_not_here_is_not_found(self, blobs: BlobStore, tmp_path: Path) -> None:
        """Whatever is asked of it."""
        asked: list[Callable[[], object]] = [
            lambda: blobs.get(ABSENT),
            lambda: b"".join(blobs.open(ABSENT)),
            lambda: blobs.size(ABSENT),
            lambda: blobs.fetch_to(ABSENT, tmp_path / "file"),
        ]
        for ask in asked:
            with pytest.raises(NotFound, match=ABSENT):
                ask()

        assert not blobs.has([ABSENT])
        assert not (tmp_path / "file").exists()

    @pytest.mark.parametrize("text", NO_DIGESTS)
    def test_a_text_that_is_no_digest_is_not_found(self, blobs: BlobStore, text: str) -> None:
        """And never becomes a path."""
        for ask in (blobs.get, blobs.size, lambda digest: b"".join(blobs.open(digest))):
            with pytest.raises(NotFound):
                ask(Digest(text))
        blobs.delete(Digest(text))

        assert not blobs.has([Digest(text)])

    @pytest.mark.parametrize(("start", "size"), [(0, None), (0, 0), (3, None), (3, 4), (9, 100), (10, 5), (50, None)])
    def test_a_range_of_bytes_can_be_read(self, blobs: BlobStore, start: int, size: int | None) -> None:
        """As a slice would give it."""
        data = b"0123456789"
        end = None if size is None else start + size

        assert data[start:end] == b"".join(blobs.open(blobs.put(data), start=start, size=size))

    def test_a_range_may_cross_pieces(self, blobs: BlobStore) -> None:
        """In a blob larger than one."""
        data = os.urandom(2 * PIECE_BYTES)
        digest = blobs.put(data)

        assert data[5 : PIECE_BYTES + 9] == b"".join(blobs.open(digest, start=5, size=PIECE_BYTES + 4))

    def test_the_list_is_complete_and_in_order(self, blobs: BlobStore) -> None:
        """So that two stores can be compared as they are listed."""
        digests = {blobs.put(str(number).encode()) for number in range(50)}

        assert sorted(digests) == list(blobs.list())
        assert digests == blobs.has([*digests, ABSENT])

    def test_deleting_is_final_and_can_be_repeated(self, blobs: BlobStore) -> None:
        """And touches nothing else."""
        gone, kept = blobs.put(b"gone"), blobs.put(b"kept")
        blobs.delete(gone)
        blobs.delete(gone)

        assert [kept] == list(blobs.list())
        assert {kept} == blobs.has([gone, kept])

    def test_a_blob_can_be_written_to_a_file(self, blobs: BlobStore, tmp_path: Path) -> None:
        """In the place of an older one, under any name that a file may have."""
        path = tmp_path / ("x" * 255)
        path.write_bytes(b"older")
        blobs.fetch_to(blobs.put(b"newer"), path)

        assert b"newer" == path.read_bytes()
        assert [path] == list(tmp_path.iterdir())

    def test_a_flipped_byte_is_named(self, blobs: BlobStore, spoil: Spoil) -> None:
        """By digest, whichever way it is read."""
        digest = blobs.put(b"what it was")
        spoil(digest, b"what it Was")
        for read in (blobs.get, lambda name: b"".join(blobs.open(name))):
            with pytest.raises(Corrupt, match=digest):
                read(digest)

    @pytest.mark.parametrize("left", [0, 1, PIECE_BYTES])
    def test_a_truncated_blob_is_named(self, blobs: BlobStore, spoil: Spoil, left: int) -> None:
        """Also when it was cut between two pieces."""
        data = os.urandom(2 * PIECE_BYTES)
        digest = blobs.put(data)
        spoil(digest, data[:left])
        with pytest.raises(Corrupt, match=digest):
            blobs.get(digest)

    def test_a_spoiled_blob_never_becomes_a_file(self, blobs: BlobStore, spoil: Spoil, tmp_path: Path) -> None:
        """What stood there stays."""
        digest = blobs.put(b"what it was")
        spoil(digest, b"what it Was")
        (tmp_path / "model").write_bytes(b"older")
        with pytest.raises(Corrupt, match=digest):
            blobs.fetch_to(digest, tmp_path / "model")

        assert b"older" == (tmp_path / "model").read_bytes()
        assert [tmp_path / "model"] == list(tmp_path.iterdir())

    def test_many_may_write_the_same_at_once(self, blobs: BlobStore) -> None:
        """None of them fails, and the bytes are right."""
        contents = [os.urandom(PIECE_BYTES // 4) for _ in range(4)]
        with ThreadPoolExecutor(8) as pool:
            digests = set(pool.map(blobs.put, contents * 8))

        assert digests == set(blobs.list())
        assert contents == [blobs.get(digest_of(each)) for each in contents]

    @pytest.mark.parametrize("base", ["none", "absent", "small", "bundled", "large", "version"])
    def test_a_file_is_what_it_is_whatever_it_is_compared_with(
        self, blobs: BlobStore, tmp_path: Path, base: str
    ) -> None:
        """A store may keep only what differs; who reads the file never knows."""
        before = os.urandom(3 * SMALL_BYTES)
        bases = {
            "none": None,
            "absent": ABSENT,
            "small": blobs.put(before[:1_000]),
            "bundled": bundled(blobs, (before[number : number + 999] for number in range(40)))[0],
            "large": blobs.put(before),
        }
        version = before[:1_000_000] + b"inserted" + before[1_000_000:]
        (tmp_path / "version").write_bytes(version)
        bases["version"] = blobs.put_file(tmp_path / "version", base=bases["large"])[0]
        data = version[: 2 * SMALL_BYTES] + b"changed" + version[2 * SMALL_BYTES + 7 :] + b"appended"
        (tmp_path / "file").write_bytes(data)

        assert (digest_of(data), len(data)) == blobs.put_file(tmp_path / "file", base=bases[base])
        assert data == blobs.get(digest_of(data))
        assert len(data) == blobs.size(digest_of(data))
        start = SMALL_BYTES - 9
        assert data[start : start + 2_000_000] == b"".join(blobs.open(digest_of(data), start=start, size=2_000_000))
        blobs.fetch_to(digest_of(data), tmp_path / "copy")
        assert data == (tmp_path / "copy").read_bytes()
        with pytest.raises(Corrupt, match=ABSENT):
            blobs.put_file(tmp_path / "file", expected=ABSENT, base=bases[base])

    def test_every_error_says_what_to_do(self, blobs: BlobStore, tmp_path: Path) -> None:
        """A message names the thing; a hint names the next step."""
        for ask in (lambda: blobs.get(ABSENT), lambda: blobs.put_file(tmp_path / "missing")):
            with pytest.raises(LinealError) as caught:
                ask()

            assert caught.value.message
            assert caught.value.hint
