"""Values on their way to the spool: written whole, under a path that says what they are."""

from __future__ import annotations

import os
import shutil
from typing import NamedTuple

VALUE_BYTES_MAX = 64 << 20
"""A larger value is refused."""

FILE_BYTES_MAX = 1 << 30
"""A larger file is refused; `lineal data add` keeps those."""

_NAME_BYTES_MAX = 200


class Kept(NamedTuple):
    """A value that is ready: what it is, its suffix, and its bytes or the file that has them."""

    what: str
    suffix: str
    data: bytes = b""
    file: str = ""


def keep(spool: str, key: str, step: int, value: Kept) -> str:
    """Write ``value`` into a spool and return its path there. Raises OSError, ValueError."""
    parts = key.split("/")
    if any(not each or each in {".", ".."} or "\0" in each or len(each.encode()) > _NAME_BYTES_MAX for each in parts):
        raise ValueError("its name must be like a path: parts between single slashes, none of them '.' or '..'")
    folder = os.path.join("media", *parts)
    os.makedirs(os.path.join(spool, folder), exist_ok=True)
    path = f"{folder}/{step}{value.suffix}"
    whole = os.path.join(spool, path)
    partial = os.path.join(spool, folder, f".{step}.{os.getpid()}")
    try:
        if value.file:
            _check(os.path.getsize(value.file), FILE_BYTES_MAX)
            shutil.copyfile(value.file, partial)
        else:
            _check(len(value.data), VALUE_BYTES_MAX)
            with open(partial, "wb") as file:
                file.write(value.data)
        os.replace(partial, whole)
    except BaseException:
        if os.path.exists(partial):
            os.unlink(partial)
        raise
    return path


def _check(size_bytes: int, limit: int) -> None:
    if size_bytes > limit:
        raise ValueError(f"it has {size_bytes:,} bytes, and at most {limit >> 20} MiB are kept")
