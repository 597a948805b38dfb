"""Opcodes that push a number or a text, and how each is read; those of bytes, and how long their length is."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lineal.formats.scans.look import Unreadable

if TYPE_CHECKING:
    from lineal.formats.scans.machine import Machine

LONG_BYTES = {"B": 4, "C": 1, "\x8e": 8, "\x96": 8}
"""Opcodes of bytes, and how many bytes say how long they are."""

_NUMBER_BYTES_MAX = 1 << 16


def _fixed(width: int, *, signed: bool = False) -> Callable[[Machine], Any]:
    return lambda machine: int.from_bytes(machine.bite(width), "little", signed=signed)


def _integer(machine: Machine) -> Any:
    """Read a number in text; ``00`` and ``01`` are truth values. A number that is very long is only known to be one."""
    text = machine.line()
    if text in {b"00", b"01"}:
        return text == b"01"
    return int(text, 0) if len(text) < 4_000 else 0


def _long(machine: Machine) -> Any:
    text = machine.line().removesuffix(b"L")
    return int(text, 0) if text and len(text) < 4_000 else 0


def _wide(width: int) -> Callable[[Machine], Any]:
    def read(machine: Machine) -> Any:
        size_bytes = int.from_bytes(machine.bite(width), "little", signed=width > 1)
        if size_bytes < 0:
            raise Unreadable("a number in its pickle has a negative length")
        if size_bytes > _NUMBER_BYTES_MAX:
            machine.stretch(size_bytes)
            return 0
        return int.from_bytes(machine.bite(size_bytes), "little", signed=True)

    return read


ARGUMENTS: dict[str, Callable[[Machine], Any]] = {
    "I": _integer,
    "J": _fixed(4, signed=True),
    "K": _fixed(1),
    "M": _fixed(2),
    "L": _long,
    "\x8a": _wide(1),
    "\x8b": _wide(4),
    "F": lambda machine: float(machine.line()),
    "G": lambda machine: struct.unpack(">d", machine.bite(8))[0],
    "V": lambda machine: machine.line().decode("raw-unicode-escape", "replace"),
}
"""How what is pushed is read, by the opcode."""
