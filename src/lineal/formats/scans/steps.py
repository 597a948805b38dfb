"""What each opcode of a pickle does to the machine."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

from lineal.formats.scans.look import Unreadable
from lineal.formats.scans.machine import MARK, Machine, Made
from lineal.formats.scans.opcodes import ARGUMENTS, LONG_BYTES


def follow(machine: Machine) -> Any:
    """Return what the pickle at the machine's place describes, and note what it would do.

    Raises:
        Unreadable: it breaks off, or does what Python's own machine would not.
    """
    read, budget = machine.file.read, machine.look.budget
    try:
        while True:
            budget.steps -= 1
            if budget.steps < 0:
                raise Unreadable("its pickles have too many steps")
            before, machine.place = machine.place, machine.file.tell()
            if before < machine.frame_end < machine.place:
                _straddles(machine, before)
            sign = read(1)
            if sign == b".":
                return machine.pop()
            step = STEPS.get(sign)
            if step is None:
                raise Unreadable(f"its pickle breaks off at byte {machine.place:,}")
            step(machine)
    except (IndexError, KeyError, ValueError, TypeError, OverflowError, AttributeError, RecursionError) as error:
        raise Unreadable(f"its pickle makes no sense at byte {machine.place:,} ({type(error).__name__})") from None


def _argument(code: str) -> Callable[[Machine], None]:
    read = ARGUMENTS[code]

    def step(machine: Machine) -> None:
        machine.push(read(machine))

    return step


def _bytes(width: int) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        value = machine.stretch(int.from_bytes(machine.bite(width), "little"))
        machine.push(value)
        machine.after.data(machine, value)

    return step


def _text(width: int, encoding: str, errors: str) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        value = machine.stretch(int.from_bytes(machine.bite(width), "little"))
        held = machine.held(value) or b""
        machine.push(held.decode(encoding, errors))

    return step


def _tuple(count: int) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        found = [machine.pop() for _ in range(count)]
        machine.push(tuple(reversed(found)))

    return step


def _constant(value: Any, /) -> Callable[[Machine], None]:
    return lambda machine: machine.push(value)


def _truth(machine: Machine) -> None:
    machine.stack.append(True)


def _untruth(machine: Machine) -> None:
    machine.stack.append(False)


def _reduce(machine: Machine) -> None:
    arguments = machine.pop()
    machine.call(machine.pop(), arguments)


def _new(machine: Machine) -> None:
    arguments = machine.pop()
    machine.call(machine.pop(), arguments, is_new=True)


def _new_with_names(machine: Machine) -> None:
    named, arguments = machine.pop(), machine.pop()
    machine.call(machine.pop(), arguments, named, is_new=True)


def _global(machine: Machine) -> None:
    module, name = machine.line(), machine.line()
    machine.name(module.decode("utf-8", "replace"), name.decode("utf-8", "replace"))


def _stack_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.name(module, name)


def _inst(machine: Machine) -> None:
    module, name = machine.line(), machine.line()
    arguments = tuple(machine.to_mark())
    machine.name(module.decode("utf-8", "replace"), name.decode("utf-8", "replace"))
    machine.call(machine.pop(), arguments)


def _obj(machine: Machine) -> None:
    what, *arguments = machine.to_mark()
    machine.call(what, tuple(arguments))


def _extension(width: int) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        number = int.from_bytes(machine.bite(width), "little")
        machine.look.note("extension", f"extension {number}", place=machine.place)
        machine.push(Made(None))

    return step


def _put(read: Callable[[Machine], int]) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        machine.memo[read(machine)] = machine.top()

    return step


def _get(read: Callable[[Machine], int]) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        at = read(machine)
        machine.push(machine.memo.get(at, Made(None)) if machine.loose else machine.memo[at])

    return step


def _number(width: int) -> Callable[[Machine], int]:
    return lambda machine: int.from_bytes(machine.bite(width), "little")


def _line_number(machine: Machine) -> int:
    return int(machine.line()[:20])


def _string(machine: Machine) -> None:
    text = machine.line().strip()
    if len(text) < 2 or text[0] != text[-1] or text[0] not in b"'\"":
        raise Unreadable("a text in its pickle has no quotes")
    machine.push(codecs.escape_decode(text[1:-1])[0].decode("latin-1"))


def _dict(machine: Machine) -> None:
    items = machine.to_mark()
    machine.push({})
    machine.fill(items)


def _next_buffer(machine: Machine) -> None:
    machine.look.note("persistent", "a buffer beside the pickle", place=machine.place)
    machine.push(Made(None))


def _protocol(machine: Machine) -> None:
    if machine.bite(1)[0] > 5:
        raise Unreadable("its pickle has a protocol that is not known")


def _pop(machine: Machine) -> None:
    machine.pop()


def _pop_mark(machine: Machine) -> None:
    machine.to_mark()


def _frame(machine: Machine) -> None:
    size_bytes = int.from_bytes(machine.bite(8), "little")
    if machine.place < machine.frame_end:
        _straddles(machine, machine.place)
    machine.frame_end = machine.file.tell() + size_bytes


def _straddles(machine: Machine, place: int) -> None:
    """Note what no pickler writes: what Python's own loader reads there depends on how it reads ahead."""
    machine.look.note("frames-disagree", "an opcode that leaves its frame", f"at byte {place:,}", place=place)
    machine.frame_end = 0


