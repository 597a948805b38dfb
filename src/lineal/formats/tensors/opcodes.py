"""Pickles read as what they are, a list of opcodes, without carrying any of them out.

A pickle is a program for a machine with a stack. This machine builds plain values (numbers, texts, lists, dicts) and
writes down what the program *wanted* to call, as `Made`; it never imports or calls anything. Long byte strings stay in
the file, as `Stretch`. Everything is bounded, opcodes and single reads; what refers to itself stays a reference.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable
from typing import IO, Any, BinaryIO, NamedTuple, cast

from lineal.formats.tensors.tensor import PIECE_BYTES, corrupt

OPCODES_MAX = 5_000_000
READ_BYTES_MAX = 64 << 20
"""No text or number in a pickle of a model is longer."""

_KEPT_BYTES_MAX = 1 << 10
"""Longer byte strings stay in the file."""


class Global(NamedTuple):
    """A function or class that the pickle names."""

    module: str
    name: str

    def __str__(self) -> str:
        """Return how Python names it."""
        return f"{self.module}.{self.name}"


class Stretch(NamedTuple):
    """Bytes that are in the file, from ``start`` on."""

    start: int
    size_bytes: int


class Opaque:
    """Something that is not a plain value and was not understood."""


class Made:
    """What calling ``what`` with ``arguments`` would make, the state it would get, and the items put into it."""

    def __init__(self, what: Any, arguments: Any) -> None:
        # Old files of PyTorch keep a class with its source beside the pickle.
        kept = what.name if isinstance(what, Kept) and isinstance(what.name, tuple) else ()
        named = kept[1] if kept[:1] == ("module",) and len(kept) > 1 else what
        self.what = str(named) if isinstance(named, Global) else ""
        self.arguments = arguments if isinstance(arguments, tuple) else ()
        self.state: Any = None
        self.items: list[Any] = []
        self.named: dict[Any, Any] = {}
        self.data: Stretch | None = None
        """The bytes that follow it in the file, as joblib writes arrays."""


class Kept(NamedTuple):
    """What the pickle says is kept beside it, by what it is called there."""

    name: Any


class _Mark:
    pass


_MARK = _Mark()


class Stream:
    """A file that is read in small bites.

    Args:
        file: where; it is read from its place on.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        start = file.tell()
        self._end = file.seek(0, 2)
        file.seek(start)

    def read(self, size_bytes: int) -> bytes:
        """Read at most that many bytes. Raises Corrupt for far too many."""
        if not 0 <= size_bytes <= READ_BYTES_MAX:
            raise corrupt(f"a value in its pickle would have {size_bytes:,} bytes")
        return self.file.read(size_bytes)

    def readline(self) -> bytes:
        """Read a line. Raises Corrupt when it is endless."""
        line = self.file.readline(PIECE_BYTES)
        if len(line) == PIECE_BYTES:
            raise corrupt("a line in its pickle does not end")
        return line

    def skip(self, size_bytes: int) -> Stretch:
        """Step over bytes and return where they are. Raises Corrupt when the file ends before."""
        start = self.file.tell()
        if start + size_bytes > self._end:
            raise corrupt(f"a value in its pickle would have {size_bytes:,} bytes")
        self.file.seek(start + size_bytes)
        return Stretch(start, size_bytes)


