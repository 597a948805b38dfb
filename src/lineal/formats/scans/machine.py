"""The machine that a pickle is a program for, as far as needed to know what it would import, call and change.

Values are symbols: constants are themselves, everything else is ``Named`` or ``Made``. Nothing is refused that Python's
own machine would take: what is odd is noted, and what cannot be followed ends the look as unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from lineal.formats.scans.look import Look, Unreadable

HELD_BYTES = 1 << 12
LINE_BYTES_MAX = 1 << 24
MARK = type("_Mark", (), {})()
_DEPTH_SAID = 4
_ITEMS_SAID = 8


class Named(NamedTuple):
    """A function, class or module that the pickle names."""

    module: str
    name: str

    def __str__(self) -> str:
        """Return how Python names it."""
        return f"{self.module}.{self.name}"


class Stretch(NamedTuple):
    """Bytes that are in the file."""

    start: int
    size_bytes: int


class Made:
    """What a call makes; ``state`` is what it was given afterwards."""

    __slots__ = ("arguments", "state", "what")

    def __init__(self, what: Any, arguments: Any = ()) -> None:
        self.what = what
        self.arguments = arguments
        self.state: Any = None


class Machine:
    """Follows one pickle.

    Args:
        file: where; it is read from its place on, and stands behind the pickle afterwards.
        look: where traces are noted.
        keeps: whether a loader of this format knows what is kept beside the pickle, as PyTorch's knows storages.
        after: bytes and arrays are given to it, with this machine.
        loose: what is missing on the stack is taken to be unknown; for bytes that may be no pickle.
    """

    def __init__(
        self, file: BinaryIO, look: Look, *, keeps: bool = False, after: After | None = None, loose: bool = False
    ) -> None:
        self.file = file
        self.look = look
        self.keeps = keeps
        self.after = after or After()
        self.loose = loose
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.calls = 0
        self.place = 0
        self.frame_end = 0

    def bite(self, size_bytes: int) -> bytes:
        """Read exactly that many bytes. Raises Unreadable."""
        found = self.file.read(size_bytes)
        if len(found) != size_bytes:
            raise Unreadable("its pickle breaks off")
        return found

    def line(self) -> bytes:
        """Read a line, and return it without its end. Raises Unreadable."""
        found = self.file.readline(LINE_BYTES_MAX)
        if not found.endswith(b"\n"):
            raise Unreadable("a line in its pickle does not end")
        return found[:-1]

    def stretch(self, size_bytes: int) -> bytes | Stretch:
        """Return bytes if they are few, or step over them. Raises Unreadable."""
        if size_bytes <= HELD_BYTES:
            return self.bite(size_bytes)
        start = self.file.tell()
        if start + size_bytes > self.file.seek(0, 2):
            raise Unreadable(f"a value in its pickle would have {size_bytes:,} bytes")
        self.file.seek(start + size_bytes)
        return Stretch(start, size_bytes)

    def held(self, value: Any) -> bytes | None:
        """Return the bytes of a value, None when it is none or too large."""
        if isinstance(value, Made) and str(value.what) in _BYTES_OF and isinstance(value.arguments, tuple):
            first = value.arguments[0] if value.arguments else b""
            if isinstance(first, str):
                return first.encode("latin-1", "replace")
            return self.held(first) if not isinstance(first, Made) else None
        if isinstance(value, Stretch):
            here = self.file.tell()
            self.file.seek(value.start)
            found = self.file.read(value.size_bytes)
            self.file.seek(here)
            return found
        return bytes(value) if isinstance(value, bytes | bytearray) else None

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the newest value off the stack."""
        return Made(None) if self.loose and not self.stack else self.stack.pop()

    def top(self) -> Any:
        """Return the newest value."""
        if self.loose and not self.stack:
            self.push(Made(None))
        return self.stack[-1]

    def to_mark(self) -> list[Any]:
        """Take everything above the newest mark off the stack. Raises Unreadable."""
        at = len(self.stack) - 1
        while at >= 0 and self.stack[at] is not MARK:
            at -= 1
        if at < 0 and not self.loose:
            raise Unreadable("its pickle lacks a mark")
        found = self.stack[at + 1 :]
        del self.stack[max(at, 0) :]
        return found

    def name(self, module: Any, name: Any) -> None:
        """Name something of Python's."""
        if not isinstance(module, str) or not isinstance(name, str):
            self.look.note("computed-name", f"{said(module)}.{said(name)}", place=self.place)
            self.push(Made(None))
            return
        if self.loose and not (is_name(module) and is_name(name)):
            raise Unreadable("it names what cannot be a name")
        named = Named(module, name)
        self.look.note("import", str(named), place=self.place)
        self.push(named)

    def call(self, what: Any, arguments: Any, named: Any = None, *, is_new: bool = False) -> None:
        """Call something, and push what is made. ``is_new``: only a class can be, and its ``__init__`` is not called."""
        self.calls += 1
        self.push(self.after.call(self, what, arguments, named, is_new=is_new and not arguments and not named))

    def build(self) -> None:
        """Give something a state."""
        state = self.pop()
        target = self.top()
        if isinstance(target, Named):
            self.look.note("changes-global", str(target), said(state), place=self.place)
        elif isinstance(target, Made):
            target.state = state
            self.after.build(self, target)

    def fill(self, values: list[Any]) -> None:
        """Put items into something. Containers stay as they are: what is in them was noted when it was made."""
        target = self.top()
        if isinstance(target, Named):
            self.look.note("changes-global", str(target), said(values), place=self.place)
        elif isinstance(target, list):
            target.extend(values)
        elif isinstance(target, dict):
            for key, value in zip(values[::2], values[1::2], strict=False):
                if isinstance(key, str | int | bytes):
                    target[key] = value

    def keep(self, name: Any) -> None:
        """Take what the pickle says is kept beside it."""
        is_storage = isinstance(name, tuple) and len(name) >= 2 and name[0] in {"storage", "module", b"storage"}
        if not (self.keeps and is_storage):
            self.look.note("persistent", said(name), place=self.place)
        self.push(Made("kept", (name,)))


