"""Parts of a file wait beside each other, most of them in their places already, until they are put together, or are old."""

from __future__ import annotations

import os
import random
import resource
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Invalid, LinealError, NotFound, Unavailable
from lineal.storage.blobs.ahead import Ahead
from lineal.storage.blobs.parts import KEPT_SECONDS, Parts

UPLOAD, OTHER = "0" * 32, "1" * 32


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path / "scratch", Ahead())


def whole(parts: Parts, upload: str, *tags: str) -> bytes:
    return b"".join(parts.pieces(upload, tags))


def sent(parts: Parts, number: int, data: bytes, upload: str = UPLOAD) -> str:
    """Send a part of which it is known how large it is, in pieces."""
    return parts.put(upload, number, [data[at : at + 999] for at in range(0, len(data), 999)], len(data))


def gathered(parts: Parts, *tags: str) -> bytes | None:
    """Return what is in the file that is made of the parts, which must be what it is said to be."""
    with parts.gathered(UPLOAD, tags) as found:
        if not found:
            return None
        data = found.path.read_bytes()
        assert digest_of(data) == found.digest
    assert not found.path.exists()
    assert data == whole(parts, UPLOAD, *tags)
    return data


def names(tmp_path: Path) -> list[str]:
    return sorted(each.name.split(".")[2] for each in (tmp_path / "scratch").iterdir())


def test_parts_are_put_together_in_their_order_by_their_tags(parts: Parts):
    second = parts.put(UPLOAD, 2, [b"c", b"d"])
    first = parts.put(UPLOAD, 1, [b"a", b"b"])
    again = parts.put(UPLOAD, 1, [b"x"])
    empty = parts.put(UPLOAD, 3, [])

    assert b"abcd" == whole(parts, UPLOAD, first, second, empty)
    assert b"xcd" == whole(parts, UPLOAD, again, second)


@pytest.mark.parametrize("tag", ["", "x", "../../x", "0" * 16 + "-4", "0" * 16 + "-4/../x"])
def test_what_never_came_is_not_here(tag: str, parts: Parts):
    known = parts.put(UPLOAD, 1, [b"a"])
    for upload, tags in ((UPLOAD, (known, tag)), (OTHER, (known,)), ("../x", (known,)), (UPLOAD, (tag,))):
        with pytest.raises(NotFound):
            whole(parts, upload, *tags)


def test_a_part_that_comes_only_half_leaves_nothing(parts: Parts, tmp_path: Path):
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise LinealError("gone")

    with pytest.raises(LinealError, match="gone"):
        parts.put(UPLOAD, 1, pieces())
    assert [] == list((tmp_path / "scratch").iterdir())


def test_a_part_that_lost_its_end_is_told(parts: Parts, tmp_path: Path):
    tag = parts.put(UPLOAD, 1, [b"abc"])
    (path,) = (tmp_path / "scratch").iterdir()
    os.truncate(path, 2)
    with pytest.raises(Conflict, match="part 1"):
        whole(parts, UPLOAD, tag)


def test_what_became_of_an_upload_is_noted_and_its_parts_go(parts: Parts, tmp_path: Path):
    tag, kept = parts.put(UPLOAD, 1, [b"a"]), parts.put(OTHER, 1, [b"b"])
    assert "" == parts.note(UPLOAD)
    parts.finish(UPLOAD, "sha256:0")

    assert "sha256:0" == parts.note(UPLOAD)
    with pytest.raises(NotFound):
        whole(parts, UPLOAD, tag)
    parts.drop(UPLOAD)
    assert b"b" == whole(parts, OTHER, kept)
    parts.drop(OTHER)
    assert [f"upload.{UPLOAD}.done"] == [each.name for each in (tmp_path / "scratch").iterdir()]


def test_only_what_is_old_is_swept_and_nothing_of_others(parts: Parts, tmp_path: Path):
    tag = parts.put(UPLOAD, 1, [b"a"])
    parts.put(OTHER, 1, [b"b"])
    parts.finish(OTHER, "x")
    blob = tmp_path / "scratch" / "blob.1"
    blob.write_bytes(b"x")
    for path in (blob, tmp_path / "scratch" / f"upload.{OTHER}.done"):
        os.utime(path, (time.time() - KEPT_SECONDS - 1,) * 2)
    parts.sweep()

    assert b"a" == whole(parts, UPLOAD, tag)
    assert ("", True) == (parts.note(OTHER), blob.exists())


