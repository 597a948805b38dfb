"""NumPy's arrays: one of Python objects is a pickle behind a header."""

from __future__ import annotations

import re
from typing import BinaryIO

from lineal.formats.scans.look import Look, Unreadable, size_of
from lineal.formats.scans.pickles import read_pickles
from lineal.formats.scans.window import window

MAGIC = b"\x93NUMPY"
_HEADER_BYTES_MAX = 1 << 20
_DESCR = re.compile(r"""['"]descr['"]\s*:\s*(?P<descr>.*?),\s*['"]fortran_order['"]""", re.DOTALL)
_PLAIN = re.compile(r"""^['"][<>|=]?[biufcmMSUV?]\d*(\[[a-zA-Z0-9/]+\])?['"]$""")


def read_npy(file: BinaryIO, look: Look) -> str:
    """Note what the pickle of an array of objects would do. Raises Unreadable."""
    file.seek(0)
    head = file.read(12)
    if len(head) < 10 or head[6] not in {1, 2, 3}:
        raise Unreadable("its array has no header that is known")
    width = 2 if head[6] == 1 else 4
    header_bytes = int.from_bytes(head[8 : 8 + width], "little")
    if header_bytes > _HEADER_BYTES_MAX:
        raise Unreadable(f"the header of its array would have {header_bytes:,} bytes")
    start = 8 + width + header_bytes
    file.seek(8 + width)
    text = file.read(header_bytes).decode("utf-8" if head[6] == 3 else "latin-1", "replace")
    # NumPy sorts the keys, but reads them in any order.
    descr = found["descr"] if (found := _DESCR.search(text)) else text
    if not _PLAIN.match(descr.strip()) and "O" in descr:
        read_pickles(window(file, start, size_of(file) - start), look)
        return "npy of objects"
    return "npy"