class After:
    """What formats do besides: with bytes, calls and states. This one only notes calls."""

    def call(self, machine: Machine, what: Any, arguments: Any, named: Any, *, is_new: bool = False) -> Any:
        """Note a call and return what it makes."""
        place = machine.place
        told = said(arguments) + (f" {said(named)}" if named else "")
        if isinstance(what, Named):
            machine.look.note("new" if is_new else "call", str(what), told, place=place)
        else:
            machine.look.note("call-of-call", said(what), told, place=place)
        return Made(what, arguments)

    def build(self, machine: Machine, made: Made) -> None:
        """See a state that was given to something."""

    def data(self, machine: Machine, value: bytes | Stretch) -> None:
        """See bytes."""


def is_name(text: str) -> bool:
    """Tell whether a text is a dotted name."""
    return len(text) < 500 and all(each.isidentifier() for each in text.split("."))


def said(value: Any, depth: int = _DEPTH_SAID) -> str:
    """Return a value as a person reads it, cut where it is long."""
    if isinstance(value, list | tuple | dict) and not isinstance(value, Named | Stretch) and depth > 0:
        parts = list(_parts(value, depth))
        ends = "()" if isinstance(value, tuple) else "[]" if isinstance(value, list) else "{}"
        return ends[0] + ", ".join(parts) + (", …" if len(value) > len(parts) else "") + ends[1]
    if isinstance(value, Made):
        return f"{said(value.what, depth - 1)}(…)" if value.what is not None and depth > 0 else "…"
    return _said_plainly(value)


def _said_plainly(value: Any) -> str:
    if isinstance(value, str | bytes | bytearray):
        return repr(value[:120])
    if isinstance(value, Stretch):
        return f"<{value.size_bytes:,} bytes>"
    if isinstance(value, int) and value.bit_length() > 128:
        return "<a huge number>"
    return str(value) if isinstance(value, int | float | bool | None | Named) else "…"


def _parts(value: list[Any] | tuple[Any, ...] | dict[Any, Any], depth: int) -> Iterator[str]:
    if isinstance(value, dict):
        for key in list(value)[:_ITEMS_SAID]:
            yield f"{said(key, depth - 1)}: {said(value[key], depth - 1)}"
    else:
        for each in value[:_ITEMS_SAID]:
            yield said(each, depth - 1)


_BYTES_OF = {"_codecs.encode", "builtins.bytes", "builtins.bytearray", "__builtin__.bytes", "__builtin__.bytearray"}
"""Calls whose first argument is the bytes that they make."""
