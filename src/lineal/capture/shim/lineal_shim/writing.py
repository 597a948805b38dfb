"""Append events to the spool: one JSON line each, one write each, so that lines of processes and threads never mix."""

from __future__ import annotations

import os
import time

try:
    # The json package loads regular expressions and enumerations, which would double the start of a small program.
    from _json import encode_basestring_ascii
except ImportError:  # not CPython
    from json.encoder import encode_basestring_ascii

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

quoted = encode_basestring_ascii
"""JSON's form of a text."""

_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

_descriptors: list[int] = []
"""The open file of this process, once there is one."""

_identity: list[tuple[int, int]] = []
"""Its device and inode: a program may close what it did not open, and get the same number for a file of its own."""

_HIGH = (1000, 250, 60, 15)
"""Numbers that programs do not get for their own files, as far as limits allow; they count from 3."""


def spool() -> str:
    """Return the directory of the run that is being recorded, or "" when none is."""
    return os.environ.get("LINEAL_SPOOL", "")


def is_open() -> bool:
    """Tell whether this process has written an event already; it can then go on without asking for the spool."""
    return bool(_descriptors)


def emit(kind: str, **facts: object) -> None:
    """Append an event of ``kind``. Raises OSError when the spool cannot be written."""
    append(kind, "".join([f",{quoted(name)}:{encoded(value)}" for name, value in facts.items()]))


def append(kind: str, members: str) -> None:
    """Append an event of ``kind`` whose ``members`` are JSON already. Raises OSError when it cannot be written."""
    line = f'{{"kind":"{kind}","at":{time.time_ns() // 1_000_000}{members}}}\n'.encode("ascii")
    if not _is_ours():
        _open()
    os.write(_descriptors[0], line)


def _is_ours() -> bool:
    try:
        found = os.fstat(_descriptors[0])
    except (IndexError, OSError):
        return False
    return (found.st_dev, found.st_ino) == _identity[0]


def _open() -> None:
    path = os.path.join(spool(), f"events-{os.getpid()}.jsonl")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
    descriptor = _high(os.open(path, flags, 0o600))
    found = os.fstat(descriptor)
    _descriptors[:], _identity[:] = [descriptor], [(found.st_dev, found.st_ino)]


def _high(descriptor: int) -> int:
    """Return ``descriptor`` under a high number that is free, or as it is where there is none."""
    for number in _HIGH:
        try:
            os.fstat(number)
        except OSError:
            try:
                os.dup2(descriptor, number, inheritable=False)
            except OSError:
                continue
            os.close(descriptor)
            return number
    return descriptor


def _forget_parent() -> None:
    """Let a forked child open a file of its own."""
    if _is_ours():
        os.close(_descriptors[0])
    _descriptors.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)


def gap(sentence: str) -> None:
    """Tell the launcher that something could not be recorded; silent when even that fails: the spool is gone."""
    try:
        emit("gap", text=sentence)
    except OSError:
        return


def encoded(value: object) -> str:
    """Return ``value`` as JSON, with Python's words for NaN and infinities; unknown kinds become numbers or text."""
    encode = _ENCODERS.get(type(value))
    if encode is None:
        encode = next((_ENCODERS[kind] for kind in _INHERITED if isinstance(value, kind)), _plain)
    return encode(value)


def _float(value: float) -> str:
    text = float.__repr__(value)
    return text if text[-1] not in "nf" else _NOT_FINITE[text]


def _object(value: dict[object, object]) -> str:
    return "{" + ",".join([f"{quoted(str(name))}:{encoded(each)}" for name, each in value.items()]) + "}"


def _array(value: list[object] | tuple[object, ...]) -> str:
    return "[" + ",".join([encoded(each) for each in value]) + "]"


def _plain(value: object) -> str:
    return encoded(plain(value))


_ENCODERS: dict[type, Callable[[Any], str]] = {
    float: _float,
    int: int.__repr__,
    str: quoted,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _value: "null",
    dict: _object,
    list: _array,
    tuple: _array,
}
_INHERITED = (float, str, int, dict, list, tuple)


def plain(value: object) -> int | float | str:
    """Return a number for a number of numpy, torch and the like, else the value's text."""
    for convert in (int, float) if hasattr(value, "__index__") else (float,):
        try:
            return convert(value)  # type: ignore[call-overload,arg-type]  # asking is the only way to know
        except (TypeError, ValueError, RuntimeError):
            continue
    return str(value)
