"""Pickles in a file: one or several in a row, joblib's with arrays between the opcodes, PyTorch's of old.

Where two loaders would read the same bytes differently, both ways are followed: behind the wrapper of an array joblib
reads numbers, and ``pickle.load`` reads opcodes.
"""

from __future__ import annotations

import io
import math
import re
from itertools import islice
from typing import Any, BinaryIO

from lineal.formats.scans.look import Look, Unreadable, size_of
from lineal.formats.scans.machine import After, Machine, Made, Named, Stretch, said
from lineal.formats.scans.steps import follow

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_TORCH_PICKLES = 5

_WRAPPER = "NumpyArrayWrapper"
_GETATTR = {"builtins.getattr", "__builtin__.getattr"}
_FROM_BYTES = "torch.storage._load_from_bytes"
_PROTOCOL = re.compile(rb"\x80[\x00-\x05]")
_LOADS = re.compile(r"(^|\.)_?loads?$")
_SIMPLE = re.compile(r"_?[A-Za-z][A-Za-z0-9_]*")

_CALLERS = {
    "copyreg._reconstructor": (0, 1),
    "copy_reg._reconstructor": (0, 1),
    "copyreg.__newobj__": (0,),
    "copy_reg.__newobj__": (0,),
    "copyreg.__newobj_ex__": (0,),
    "torch._tensor._rebuild_from_type_v2": (0,),
    "torch._tensor._rebuild_from_type": (0,),
    "functools.reduce": (0,),
    "builtins.map": (0,),
    "builtins.filter": (0,),
    "itertools.starmap": (0,),
}
"""Calls that call some of their arguments."""

_NEW = {"copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__", "copy_reg.__newobj__"}
"""Those of them that make an instance of a class without calling its ``__init__``."""

_LOADABLE = (
    b"PK\x03\x04",
    b"\x89HDF\r\n",
    b"\x93NUMPY",
    b"BZh",
    b"\xfd7zXZ",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"\x04\x22M\x18",
)
"""How bytes in a pickle begin that whoever gets them may load in turn."""


class _Models(After):
    """Understands what model libraries put into pickles.

    Args:
        arrays: whether joblib's arrays follow their wrappers.
    """

    def __init__(self, *, arrays: bool = True) -> None:
        self.arrays = arrays

    def call(self, machine: Machine, what: Any, arguments: Any, named: Any, *, is_new: bool = False) -> Any:
        """Note a call, and those that it makes."""
        path = str(what) if isinstance(what, Named) else ""
        known = arguments if isinstance(arguments, tuple) else ()
        if path in _GETATTR and (found := _attribute(machine, known)):
            return found
        if path == _FROM_BYTES:
            return _from_bytes(machine, known)
        _note_getattr(machine, (arguments, named))
        made = super().call(machine, what, arguments, named, is_new=is_new)
        for place in _CALLERS.get(path, ()):
            inner = known[place] if place < len(known) else Made(None)
            if inner is not None and not (isinstance(inner, str) and place):
                super().call(machine, inner, (), None, is_new=path in _NEW)
        if _LOADS.search(path) and known and (data := machine.held(known[0])) is not None:
            machine.look.enter(f"bytes at {machine.place}", data)
        return made

    def build(self, machine: Machine, made: Made) -> None:
        """Step over the array that joblib keeps behind its wrapper."""
        _note_getattr(machine, made.state)
        if isinstance(made.what, Named) and made.what.name.rpartition(".")[2] == _WRAPPER and self.arrays:
            _joblib_array(machine, made)

    def data(self, machine: Machine, value: bytes | Stretch) -> None:
        """Look into bytes that could be loaded."""
        if isinstance(value, Stretch):
            here = machine.file.tell()
            machine.file.seek(value.start)
            head = machine.file.read(16)
            machine.file.seek(here)
        else:
            head = value[:16]
        is_pickle = len(head) > 3 and head[0] == 0x80 and 2 <= head[1] <= 5
        if (is_pickle or head.startswith(_LOADABLE)) and (data := machine.held(value)):
            inner = machine.look.inside(f"bytes at {machine.place}")
            _look_loosely(data, inner) if is_pickle else _look_within(machine, data)


