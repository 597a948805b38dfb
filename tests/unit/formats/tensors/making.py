"""Small files of models, made byte by byte where the library that writes them is large."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from array import array
from collections import OrderedDict
from typing import Any

import joblib
import numpy as np

from lineal.formats.tensors.formats import read_model
from lineal.formats.tensors.tensor import Contents

VALUES = array("f", [1, 2, 3, 4, 5, 6]).tobytes()


def read(data: bytes) -> Contents:
    """Return what is in a model's file; it must be of a format that is known."""
    found = read_model(io.BytesIO(data))

    assert found is not None
    return found


def whole(contents: Contents) -> dict[str, bytes]:
    """Return the bytes of every tensor by its name."""
    return {each.name: b"".join(each.read()) for each in contents.tensors}


def safetensors(headers: dict[str, Any], data: bytes) -> bytes:
    """Return a file of safetensors."""
    header = json.dumps(headers).encode()
    return len(header).to_bytes(8, "little") + header + data


ONE_SAFE = safetensors(
    {
        "__metadata__": {"format": "pt"},
        "layer.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "layer.bias": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]},
    },
    VALUES + b"\x80\x3f\x00\x40",
)


class _Storage:
    """What a tensor says that it is a view of."""

    def __init__(self, kind: str, key: str, count: int) -> None:
        self.said = ("storage", _Named("torch", kind), key, "cpu", count)


class _Named:
    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Tensor:
    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())


class _Torch(pickle._Pickler):  # type: ignore[name-defined]  # the one in Python, which can be told what to write
    def persistent_id(self, obj: Any) -> Any:
        return obj.said if isinstance(obj, _Storage) else None

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, _Named):
            self.write(b"c" + f"{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, _Tensor):
            self.save(_Named("torch._utils", "_rebuild_tensor_v2"))
            self.save(obj.arguments)
            self.write(b"R")
        else:
            super().save(obj, save_persistent_id)


def torch(
    shape: tuple[int, ...] = (2, 3), strides: tuple[int, ...] = (3, 1), offset: int = 0, data: bytes = VALUES
) -> bytes:
    """Return a file as PyTorch writes it, of one tensor in a state dict, and a number."""
    storage = _Storage("FloatStorage", "0", len(data) // 4)
    said = io.BytesIO()
    _Torch(said, 2).dump(OrderedDict([("fc.weight", _Tensor(storage, offset, shape, strides)), ("epoch", 3)]))
    return zipped({"m/data.pkl": said.getvalue(), "m/byteorder": b"little", "m/data/0": data, "m/version": b"3\n"})


def zipped(members: dict[str, bytes], *, method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def npy(values: Any) -> bytes:
    """Return an array as NumPy saves it."""
    made = io.BytesIO()
    np.save(made, values)
    return made.getvalue()


def npz(*, is_compressed: bool = False, **values: Any) -> bytes:
    """Return arrays as NumPy saves them together."""
    made = io.BytesIO()
    (np.savez_compressed if is_compressed else np.savez)(made, **values)
    return made.getvalue()


def joblibbed(value: Any, compress: Any = 0) -> bytes:
    """Return an object as joblib dumps it."""
    made = io.BytesIO()
    joblib.dump(value, made, compress=compress)
    return made.getvalue()


def _key(name: str) -> bytes:
    return b"L" + struct.pack(">q", len(name)) + name.encode()


def ubjson(weights: list[float]) -> bytes:
    """Return a model of one tree as XGBoost writes it."""
    tree = b"{" + _key("base_weights") + b"[$d#L" + struct.pack(f">q{len(weights)}f", len(weights), *weights) + b"}"
    learner = b"{" + _key("trees") + b"[#L" + struct.pack(">q", 1) + tree + _key("name") + b"S" + _key("gbtree") + b"}"
    return b"{" + _key("learner") + learner + _key("version") + b"[i\x03i\x02]" + b"}"


LIGHTGBM = (
    b"tree\nversion=v4\nnum_class=1\n\nTree=0\nnum_leaves=2\nleaf_value=0.5 -0.25\nsplit_feature=3\n\nend of trees\n"
)

XGBOOST = json.dumps(
    {"learner": {"trees": [{"base_weights": [0.5, 1], "left": [1, -1]}], "name": "gbtree"}, "version": [3, 2]}
).encode()

SAMPLES = {
    "safetensors": ONE_SAFE,
    "npy": npy(np.arange(6.0).reshape(2, 3)),
    "npz": npz(is_compressed=True, a=np.arange(4), b=np.ones(3)),
    "torch": torch(),
    "pickle": pickle.dumps({"coef": np.arange(300.0), "names": ["a", "b"]}),
    "joblib": joblibbed({"coef": np.arange(6.0), "objects": np.array(["a", None], dtype=object)}),
    "compressed joblib": joblibbed({"coef": np.arange(6.0)}, compress=3),
    "xgboost": XGBOOST,
    "ubjson": ubjson([0.5, -1.5]),
    "lightgbm": LIGHTGBM,
}
