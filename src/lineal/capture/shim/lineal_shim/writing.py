"""Append events to the spool: one JSON line each, one write each, so that lines of processes and threads never mix."""

from __future__ import annotations

import os
import time
from contextvars import ContextVar

from .ranks import inner_place, shared

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

STARTED_AT = time.time()
"""When the interpreter began to record, in seconds since 1970 UTC."""

_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


class Sink:
    """This process's file in the spool of one run; it is opened with the first event.

    Args:
        spool: the directory; empty for the one that the environment names.

    Attributes:
        run: what the program holds of the run, when it holds something.
    """

    __slots__ = ("_identity", "descriptor", "run", "spool")

    def __init__(self, spool: str = "") -> None:
        self.spool = spool
        self.descriptor = -1
        self._identity = (0, 0)
        self.run: object = None
        _sinks.append(self)

    def append(self, kind: str, members: str) -> None:
        """Append an event of ``kind`` whose ``members`` are JSON already. Raises OSError when it cannot be written."""
        line = f'{{"kind":"{kind}","at":{time.time_ns() // 1_000_000}{members}}}\n'.encode("ascii")
        if not self._is_ours():
            self._open()
        os.write(self.descriptor, line)

    def close(self) -> None:
        """Let go of the file; a later event opens it again."""
        if self._is_ours():
            os.close(self.descriptor)
        self.descriptor = -1

    def _is_ours(self) -> bool:
        """Tell whether the number still stands for our file: a program may close it, and get the same for one of its own."""
        if self.descriptor < 0:
            return False
        try:
            found = os.fstat(self.descriptor)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def _open(self) -> None:
        folder = self.spool or spool()
        if not folder:
            raise OSError("no run is being recorded")
        path = os.path.join(folder, f"events-{os.getpid()}.jsonl")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self.descriptor = _high(os.open(path, flags, 0o600))
        found = os.fstat(self.descriptor)
        self._identity = found.st_dev, found.st_ino
        rank, size = inner_place()
        if size > 1:
            self.append("rank", f',"rank":{rank},"size":{size},"shared":{quoted(shared())}')


_sinks: list[Sink] = []
own = Sink()
"""Where events go: to the run that this process belongs to."""

nested: ContextVar[Sink | None] = ContextVar("lineal", default=None)
"""In place of it, while a thread or task has begun a run inside that run."""


_HIGH = (1000, 250, 60, 15)
"""Numbers that programs do not get for their own files, as far as limits allow; they count from 3."""


def spool() -> str:
    """Return the directory of the run that is being recorded, or "" when none is."""
    return os.environ.get("LINEAL_SPOOL", "")


def folder() -> str:
    """Return the directory of the run that events go to now, or "" when none is recorded."""
    return (nested.get() or own).spool or spool()


def is_open() -> bool:
    """Tell whether this process has written an event already; it can then go on without asking for the spool."""
    return own.descriptor >= 0 or nested.get() is not None


def emit(kind: str, **facts: object) -> None:
    """Append an event of ``kind``. Raises OSError when the spool cannot be written."""
    append(kind, members(facts))


def members(facts: dict[str, object]) -> str:
    """Return what `append` takes for ``facts``."""
    return "".join([f",{quoted(name)}:{encoded(value)}" for name, value in facts.items()])


def append(kind: str, members: str) -> None:
    """Append an event of ``kind`` whose ``members`` are JSON already. Raises OSError when it cannot be written."""
    (nested.get() or own).append(kind, members)


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
    """Let a forked child open files of its own."""
    for each in _sinks:
        each.close()


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
