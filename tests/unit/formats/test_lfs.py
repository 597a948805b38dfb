"""Pointers of Git LFS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats import lfs
from lineal.objects.digest import digest_of

GOLDEN = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


def test_a_pointer_is_read_and_written_byte_for_byte() -> None:
    found = lfs.parse(GOLDEN)

    assert found is not None
    assert 12345 == found.size_bytes
    assert GOLDEN == lfs.write(found)
    assert "4d/7a/4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393" == lfs.path_of(found.digest)


@given(st.binary(), st.integers(0, 1 << 50))
def test_what_is_written_is_read_as_the_same(data: bytes, size_bytes: int) -> None:
    pointer = lfs.Pointer(digest_of(data), size_bytes)

    assert pointer == lfs.parse(lfs.write(pointer))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"version 1\n",
        GOLDEN[:-1],
        GOLDEN + b"more\n",
        GOLDEN.replace(b"sha256", b"md5"),
        GOLDEN.replace(b"size 12345", b"size -1"),
        GOLDEN.replace(b"size 12345", b"size " + b"9" * 30),
        GOLDEN.replace(b"oid", b"ext-0-x sha256:00\noid"),
        GOLDEN.replace(b"spec/v1", b"spec/v9"),
        GOLDEN.replace(b"4d7a", b"../."),
        GOLDEN.replace(b"\n", b"\r\n"),
        GOLDEN + b"\n" * 2000,
        b"version http\xff\n",
    ],
)
def test_other_bytes_are_an_ordinary_file(data: bytes) -> None:
    assert lfs.parse(data) is None


@given(st.binary(max_size=200).map(lambda each: b"version http" + each))
def test_any_bytes_are_a_pointer_or_none(data: bytes) -> None:
    assert lfs.parse(data) is None
