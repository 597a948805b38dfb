"""Cutting by content: nothing is lost, what is the same is cut alike, and no header is believed."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.chunks import AVERAGE_BYTES, LARGEST_BYTES, SMALLEST_BYTES, cut

NOISE = random.Random(7).randbytes(3 << 20)


def pieces(data: bytes) -> list[bytes]:
    return [bytes(each) for each in cut(io.BytesIO(data), len(data))]


def safetensors(tensors: dict[str, bytes], **metadata: str) -> bytes:
    """Return a file in the format of the library ``safetensors``."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    start = 0
    for name, data in tensors.items():
        header[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [start, start + len(data)]}
        start += len(data)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(tensors.values())


def header(said: object, size: int = 0) -> bytes:
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


@given(st.integers(0, 3 << 20), st.integers(0, 1 << 20))
def test_no_byte_is_lost(size: int, start: int) -> None:
    data = NOISE[start : start + size]

    assert data == b"".join(pieces(data))


def test_pieces_are_neither_small_nor_large() -> None:
    sizes = [len(each) for each in pieces(NOISE)]

    assert max(sizes) <= LARGEST_BYTES
    assert min(sizes[:-1]) >= SMALLEST_BYTES
    assert AVERAGE_BYTES / 2 < len(NOISE) / len(sizes) < AVERAGE_BYTES * 2


@given(st.integers(0, len(NOISE)), st.binary(min_size=1, max_size=2_000), st.integers(0, 2_000))
def test_an_edit_changes_the_pieces_around_it_only(at: int, new: bytes, gone: int) -> None:
    before = set(pieces(NOISE))
    after = pieces(NOISE[:at] + new + NOISE[at + gone :])

    assert sum(len(each) for each in after if each not in before) <= 4 * LARGEST_BYTES


def test_a_safetensors_file_is_cut_at_its_tensors() -> None:
    tensors = {"a": NOISE[:1_000], "b": NOISE[1_000:1_001], "c": NOISE[: 1 << 20], "empty": b"", "d": NOISE[9:99]}
    data = safetensors(tensors, format="pt")
    found = pieces(data)

    assert data == b"".join(found)
    assert [each for each in tensors.values() if each] == found[1:]


def test_a_large_tensor_is_cut_into_pieces_that_fit_into_memory() -> None:
    data = safetensors({"a": NOISE})
    found = pieces(data)

    assert data == b"".join(found)
    assert 1 << 20 == max(map(len, found))


HOSTILE = {
    "no header": b"",
    "too short": b"\x05\0\0\0",
    "longer than the file": header({}) + b"x",
    "a length of all ones": b"\xff" * 8 + b"{}",
    "a length of half the memory": (1 << 34).to_bytes(8, "little") + b"{}",
    "no JSON": header(b"{" * 1_000, 10),
    "nested deeply": header(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 10),
    "an array nested deeply": header(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 10),
    "an array": header([1, 2, 3], 10),
    "no UTF-8": header(b'{"\xff": 1}', 10),
    "a text for offsets": header({"a": {"data_offsets": "0-9"}}, 10),
    "no offsets": header({"a": {}}, 10),
    "three offsets": header({"a": {"data_offsets": [0, 5, 10]}}, 10),
    "offsets backwards": header({"a": {"data_offsets": [10, 0]}}, 10),
    "negative offsets": header({"a": {"data_offsets": [-5, 10]}, "b": {"data_offsets": [-99, -9]}}, 10),
    "offsets before the start": header({"a": {"data_offsets": [-(2**62), -(2**61)]}, "b": {"data_offsets": [0, 10]}}, 10),
    "offsets behind the end": header({"a": {"data_offsets": [0, 2**62]}}, 10),
    "offsets of any size": header(b'{"a":{"data_offsets":[0,' + b"9" * 400 + b"]}}", 10),
    "offsets that overlap": header({"a": {"data_offsets": [0, 10]}, "b": {"data_offsets": [3, 7]}}, 10),
    "offsets with gaps": header({"a": {"data_offsets": [8, 10]}, "b": {"data_offsets": [1, 2]}}, 10),
    "fractions": header({"a": {"data_offsets": [0.5, 10.0]}}, 10),
    "the same name twice": header(b'{"a":{"data_offsets":[0,5]},"a":{"data_offsets":[5,10]}}', 10),
    "only metadata": header({"__metadata__": {"a": "b"}}, 10),
    "nothing": header({}, 0),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_header_that_lies_costs_nothing_but_its_use(data: bytes) -> None:
    for whole in (data, data + NOISE[:1_000_000]):
        assert whole == b"".join(pieces(whole))


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_header_is_cut_without_loss(text: bytes, length: int) -> None:
    for data in (length.to_bytes(8, "little") + b"{" + text, header(b"{" + text + b"}", 20)):
        assert data == b"".join(pieces(data))


def test_a_file_that_is_longer_or_shorter_than_was_said_is_cut_as_it_is() -> None:
    tensors = safetensors({"a": NOISE[:5_000], "b": NOISE[:70_000]})
    for data in (NOISE, tensors):
        for said in (len(data) - 1_000, len(data) + 1_000, 0):
            assert data == b"".join(bytes(each) for each in cut(io.BytesIO(data), said))
        for end in (len(data) - 1, 10_000, 100, 8, 3, 0):
            assert data[:end] == b"".join(bytes(each) for each in cut(io.BytesIO(data[:end]), len(data)))
