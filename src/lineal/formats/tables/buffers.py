"""Arrow's arrays as NumPy's, and the other way, over their buffers.

Arrow's own conversions import pandas wherever it is installed, to look whether it is meant; that takes 50 MB.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Array = Any


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
