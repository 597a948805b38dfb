"""JSON from strangers: of every value only what it should be is taken."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

import msgspec

from lineal.formats.tensors.tensor import corrupt, exactly

JSON_BYTES_MAX = 64 << 20


def as_dict(value: Any) -> dict[str, Any]:
    """Return a dict as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """Return a text or number as a text, and an empty one for anything else."""
    return str(value) if isinstance(value, str | float) or type(value) is int else ""


def json_of(data: bytes, what: str) -> Any:
    """Return what JSON says. Raises Corrupt when it is none."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(data)  # which also takes the NaN that C++ and Python write
    except (ValueError, RecursionError) as error:
        raise corrupt(f"{what} is no JSON ({error})") from None


def json_file(file: BinaryIO, what: str) -> Any:
    """Return what a file of JSON says. Raises Corrupt when it is none, or far too large."""
    size_bytes = file.seek(0, 2)
    if size_bytes > JSON_BYTES_MAX:
        raise corrupt(f"{what} has {size_bytes:,} bytes of JSON")
    file.seek(0)
    return json_of(exactly(file, size_bytes), what)
