"""Payloads behind, inside and instead of arrays."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib
from collections.abc import Iterator

from .archive_assembly import (
    lz4_frame,
    zipped,
)
from .making import Files, one, system
from .pickle_assembly import call, dtype, named, pickled, text, wrapper


def arrays(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield payloads behind, inside and instead of arrays."""
    do, evil = system(marker), pickled(system(marker))
    array = wrapper(dtype("f8"), 3) + struct.pack("<3d", 1.5, 2.5, 3.5)
    aligned = wrapper(dtype("f8"), 2, aligned=True) + b"\x05" + b"\xff" * 5 + struct.pack("<2d", 1.5, 2.5)
    spawn = call(named("subprocess", "call"), b"]" + text("touch") + b"a" + text(marker) + b"a")
    listed = b"](" + array + spawn + b"e"
    yield "joblib, behind an array", one("model.joblib", pickled(listed))
    yield "joblib, behind an aligned array", one("model.joblib", pickled(b"](" + aligned + spawn + b"e"))
    yield "joblib, in an array of objects", one("model.joblib", pickled(wrapper(dtype("O8"), 1) + evil))
    hidden = do + b"0" + b"N" * 8
    hidden += b"N" * (-len(hidden) % 8)
    yield (
        "joblib, numbers that are opcodes to pickle.load",
        one("model.joblib", pickled(wrapper(dtype("f8"), len(hidden) // 8) + hidden)),
    )
    for name, pack in {
        "zlib": zlib.compress, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress,
        "lzma": lambda raw: lzma.compress(raw, lzma.FORMAT_ALONE), "lz4": lz4_frame,
    }.items():  # fmt: skip
        yield f"joblib, {name}", one("model.joblib", pack(pickled(listed)))
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + evil
    yield "npy of objects", one("rows.npy", npy)
    yield "npz of objects", one("rows.npz", zipped({"a.npy": npy}))


PARTS = (arrays,)
"""What makes them."""
