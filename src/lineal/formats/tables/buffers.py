"""Arrow's arrays as NumPy's, and the other way, over their buffers.

Arrow's own conversions import pandas wherever it is installed, to look whether it is meant; that takes 50 MB.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Array = Any


@contextmanager
def frugal() -> Iterator[None]:
    """Let Arrow take memory from the system while the block runs: what it frees is free, and not kept for later."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def release() -> None:
    """Give back to the system what was freed in small pieces; of tables with very many columns that is most of it."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc's
        trim(0)


def to_numpy(values: Array, dtype: Any) -> Array:
    """Return an Arrow array without nulls as NumPy's of ``dtype``, which is as wide as Arrow's; truth values as bool."""
    if pa.types.is_boolean(values.type):
        return to_numpy(pc.cast(values, pa.uint8()), np.uint8).astype(bool)
    data = values.buffers()[1]
    if data is None or not len(values):
        return np.zeros(0, dtype)
    size_bytes = np.dtype(dtype).itemsize
    return np.frombuffer(data, dtype, len(values), values.offset * size_bytes)


def mask(chosen: Array) -> Array:
    """Return NumPy's truth values as Arrow's, to filter by."""
    bits = np.packbits(chosen, bitorder="little")
    return pa.BooleanArray.from_buffers(pa.bool_(), len(chosen), [None, pa.py_buffer(bits)])
