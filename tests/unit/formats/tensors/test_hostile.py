"""Files of strangers: whatever they claim, nothing runs, and reading ends soon, with a tensor or with Corrupt."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import time
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.formats.tensors import opcodes, pickled
from lineal.formats.tensors.formats import read_model
from lineal.objects.errors import Corrupt
from tests.unit.formats.tensors.making import ONE_SAFE, SAMPLES, npy, read, safetensors, torch, ubjson, whole, zipped


def read_all(data: bytes) -> None:
    """Read a file and every tensor in it; it may be found corrupt, and nothing else."""
    with suppress(Corrupt):
        if found := read_model(io.BytesIO(data)):
            whole(found)


@given(
    name=st.sampled_from(sorted(SAMPLES)),
    cut=st.integers(0, 1 << 12),
    changes=st.lists(st.tuples(st.integers(0, 1 << 12), st.binary(min_size=1, max_size=4)), max_size=6),
)
@settings(max_examples=600, deadline=None)
def test_a_sound_file_that_was_spoiled_is_read_or_found_corrupt(
    name: str, cut: int, changes: list[tuple[int, bytes]]
) -> None:
    data = bytearray(SAMPLES[name])
    for place, new in changes:
        at = place % len(data)
        data[at : at + len(new)] = new
    read_all(bytes(data[: len(data) - cut % len(data)] if cut % 3 == 0 else data))


@given(
    st.lists(
        st.sampled_from(b"]}()tuase.RbN012qhjQocid\x85\x86\x87\x88\x8c\x8e\x93\x94\x81\x92K\x01\x05aX"), max_size=60
    )
)
@settings(max_examples=400, deadline=None)
def test_any_opcodes_in_any_order_are_read_or_found_corrupt(signs: list[int]) -> None:
    read_all(b"\x80\x04" + bytes(signs) + b".")


@given(st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_universal_binary_json_is_read_or_found_corrupt(data: bytes) -> None:
    read_all(b"{L" + struct.pack(">q", 7) + b"learner" + data)


class Calls:
    """Runs a command wherever it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def test_nothing_that_a_pickle_asks_for_is_done(tmp_path: Path) -> None:
    data = pickle.dumps({"a": Calls(tmp_path / "ran"), "b": np.arange(3)})
    found = read(data)

    assert ["b"] == [each.name for each in found.tensors]
    assert "posix.system" == found.facts["a"]
    read_all(zipped({"m/data.pkl": data}))

    assert not (tmp_path / "ran").exists()
    pickle.loads(data)  # to show that it would have
    assert (tmp_path / "ran").exists()


def laughs(kind: bytes) -> bytes:
    """Return a pickle of a few bytes that describes 2 to the power of 200 things, one inside the other."""
    layers = b"".join(b"h%ch%c%sq%c" % (n, n, kind, n + 1) for n in range(200))
    return b"\x80\x02]q\x000" + layers + b"."


def _loop() -> bytes:
    loop: list[object] = [1]
    loop.append(loop)
    return pickle.dumps(loop)


def _deep() -> bytes:
    return b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b"."


HOSTILE = {
    "a header of half a terabyte": (1 << 39).to_bytes(8, "little") + b"{}",
    "a header that is nested for ever": (500_005).to_bytes(8, "little") + b'{"a":' + b"[" * 500_000,
    "tensors one over the other": safetensors(
        {name: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for name in "ab"}, bytes(8)
    ),
    "a tensor behind the end": safetensors({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}, bytes(8)),
    "a tensor that is larger than it says": safetensors(
        {"a": {"dtype": "F32", "shape": [1 << 40, 1 << 40], "data_offsets": [0, 8]}}, bytes(8)
    ),
    "an array larger than its file": npy(np.zeros(4)).replace(b"(4,)", b"(9,)"),
    "an array with a shape that is none": npy(np.zeros(4)).replace(b"(4,)", b"4\x1e4)"),
    "an array with a long shape": npy(np.zeros(1)).replace(b"(1,), }".ljust(60), b"(" + b"1, " * 19 + b"x)"),
    "an array with a header of gigabytes": b"\x93NUMPY\x02\x00" + (1 << 31).to_bytes(4, "little") + b"{",
    "a view behind its storage": torch(offset=3),
    "a view that is larger than the world": torch(shape=(1 << 47, 1 << 47), strides=(1 << 47, 1)),
    "a text of petabytes": b"\x80\x04\x8d" + (1 << 50).to_bytes(8, "little") + b"x.",
    "bytes of petabytes": b"\x80\x04\x8e" + (1 << 50).to_bytes(8, "little") + b"x.",
    "a line without an end": b"\x80\x02c" + b"x" * (3 << 20),
    "a number of a million digits": b"\x80\x02L" + b"9" * 1_000_000 + b"L\n.",
    "a mark that is not there": b"\x80\x02t.",
    "an opcode for extensions": b"\x80\x02\x82\x01.",
    "a list in a list for ever": b'{"learner":' + b"[" * 200_000,
    "a UBJSON list in a list for ever": b"{L" + struct.pack(">q", 7) + b"learner" + b"[" * 200_000,
    "a UBJSON list of petabytes": ubjson([1.0]).replace(struct.pack(">q", 1) + struct.pack(">f", 1), b"\x7f" * 12),
    "no archive": b"PK\x03\x04" + bytes(100),
    "two members of one name": zipped({"a.npy": npy(np.ones(2)), "b.npy": b""}).replace(b"b.npy", b"a.npy"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_lies_is_found_corrupt(name: str) -> None:
    started = time.process_time()
    with pytest.raises(Corrupt, match="no sound model file"):
        whole(read(HOSTILE[name]))

    assert time.process_time() - started < 10


@pytest.mark.parametrize("data", [laughs(b"\x86"), laughs(b"\x86]q\xff0"), _loop(), _deep()], ids=len)
def test_what_refers_to_itself_or_is_deep_is_read_once(data: bytes) -> None:
    started = time.process_time()
    read_all(data)

    assert time.process_time() - started < 10


def test_a_dict_with_a_key_that_takes_for_ever_to_hash_is_read() -> None:
    read_all(laughs(b"\x86")[:-1] + b"}h%ch\x00s." % 200)


def test_bombs_are_read_in_pieces_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickled, "UNPACKED_BYTES_MAX", 8 << 20)
    with pytest.raises(Corrupt, match="compressed from more"):
        read(zlib.compress(bytes(64 << 20)))
    bomb = zipped({"a.npy": npy(np.zeros(8 << 20, "u1"))}, method=zipfile.ZIP_DEFLATED)
    (tensor,) = read(bomb).tensors
    tracemalloc.start()
    read_bytes = sum(len(piece) for piece in tensor.read())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (8 << 20, True) == (read_bytes, most < 4 << 20)


def test_a_pickle_of_too_many_steps_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opcodes, "OPCODES_MAX", 1_000)
    with pytest.raises(Corrupt, match="more than 1,000 steps"):
        read(b"\x80\x02" + b"N0" * 1_000 + b"N.")


def test_a_safe_file_stays_readable_when_its_metadata_are_long() -> None:
    header = json.loads(ONE_SAFE[8 : 8 + int.from_bytes(ONE_SAFE[:8], "little")])
    data = ONE_SAFE[8 + int.from_bytes(ONE_SAFE[:8], "little") :]

    assert "x" * 100_000 == read(safetensors({**header, "__metadata__": {"note": "x" * 100_000}}, data)).facts["note"]
