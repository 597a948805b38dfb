"""The items of datasets are those that the library that wrote them reads."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile

import pytest

from lineal.checks.comparing.tensors import compare_tensors
from lineal.formats.tensors.formats import read_model
from lineal.formats.tensors.hdf5.contents import load_hdf5, read_hdf5
from lineal.objects.errors import Corrupt
from tests.parts.models import Models

NOT_READ = {"grows", "grows2"}
"""What the newest form of HDF5 finds by a tree that is not read."""


@pytest.mark.parametrize("name", ["plain.h5", "userblock.h5", "latest.h5", "v110.h5"])
def test_datasets_are_read_contiguous_chunked_compressed_shuffled_and_never_written(models: Models, name: str) -> None:
    with (models.directory / name).open("rb") as file:
        found = read_hdf5(file)
        read = {each.name: hashlib.sha256(b"".join(each.read())).hexdigest() for each in found.tensors}

    expected = {key: digest for key, (_, _, digest) in models.said["hdf5"].items()}
    lacking = NOT_READ if name in {"latest.h5", "v110.h5"} else set()
    assert {key: each for key, each in expected.items() if key not in lacking} == read
    assert ("a model", "[0, 1, 2]") == (found.facts["@title"], found.facts["@numbers"])
    assert {"text", *lacking} == {note.partition(":")[0] for note in found.notes}


def test_two_keras_models_are_compared_tensor_by_tensor(models: Models) -> None:
    data = (models.directory / "net.keras").read_bytes()
    archive = zipfile.ZipFile(io.BytesIO(data))
    weights = bytearray(archive.read("model.weights.h5"))
    found = load_hdf5(io.BytesIO(weights))
    first = found.tensors[0]
    dataset = next(each.dataset for each in found.nodes if each.path == first.name)
    assert dataset
    assert dataset.layout
    assert dataset.layout.address
    struct.pack_into("<f", weights, dataset.layout.address, 9.5)
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as target:
        for name in archive.namelist():
            target.writestr(name, bytes(weights) if name == "model.weights.h5" else archive.read(name))

    before, after = read_model(io.BytesIO(data)), read_model(changed)
    assert before
    assert after
    compared = compare_tensors(before, after, most_bytes=1 << 30)
    assert ([first.name], len(before.tensors) - 1) == ([each.name for each in compared.changes], compared.equal_count)


def test_what_begins_as_hdf5_and_is_none_is_corrupt() -> None:
    with pytest.raises(Corrupt, match="no sound model file"):
        read_model(io.BytesIO(b"\x89HDF\r\n\x1a\n" + bytes(200)))