SIZES = st.one_of(st.integers(1, 20), st.sampled_from([4_095, 4_096, 4_097, 8_192, 10_000]))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=SIZES, last=SIZES, count=st.integers(1, 6), seed=st.integers(0, 9))
def test_parts_in_any_order_lie_as_the_file_that_they_are(size: int, last: int, count: int, seed: int, parts: Parts):
    order = random.Random(seed)
    data = [order.randbytes(size) for _ in range(count - 1)] + [order.randbytes(min(size, last))]
    numbers = order.sample(range(count), count)
    parts.drop(UPLOAD)
    with ThreadPoolExecutor(3) as pool:
        tags = dict(zip(numbers, pool.map(lambda number: sent(parts, number + 1, data[number]), numbers), strict=True))
    in_order = [tags[number] for number in range(count)]

    assert b"".join(data) == whole(parts, UPLOAD, *in_order)
    # The first one says how large a place is; where that was a smaller one, the others are kept by themselves.
    assert gathered(parts, *in_order) in {b"".join(data), None}
    assert count - 1 in numbers[:3] or gathered(parts, *in_order)


def test_parts_of_one_size_and_a_smaller_last_one_are_not_copied(parts: Parts, tmp_path: Path):
    tags = [sent(parts, number, bytes([number]) * 10_000) for number in (1, 2, 3)] + [sent(parts, 4, b"4")]

    assert bytes([1]) * 10_000 + bytes([2]) * 10_000 + bytes([3]) * 10_000 + b"4" == gathered(parts, *tags)
    assert ["place"] * 4 + ["plan", "whole"] == names(tmp_path)
    parts.finish(UPLOAD, "sha256:0")
    assert ["done"] == names(tmp_path)


def test_a_part_that_is_sent_again_is_another_one_beside_the_first(parts: Parts):
    first, second = sent(parts, 1, b"one"), sent(parts, 2, b"two")
    again = sent(parts, 1, b"ONE")

    assert b"onetwo" == gathered(parts, first, second)
    assert gathered(parts, again, second) is None
    assert b"ONEtwo" == whole(parts, UPLOAD, again, second)
    assert b"onetwo" == gathered(parts, first, second)


@pytest.mark.parametrize(
    "data",
    [
        (b"1234", b"12345", b"12"),
        (b"1234", b"12", b"1234"),
        (b"1", b"1234", b"1234"),
        (b"", b"12", b"1"),
        (b"12", b"12", b""),
    ],
)
def test_parts_of_many_sizes_are_put_together_by_copying(data: tuple[bytes, ...], parts: Parts):
    tags = [sent(parts, number, each) for number, each in enumerate(data, 1)]

    assert gathered(parts, *tags) is None
    assert b"".join(data) == whole(parts, UPLOAD, *tags)


@pytest.mark.parametrize("data", [b"abc", b"abcde"])
def test_a_part_of_another_size_than_announced_is_refused_and_leaves_its_place(data: bytes, parts: Parts):
    second = sent(parts, 2, b"2222")
    with pytest.raises(Invalid, match="4 bytes"):
        parts.put(UPLOAD, 1, [data[:2], data[2:]], 4)

    assert b"11112222" == gathered(parts, sent(parts, 1, b"1111"), second)


def test_a_part_that_comes_only_half_leaves_its_place_to_the_next(parts: Parts, tmp_path: Path):
    def pieces() -> Iterator[bytes]:
        yield b"xx"
        raise LinealError("gone")

    with pytest.raises(LinealError, match="gone"):
        parts.put(UPLOAD, 1, pieces(), 4)
    assert ["plan", "whole"] == names(tmp_path)
    assert b"1111" == gathered(parts, sent(parts, 1, b"1111"))