class Machine:
    """Reads one pickle.

    Args:
        file: where; it is read from its place on, and stands behind the pickle afterwards.
        after_build: is called with what was just given a state, and this machine: joblib's arrays follow there.
    """

    def __init__(self, file: BinaryIO, after_build: Callable[[Made, Machine], None] | None = None) -> None:
        self.stream = Stream(file)
        self.after_build = after_build
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.left = OPCODES_MAX
        self.kept: list[Kept] = []
        """What it says is kept beside it, in the order of the pickle."""

    def run(self) -> Any:
        """Return what the pickle describes. Raises Corrupt when it is none, or far too long."""
        try:
            while True:
                self.left -= 1
                sign = self.stream.read(1)
                opcode = _OPCODES.get(sign)
                if not opcode or self.left < 0:
                    raise corrupt(
                        f"its pickle has more than {OPCODES_MAX:,} steps" if opcode else "its pickle breaks off"
                    )
                if opcode.name == "STOP":
                    return self.stack.pop()
                self._step(opcode)
        except (IndexError, KeyError, ValueError, TypeError, struct.error, AttributeError, OverflowError) as error:
            raise corrupt(f"its pickle makes no sense ({type(error).__name__})") from None

    def _step(self, opcode: pickletools.OpcodeInfo) -> None:
        name = opcode.name
        if size_bytes := _LONG.get(name):
            length = int.from_bytes(self._whole(size_bytes), "little")
            is_kept = length <= _KEPT_BYTES_MAX
            self.stack.append(self._whole(length) if is_kept else self.stream.skip(length))
            return
        argument = opcode.arg.reader(cast("IO[bytes]", self.stream)) if opcode.arg else None
        if name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in _LITERALS:
            self.stack.append(argument)
        elif step := _STEPS.get(name):
            step(self, argument)
        elif name not in _NOTHING:
            raise corrupt(f"its pickle has the opcode {name}, which models do not need")

    def _whole(self, size_bytes: int) -> bytes:
        found = self.stream.read(size_bytes)
        if len(found) != size_bytes:
            raise corrupt("its pickle breaks off")
        return found

    def to_mark(self) -> list[Any]:
        """Take everything above the newest mark off the stack."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise corrupt("its pickle lacks a mark")
        found = self.stack[at + 1 :]
        del self.stack[at:]
        return found


def _key(value: Any) -> Any:
    """Return ``value`` as a key. Only plain ones: the hash of a nested tuple may take for ever."""
    return value if value is None or isinstance(value, str | int | float | bytes) else Opaque()


def _put_items(machine: Machine, pairs: list[Any]) -> None:
    target = machine.stack[-1]
    into = target.named if isinstance(target, Made) else target
    if not isinstance(into, dict) or len(pairs) % 2:
        raise corrupt("its pickle puts items into what has none")
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        into[_key(name)] = value


def _append(machine: Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    into = target.items if isinstance(target, Made) else target
    if not isinstance(into, list):
        raise corrupt("its pickle appends to what is no list")
    into.extend(values)


def _dict(machine: Machine) -> None:
    pairs = machine.to_mark()
    machine.stack.append({})
    _put_items(machine, pairs)


def _made(machine: Machine, what: Any, arguments: Any) -> None:
    # An OrderedDict is a dict to whoever looks for what is in it.
    if isinstance(what, Global) and str(what) in _DICTS and (pairs := _pairs(arguments)) is not None:
        machine.stack.append({_key(name): value for name, value in pairs})
    elif what == _ENCODE and arguments[1:] == ("latin1",):
        machine.stack.append(arguments[0].encode("latin-1"))
    else:
        machine.stack.append(Made(what, arguments))


def _pairs(arguments: Any) -> list[Any] | None:
    """Return the pairs that a dict is made of; Python 2 gave them as its argument."""
    if arguments == ():
        return []
    pairs = arguments[0] if isinstance(arguments, tuple) and len(arguments) == 1 else None
    is_sound = isinstance(pairs, list) and all(isinstance(each, list | tuple) and len(each) == 2 for each in pairs)
    return pairs if is_sound else None


def _reduce(machine: Machine, _: Any) -> None:
    arguments = machine.stack.pop()
    _made(machine, machine.stack.pop(), arguments)


def _keyword(machine: Machine, _: Any) -> None:
    named = machine.stack.pop()
    _reduce(machine, None)
    if isinstance(machine.stack[-1], Made):
        machine.stack[-1].state = named


def _build(machine: Machine, _: Any) -> None:
    state = machine.stack.pop()
    target = machine.stack[-1]
    if isinstance(target, Made):
        target.state = state
        if machine.after_build:
            machine.after_build(target, machine)


def _global(machine: Machine, said: str) -> None:
    module, _, name = said.partition(" ")
    machine.stack.append(Global(module, name))


def _stack_global(machine: Machine, _: Any) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if not isinstance(name, str) or not isinstance(module, str):
        raise corrupt("its pickle names something by what is no text")
    machine.stack.append(Global(module, name))


def _inst(machine: Machine, said: str) -> None:
    module, _, name = said.partition(" ")
    arguments = tuple(machine.to_mark())
    _made(machine, Global(module, name), arguments)


def _obj(machine: Machine, _: Any) -> None:
    what, *arguments = machine.to_mark()
    _made(machine, what, tuple(arguments))


def _kept(machine: Machine, name: Any) -> None:
    kept = Kept(name)
    machine.kept.append(kept)
    machine.stack.append(kept)


def _put(machine: Machine, at: int) -> None:
    machine.memo[at] = machine.stack[-1]


def _tuple(count: int) -> Callable[[Machine, Any], None]:
    def step(machine: Machine, _: Any) -> None:
        if len(machine.stack) < count:
            raise corrupt("its pickle takes from an empty stack")
        made = tuple(machine.stack[len(machine.stack) - count :])
        del machine.stack[len(machine.stack) - count :]
        machine.stack.append(made)

    return step


_OPCODES = {each.code.encode("latin-1"): each for each in pickletools.opcodes}

_DICTS = {"collections.OrderedDict", "builtins.dict", "__builtin__.dict"}

_ENCODE = Global("_codecs", "encode")
"""Before protocol 3, bytes were written as a text and the call that makes bytes of it."""

_LONG = {"BINBYTES": 4, "BINBYTES8": 8, "BYTEARRAY8": 8, "BINSTRING": 4}
"""Opcodes of byte strings that may be long, and how many bytes say how long."""

_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "MARK": _MARK}

_LITERALS = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING SHORT_BINSTRING SHORT_BINBYTES UNICODE"
    " SHORT_BINUNICODE BINUNICODE BINUNICODE8".split()
)
_NOTHING = frozenset(("PROTO", "FRAME", "READONLY_BUFFER"))

_STEPS: dict[str, Callable[[Machine, Any], object]] = {
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.to_mark(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "EMPTY_SET": lambda machine, _: machine.stack.append([]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "LIST": lambda machine, _: machine.stack.append(machine.to_mark()),
    "FROZENSET": lambda machine, _: machine.stack.append(machine.to_mark()),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.to_mark())),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "DICT": lambda machine, _: _dict(machine),
    "APPEND": lambda machine, _: _append(machine, [machine.stack.pop()]),
    "APPENDS": lambda machine, _: _append(machine, machine.to_mark()),
    "ADDITEMS": lambda machine, _: _append(machine, machine.to_mark()),
    "SETITEM": lambda machine, _: _put_items(machine, [machine.stack.pop(-2), machine.stack.pop()]),
    "SETITEMS": lambda machine, _: _put_items(machine, machine.to_mark()),
    "MEMOIZE": lambda machine, _: _put(machine, len(machine.memo)),
    "PUT": _put,
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "GET": lambda machine, at: machine.stack.append(machine.memo[at]),
    "BINGET": lambda machine, at: machine.stack.append(machine.memo[at]),
    "LONG_BINGET": lambda machine, at: machine.stack.append(machine.memo[at]),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "NEWOBJ_EX": _keyword,
    "INST": _inst,
    "OBJ": _obj,
    "BUILD": _build,
    "PERSID": _kept,
    "NEXT_BUFFER": lambda machine, _: machine.stack.append(Opaque()),  # its bytes are kept elsewhere
    "BINPERSID": lambda machine, _: _kept(machine, machine.stack.pop()),
}
