"""Files of strangers: whatever is spoiled in a real file, it is read or found corrupt, soon, and nothing else happens."""

from __future__ import annotations

import io
import struct
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.formats.structures.files import one_file
from lineal.formats.structures.reading import read_structure
from lineal.formats.tensors.formats import read_model
from lineal.objects.canonical import canonical_bytes, decode
from lineal.objects.errors import Corrupt
from lineal.objects.structures import Structure
from tests.parts.models import Models
from tests.unit.formats.structures.making import GGUF, ONNX, PMML, SAVED_MODEL, TFLITE, XGBOOST_BINARY

FILES = (
    "pipeline.joblib", "pipeline.0.pkl", "search.5.pkl", "pipeline.zlib.joblib", "net.pt", "net.whole.legacy.pt",
    "net.script.pt", "net.pt2", "net.safetensors", "booster.ubj", "booster.json", "light.txt", "cat.cbm", "net.keras",
    "keras.h5", "latest.h5", "plain.h5",
)  # fmt: skip
MADE = {
    "onnx": ONNX,
    "gguf": GGUF,
    "pmml": PMML,
    "saved model": SAVED_MODEL,
    "tflite": TFLITE,
    "binary": XGBOOST_BINARY,
}

READ_S = 20

changes = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 1 << 17), st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("cut"), st.integers(0, 1 << 17), st.binary(min_size=1, max_size=64)),
        st.tuples(st.just("insert"), st.integers(0, 1 << 17), st.binary(min_size=1, max_size=16)),
    ),
    min_size=1,
    max_size=5,
)


def spoiled(data: bytes, what: list[tuple[str, int, bytes]]) -> bytes:
    """Return bytes with some of them set, cut out or put in."""
    for how, place, new in what:
        at = place % max(len(data), 1)
        rest = data[at:] if how == "insert" else data[at + len(new) :]
        data = data[:at] + (b"" if how == "cut" else new) + rest
    return data


def read_everything(data: bytes) -> None:
    """Read a file's structure and tensors; what comes of it can be kept, or it is corrupt."""
    started = time.process_time()
    with suppress(Corrupt):
        structure = read_structure(one_file("model", io.BytesIO(data)))
        assert structure == decode(canonical_bytes(structure), Structure)
    with suppress(Corrupt):
        contents = read_model(io.BytesIO(data))
        for each in contents.tensors if contents else ():
            if each.size_bytes < 1 << 24:
                sum(len(piece) for piece in each.read())
    assert time.process_time() - started < READ_S


@given(name=st.sampled_from(FILES), what=changes)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_real_file_that_was_spoiled_is_read_or_found_corrupt(
    models: Models, name: str, what: list[tuple[str, int, bytes]]
) -> None:
    read_everything(spoiled((models.directory / name).read_bytes(), what))


@given(name=st.sampled_from(sorted(MADE)), what=changes)
@settings(max_examples=300, deadline=None)
def test_a_made_file_that_was_spoiled_is_read_or_found_corrupt(name: str, what: list[tuple[str, int, bytes]]) -> None:
    read_everything(spoiled(MADE[name], what))


@given(
    head=st.sampled_from([b"\x08\x08\x3a", b"GGUF\x03\0\0\0", b"CBM1\0\0\0\0", b"\x1c\0\0\0TFL3", b"binf"]),
    rest=st.binary(max_size=200),
)
@settings(max_examples=200, deadline=None)
def test_anything_behind_a_known_beginning_is_read_or_found_corrupt(head: bytes, rest: bytes) -> None:
    read_everything(head + rest)


HOSTILE = {
    "a message in a message for ever": b"\x08\x08" + b"".join(b"\x3a" + bytes([n]) for n in range(100, 0, -2)),
    "a field of petabytes": b"\x08\x08\x3a" + b"\xff" * 8 + b"\x01",
    "a number that does not end": b"\x08\x08\x3a" + b"\xff" * 30,
    "a graph with a text of gigabytes": b"\x08\x08\x3a\x80\x80\x80\x80\x10",
    "a GGUF of a billion tensors": b"GGUF" + struct.pack("<IQQ", 3, 1 << 30, 0),
    "a GGUF with a text of petabytes": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 50),
    "a GGUF with a list of lists for ever": b"GGUF"
    + struct.pack("<IQQQ1sI", 3, 0, 1, 1, b"a", 9)
    + struct.pack("<IQ", 9, 1) * 50,
    "a FlatBuffer that refers to itself": b"\x04\0\0\0TFL3" + bytes(40),
    "a CatBoost model that ends": b"CBM1\xff\xff\xff\x7f\x08\0\0\0",
    "XML with entities": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><PMML version="4.4">&b;</PMML>',
    "a header of LightGBM's that does not end": b"tree\nversion=v4\nx=" + b"y" * (17 << 20),
    "a superblock that is cut": b"\x89HDF\r\n\x1a\n\0\0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_lies_is_found_corrupt(name: str) -> None:
    started = time.process_time()
    with pytest.raises(Corrupt, match="no sound model file"):
        read_structure(one_file("model", io.BytesIO(HOSTILE[name])))

    assert time.process_time() - started < READ_S


def test_an_archive_that_lost_its_beginning_is_corrupt(models: Models) -> None:
    data = (models.directory / "net.keras").read_bytes()
    with pytest.raises(Corrupt, match="no sound model file"):
        read_model(io.BytesIO(data[:4] + data[4_000:]))


def test_a_file_that_is_read_does_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    data = b"\x80\x02cposix\nsystem\n(X" + struct.pack("<I", len(f"touch {ran}")) + f"touch {ran}".encode() + b"tR."
    found = read_structure(one_file("model.pkl", io.BytesIO(data)))

    assert ("posix.system", False) == (found.architecture, ran.exists())
