"""What a pickle would make, as people know it: the class of something, its attributes, plain values, small arrays."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from lineal.formats.tensors.opcodes import Global, Made
from lineal.formats.tensors.pickled import array_of
from lineal.formats.tensors.tensor import Tensor
from lineal.objects.canonical import Scalar

VALUES_MAX = 1_000
"""An array of more values is not one of labels or names."""

_RECONSTRUCT = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
_SCALAR = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")
_JOBLIB = "joblib.numpy_pickle.NumpyArrayWrapper"
_MAKERS = {"copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__"}
_FORMS = {"bool": "?", "float16": "e", "float32": "f", "float64": "d"} | {
    f"{sign}int{bits}": code.upper() if sign else code
    for sign in ("", "u")
    for bits, code in ((8, "b"), (16, "h"), (32, "i"), (64, "q"))
}


def class_of(value: Any) -> str:
    """Return the dotted name of the class of something made; empty when it is no instance that is known."""
    if not isinstance(value, Made):
        return ""
    if value.what in _MAKERS:
        first = value.arguments[0] if value.arguments else None
        return str(first) if isinstance(first, Global) else ""
    return value.what


def attributes_of(value: Any) -> Mapping[str, Any]:
    """Return the attributes that something made would get; those with names that are no texts are left out."""
    state = value.state if isinstance(value, Made) else None
    parts = state if isinstance(state, tuple) else (state,)
    return {
        name: each for part in parts if isinstance(part, dict) for name, each in part.items() if isinstance(name, str)
    }


def is_instance(value: Any) -> bool:
    """Tell whether something is an object with attributes, no array."""
    return isinstance(value, Made) and isinstance(value.state, dict | tuple) and value.what not in {
        *_RECONSTRUCT, *_SCALAR, _JOBLIB, "numpy.dtype"
    }  # fmt: skip


def plain(file: BinaryIO, value: Any) -> tuple[bool, Scalar]:
    """Tell whether something is a plain value, also NumPy's, and return it; functions and classes are their names."""
    if isinstance(value, str | int | float | bool | None):
        return True, value
    if isinstance(value, Global):
        return True, str(value)
    if isinstance(value, Made) and value.what in _SCALAR and len(value.arguments) == 2:
        array = Made(Global("numpy._core.numeric", "_frombuffer"), (value.arguments[1], value.arguments[0], (), "C"))
        tensor = array_of(file, "", array)
        found = list(numbers(tensor)) if tensor else []
        return bool(found), found[0] if found else None
    return False, None


def numbers(tensor: Tensor) -> Iterator[Any]:
    """Yield the values of a small array: numbers, truths, texts; nothing where it is large or of another kind."""
    order = ">" if "big-endian" in tensor.layout else "<"
    if tensor.size_bytes > VALUES_MAX * 256 or "columns" in tensor.layout or not tensor.size_bytes:
        return
    data = b"".join(tensor.read())
    if form := _FORMS.get(tensor.dtype):
        if len(data) // struct.calcsize(f"<{form}") <= VALUES_MAX:
            yield from (value for (value,) in struct.iter_unpack(order + form, data))
        return
    width = tensor.dtype.lstrip("<>=|")[1:]
    kind = tensor.dtype.lstrip("<>=|")[:1]
    if kind not in {"U", "S"} or not width.isdecimal() or not int(width):
        return
    step = int(width) * (4 if kind == "U" else 1)
    coding = ("utf-32-be" if tensor.dtype.startswith(">") else "utf-32-le") if kind == "U" else "latin-1"
    for at in range(0, min(len(data), step * VALUES_MAX), step):
        yield data[at : at + step].decode(coding, "replace").rstrip("\0")


def listed(file: BinaryIO, value: Any) -> tuple[Any, ...]:
    """Return the values of a small array or list, also of an array of Python objects; empty where it is none."""
    if isinstance(value, list | tuple):
        found = [plain(file, each) for each in value[: VALUES_MAX + 1]]
        is_plain = len(found) <= VALUES_MAX and all(is_known for is_known, _ in found)
        return tuple(each for _, each in found) if is_plain else ()
    if not isinstance(value, Made):
        return ()
    if tensor := array_of(file, "", value):
        return tuple(numbers(tensor))
    if value.what == _JOBLIB and value.items:  # an array of objects, as a pickle of its own
        return listed(file, value.items[0]) if value.items[0] is not value else ()
    if value.what in _RECONSTRUCT and isinstance(value.state, tuple) and len(value.state) >= 5:
        return listed(file, value.state[4]) if isinstance(value.state[4], list) else ()
    return ()
