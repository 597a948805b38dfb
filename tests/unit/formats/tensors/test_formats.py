"""What is in files of models, for each format."""

from __future__ import annotations

import io
import pickle
import struct
from array import array

import numpy as np
import pytest

from lineal.formats.tensors.formats import read_model
from tests.unit.formats.tensors.making import (
    LIGHTGBM,
    ONE_SAFE,
    VALUES,
    XGBOOST,
    joblibbed,
    npy,
    npz,
    read,
    torch,
    ubjson,
    whole,
    zipped,
)


class Tree:
    """Such as libraries have: attributes, some of them arrays."""

    def __init__(self) -> None:
        self.values = np.arange(300, dtype="<f4")
        self.depth = 3
        self.within = [Part(), {"deep": np.ones((2, 2), order="F") * [1, 2]}]


class Part:
    def __init__(self) -> None:
        self.small = np.array([True, False])


def test_safetensors_have_names_shapes_and_what_the_file_says_of_itself() -> None:
    found = read(ONE_SAFE)

    assert [("layer.weight", "float32", (2, 3), 24), ("layer.bias", "bfloat16", (2,), 4)] == [
        each[:4] for each in found.tensors
    ]
    assert {"layer.weight": VALUES, "layer.bias": b"\x80\x3f\x00\x40"} == whole(found)
    assert {"format": "pt"} == found.facts


@pytest.mark.parametrize(
    ("values", "dtype", "layout"),
    [
        (np.arange(6.0).reshape(2, 3), "float64", ""),
        (np.asfortranarray(np.arange(6.0).reshape(2, 3)), "float64", "columns first"),
        (np.arange(6, dtype=">i4"), "int32", "big-endian"),
        (np.array(2.5), "float64", ""),
        (np.zeros((0, 3), "u1"), "uint8", ""),
        (np.zeros(3, [("left", "<i8"), ("gain", "<f8")]), "record", ""),
        (np.array(["ab", "c"]), "<U2", ""),
    ],
)
def test_arrays_of_numpy_are_what_they_were(values: np.ndarray, dtype: str, layout: str) -> None:
    found = read(npy(values)).tensors[0]

    assert (dtype, values.shape, layout) == (found.dtype, found.shape, found.layout)
    assert values.tobytes("A") == b"".join(found.read())


def test_arrays_of_python_objects_are_said_not_to_be_read() -> None:
    found = read(npz(a=np.arange(3), b=np.array([None, "x"])))

    assert ["a"] == [each.name for each in found.tensors]
    assert ("b holds Python objects, which are not read",) == found.notes


@pytest.mark.parametrize("is_compressed", [False, True])
def test_arrays_in_an_archive_have_their_names(is_compressed: bool) -> None:
    big = np.arange(400_000.0)

    assert {"big": big.tobytes(), "x": b"\1"} == whole(
        read(npz(is_compressed=is_compressed, big=big, x=np.array([1], "i1")))
    )


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_in_pickles_are_found_by_the_attributes_that_lead_there(protocol: int) -> None:
    found = read(pickle.dumps(Tree(), protocol=protocol))
    tensors = {each.name: each for each in found.tensors}

    assert ["values", "within.0.small", "within.1.deep"] == list(tensors)
    assert ("float32", (300,), "") == (tensors["values"].dtype, tensors["values"].shape, tensors["values"].layout)
    assert "columns first" == tensors["within.1.deep"].layout
    assert Tree().values.tobytes() == whole(found)["values"]
    assert ("3", f"{__name__}.Tree", f"{__name__}.Part") == tuple(
        found.facts[name] for name in ("depth", "class", "within.0")
    )


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)])
def test_joblib_writes_arrays_behind_their_wrappers(compress: object) -> None:
    objects = np.array([Part(), "x"], dtype=object)
    found = read(joblibbed({"tree": Tree(), "objects": objects, "last": np.arange(5)}, compress))

    assert ["tree.values", "tree.within.0.small", "tree.within.1.deep", "last"] == [
        each.name for each in found.tensors if not each.name.startswith("objects")
    ]
    assert np.arange(5).tobytes() == whole(found)["last"]


def test_tensors_of_pytorch_are_views_of_storages() -> None:
    found = read(torch())
    (tensor,) = found.tensors

    assert ("fc.weight", "float32", (2, 3), "") == (tensor.name, tensor.dtype, tensor.shape, tensor.layout)
    assert VALUES == b"".join(tensor.read())
    assert {"epoch": "3"} == found.facts


def test_a_view_of_a_part_has_only_its_bytes_and_a_turned_one_says_so() -> None:
    (part,) = read(torch(shape=(2,), strides=(1,), offset=4)).tensors
    (turned,) = read(torch(shape=(3, 2), strides=(1, 3))).tensors
    (column,) = read(torch(shape=(6, 1), strides=(1, 77))).tensors

    assert array("f", [5, 6]).tobytes() == b"".join(part.read())
    assert ("strides 1, 3", VALUES) == (turned.layout, b"".join(turned.read()))
    assert "" == column.layout


def test_trees_are_lists_of_numbers_in_each_of_their_formats() -> None:
    text, binary, light = read(XGBOOST), read(ubjson([0.5, -1.5])), read(LIGHTGBM)

    assert [("learner.trees.0.base_weights", "float64"), ("learner.trees.0.left", "int64"), ("version", "int64")] == [
        each[:2] for each in text.tensors
    ]
    assert "gbtree" == text.facts["learner.name"] == binary.facts["learner.name"]
    assert ("learner.trees.0.base_weights", "float32", (2,), 8) == binary.tensors[0][:4]
    assert (struct.pack(">2f", 0.5, -1.5), "big-endian") == (
        whole(binary)[binary.tensors[0].name],
        binary.tensors[0].layout,
    )
    assert ["trees.0.num_leaves", "trees.0.leaf_value", "trees.0.split_feature"] == [e.name for e in light.tensors]
    assert array("d", [0.5, -0.25]).tobytes() == whole(light)["trees.0.leaf_value"]
    assert {"version": "v4", "num_class": "1"} == light.facts


def test_what_is_no_model_is_none_and_an_archive_of_others_has_no_tensors() -> None:
    assert read_model(io.BytesIO(b"")) is None
    assert read_model(io.BytesIO(b"just a text")) is None
    assert () == read(zipped({"a.txt": b"a text"})).tensors