def test_a_longer_last_part_that_failed_is_no_part_of_the_file(parts: Parts):
    def pieces() -> Iterator[bytes]:
        yield bytes(3 << 20)
        raise LinealError("gone")

    first = sent(parts, 1, bytes(4 << 20))
    with pytest.raises(LinealError, match="gone"):
        parts.put(UPLOAD, 2, pieces(), 4 << 20)
    second = sent(parts, 2, b"22")

    assert gathered(parts, first, second) is None
    assert bytes(4 << 20) + b"22" == whole(parts, UPLOAD, first, second)


def test_another_server_goes_on_with_what_is_on_the_disk(parts: Parts, tmp_path: Path):
    first = sent(parts, 1, b"1111")
    other = Parts(tmp_path / "scratch", Ahead())
    third, second = sent(other, 3, b"3"), sent(parts, 2, b"2222")

    assert b"111122223" == gathered(other, first, second, third) == gathered(parts, first, second, third)


def test_the_place_of_a_part_whose_server_died_stays_empty_and_the_part_is_sent_again(parts: Parts, tmp_path: Path):
    first = sent(parts, 1, b"1111")
    (claim,) = (tmp_path / "scratch").glob("*.place.*")
    claim.with_name(claim.name[:-1] + "2").touch()
    second = sent(parts, 2, b"22")

    assert gathered(parts, first, second) is None
    assert b"111122" == whole(parts, UPLOAD, first, second)
    with pytest.raises(NotFound, match="part 2"):
        whole(parts, UPLOAD, first, second.replace("-2", "-4"))


def test_what_is_written_after_an_upload_was_given_up_is_no_part(parts: Parts):
    def pieces() -> Iterator[bytes]:
        yield b"11"
        parts.drop(UPLOAD)
        second.append(sent(parts, 2, b"2222"))
        yield b"11"

    second: list[str] = []
    first = parts.put(UPLOAD, 1, pieces(), 4)
    with pytest.raises(NotFound, match="part 1"):
        whole(parts, UPLOAD, first, *second)
    assert gathered(parts, first, *second) is None
    assert b"11112222" == gathered(parts, sent(parts, 1, b"1111"), *second)


def test_a_file_that_lost_its_end_is_told_although_it_was_hashed(parts: Parts, tmp_path: Path):
    tags = [sent(parts, number, b"1234") for number in (1, 2, 3)]
    (path,) = (tmp_path / "scratch").glob("*.whole.*")
    os.truncate(path, 5)
    with pytest.raises(Conflict, match="part 2"):
        gathered(parts, *tags)
    with pytest.raises(Conflict, match="part 2"):
        whole(parts, UPLOAD, *tags)


def test_a_disk_without_a_second_name_for_a_file_has_no_places(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    tags = [sent(parts, number, b"1234") for number in (1, 2)]

    assert gathered(parts, *tags) is None
    assert b"12341234" == whole(parts, UPLOAD, *tags)
    assert ["part", "part"] == names(tmp_path)


def test_a_full_disk_is_told_and_leaves_no_part(parts: Parts, tmp_path: Path):
    first = sent(parts, 1, bytes(3 << 20))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, limits[1]))
    try:
        with pytest.raises(Unavailable, match="cannot be used"):
            sent(parts, 2, bytes(3 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert ["place", "plan", "whole"] == names(tmp_path)
    assert bytes(6 << 20) == gathered(parts, first, sent(parts, 2, bytes(3 << 20)))


def test_whoever_ends_an_upload_twice_at_once_gets_the_same_file_or_hears_that_it_is_done(parts: Parts):
    tags = [sent(parts, number, bytes([number]) * 100_000) for number in range(1, 9)]
    together, found = threading.Barrier(4), list[object]()

    def end() -> None:
        together.wait()
        try:
            # Nothing while another one lets go of them.
            found.append(gathered(parts, *tags) or parts.note(UPLOAD))
            parts.finish(UPLOAD, "sha256:0")
        except (NotFound, AssertionError):
            found.append(parts.note(UPLOAD))

    threads = [threading.Thread(target=end) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {*found} <= {b"".join(bytes([number]) * 100_000 for number in range(1, 9)), "sha256:0"}