def _nothing(_: Machine) -> None:
    """Nothing that matters here."""


STEPS: dict[bytes, Callable[[Machine], None]] = {
    **{code.encode("latin-1"): _argument(code) for code in ARGUMENTS},
    **{code.encode("latin-1"): _bytes(width) for code, width in LONG_BYTES.items()},
    b"X": _text(4, "utf-8", "surrogatepass"),
    b"\x8c": _text(1, "utf-8", "surrogatepass"),
    b"\x8d": _text(8, "utf-8", "surrogatepass"),
    b"T": _text(4, "latin-1", "strict"),
    b"U": _text(1, "latin-1", "strict"),
    b"S": _string,
    b"N": _constant(None),
    b"\x88": _truth,
    b"\x89": _untruth,
    b"(": _constant(MARK),
    b"]": lambda machine: machine.push([]),
    b"}": lambda machine: machine.push({}),
    b"\x8f": lambda machine: machine.push([]),
    b")": _constant(()),
    b"l": lambda machine: machine.push(machine.to_mark()),
    b"t": lambda machine: machine.push(tuple(machine.to_mark())),
    b"\x91": lambda machine: machine.push(machine.to_mark()),
    b"d": _dict,
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"0": _pop,
    b"1": _pop_mark,
    b"2": lambda machine: machine.push(machine.top()),
    b"a": lambda machine: machine.fill([machine.pop()]),
    b"e": lambda machine: machine.fill(machine.to_mark()),
    b"\x90": lambda machine: machine.fill(machine.to_mark()),
    b"s": lambda machine: machine.fill([machine.pop(), machine.pop()][::-1]),
    b"u": lambda machine: machine.fill(machine.to_mark()),
    b"c": _global,
    b"\x93": _stack_global,
    b"i": _inst,
    b"o": _obj,
    b"R": _reduce,
    b"\x81": _new,
    b"\x92": _new_with_names,
    b"b": lambda machine: machine.build(),
    b"P": lambda machine: machine.keep(machine.line().decode("latin-1")),
    b"Q": lambda machine: machine.keep(machine.pop()),
    b"p": _put(_line_number),
    b"q": _put(_number(1)),
    b"r": _put(_number(4)),
    b"\x94": lambda machine: machine.memo.__setitem__(len(machine.memo), machine.top()),
    b"g": _get(_line_number),
    b"h": _get(_number(1)),
    b"j": _get(_number(4)),
    b"\x82": _extension(1),
    b"\x83": _extension(2),
    b"\x84": _extension(4),
    b"\x80": _protocol,
    b"\x95": _frame,
    b"\x97": _next_buffer,
    b"\x98": _nothing,
}
"""What each opcode does."""