def _look_within(machine: Machine, data: bytes) -> None:
    """Look into bytes that begin as a file that can be loaded; where they do not go on so, they are none."""
    before = set(machine.look.traces)
    if machine.look.enter(f"bytes at {machine.place}", data) == "unreadable":
        for each in set(machine.look.traces) - before:
            if each.kind == "unreadable" and "decompressed" in each.said:
                del machine.look.traces[each]


def read_pickles(file: BinaryIO, look: Look, *, keeps: bool = False) -> str:
    """Note what the pickles of a file would do, and return ``pickle``.

    Args:
        file: the file.
        look: where to note.
        keeps: whether it is PyTorch's, which keeps storages beside.

    Raises:
        Unreadable: the first one breaks off or makes no sense.
    """
    end = size_of(file)
    file.seek(0)
    count, needed, is_old_torch = 0, 0, False
    while file.tell() < end and (not is_old_torch or count < _TORCH_PICKLES):
        start = file.tell()
        try:
            found = follow(Machine(file, look, keeps=keeps or is_old_torch, after=_Models()))
        except Unreadable:
            if not count:
                raise
            _trailing(file, look, start)
            return "pickle"
        is_old_torch = is_old_torch or (count == 0 and found == TORCH_MAGIC)
        count += 1
        needed = file.tell()
        if not _goes_on(file, needed):
            break
    if needed < end and not is_old_torch:
        _trailing(file, look, needed)
    return "torch" if is_old_torch else "pickle"


def _goes_on(file: BinaryIO, place: int) -> bool:
    """Tell whether another pickle begins at a place."""
    file.seek(place)
    head = file.read(2)
    file.seek(place)
    return bool(head) and head != b"\0\0"


def _trailing(file: BinaryIO, look: Look, place: int) -> None:
    """Note bytes behind the last pickle, unless they are padding, and what they would do as another one."""
    file.seek(place)
    rest = file.read(1 << 20)
    if rest.strip(b"\0\n\r "):
        look.note("trailing", "bytes behind the last pickle", f"from byte {place:,} on", place=place)
        for found in (0, *(each.start() for each in islice(_PROTOCOL.finditer(rest, 1), 16))):
            _look_loosely(rest[found:], look.inside(f"bytes at {place + found}"))


def is_loose_pickle(file: BinaryIO, look: Look) -> bool:
    """Note what bytes without a sign of a pickle would do as one; return whether they can be one."""
    file.seek(0)
    return _follow_loosely(Machine(file, look.inside(""), after=_Models()), look)


def _look_loosely(data: bytes, look: Look) -> bool:
    return _follow_loosely(Machine(io.BytesIO(data), look, after=_Models()), look)


def _follow_loosely(machine: Machine, look: Look) -> bool:
    """Follow what may be no pickle; traces stay only when something is called, or it ends as one."""
    before = dict(look.traces)
    machine.look.member = look.member
    steps = look.budget.steps
    try:
        follow(machine)
        is_one = look.budget.steps < steps - 1 and len(look.traces) > len(before)
    except Unreadable:
        is_one = machine.calls > 0 and any(
            each.kind in {"call", "new", "computed-name"} for each in look.traces.keys() - before.keys()
        )
    if not is_one:
        look.traces.clear()
        look.traces.update(before)
    return is_one


def _attribute(machine: Machine, arguments: tuple[Any, ...]) -> Any:
    """Return what ``getattr`` gives of something plain: a nested class, a method. None where it is not plain."""
    if len(arguments) != 2 or not isinstance(arguments[1], str) or not _SIMPLE.fullmatch(arguments[1]):
        return None
    owner, name = arguments
    if isinstance(owner, Named):
        found = Named(owner.module, f"{owner.name}.{name}")
        machine.look.note("import", str(found), place=machine.place)
        return found
    if isinstance(owner, Made) and isinstance(owner.what, Named):
        machine.look.note("method", f"{owner.what}.{name}", place=machine.place)
        return Made(Made(owner.what))
    return None


def _note_getattr(machine: Machine, value: Any, depth: int = 3) -> None:
    """Note ``getattr`` where it is handed on: who gets it may reach anything."""
    if isinstance(value, Named) and str(value) in _GETATTR:
        machine.look.note("call", str(value), "handed on", place=machine.place)
    elif depth and isinstance(value, list | tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            if isinstance(each, Named | list | tuple | dict):
                _note_getattr(machine, each, depth - 1)


def _from_bytes(machine: Machine, arguments: tuple[Any, ...]) -> Any:
    """Follow the file of PyTorch's that a tensor in a plain pickle is kept in."""
    data = machine.held(arguments[0]) if arguments else None
    if data is None:
        machine.look.note("computed-data", _FROM_BYTES, said(arguments), place=machine.place)
    else:
        machine.look.enter(f"bytes at {machine.place}", data)
    return Made(Named("torch.storage", "TypedStorage"))


def _joblib_array(machine: Machine, made: Made) -> None:
    state = made.state
    if not isinstance(state, dict):
        raise Unreadable("an array of joblib's has no description")
    start = machine.file.tell()
    if machine.frame_end == start:
        machine.frame_end = 0  # joblib ends its frame before an array, which stands in none
    item_bytes = _item_bytes(state.get("dtype"))
    if item_bytes is None:
        # joblib's next step is pickle.load on the same file: the same opcodes, another stack.
        follow(Machine(machine.file, machine.look, keeps=machine.keeps, after=machine.after))
        return
    _as_opcodes(machine, start)
    if state.get("numpy_array_alignment_bytes") is not None:
        machine.bite(machine.bite(1)[0])
    shape = state.get("shape")
    if not isinstance(shape, tuple) or not all(isinstance(each, int) and 0 <= each < 1 << 62 for each in shape):
        raise Unreadable("an array of joblib's has no shape")
    machine.stretch(item_bytes * math.prod(shape))


def _as_opcodes(machine: Machine, start: int) -> None:
    """Follow what ``pickle.load`` would make of the bytes of an array, and come back."""
    other = Machine(machine.file, machine.look, after=_Models(arrays=False), loose=True)
    other.stack = machine.stack[-32:]
    other.memo = machine.memo.copy() if len(machine.memo) < 1_000 else {}
    machine.file.seek(start)
    _follow_loosely(other, machine.look)
    machine.file.seek(start)


def _item_bytes(dtype: Any) -> int | None:
    """Return the size of an item of a dtype, None for Python objects. Raises Unreadable when it cannot be known."""
    # Whatever else makes a dtype could make one of another size than it says here.
    if not isinstance(dtype, Made) or str(dtype.what) != "numpy.dtype" or not dtype.arguments:
        raise Unreadable("an array of joblib's has no dtype")
    code = dtype.arguments[0]
    if isinstance(code, Named):
        code = code.name
    found = re.fullmatch(r"[<>|=]?([biufcVSUOmM?])(\d*)", code) if isinstance(code, str) else None
    if not found or len(found[2]) > 9:
        raise Unreadable(f"an array of joblib's has the dtype {said(code)}")
    kind, size = found[1], int(found[2] or 1)
    if kind == "O" or _has_objects(dtype.state):
        return None
    return size * 4 if kind == "U" else size


def _has_objects(state: Any, depth: int = 8) -> bool:
    """Tell whether a record has a field of Python objects, by the state of its dtype."""
    if not isinstance(state, tuple) or len(state) < 5:
        return False
    fields = state[4]
    subarray = state[2]
    inner = (
        [each[0] for each in fields.values() if isinstance(each, tuple) and each] if isinstance(fields, dict) else []
    )
    inner += [subarray[0]] if isinstance(subarray, tuple) and subarray else []
    for each in inner:
        if isinstance(each, Made) and depth > 0 and isinstance(each.arguments, tuple) and each.arguments:
            if isinstance(each.arguments[0], str) and "O" in each.arguments[0]:
                return True
            if _has_objects(each.state, depth - 1):
                return True
    return False
