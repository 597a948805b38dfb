"""Models that were pickled, by pickle or by joblib: the NumPy arrays in them, by the attributes that lead there."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from lineal.formats.tensors.numpy_files import OBJECTS, dtype_of
from lineal.formats.tensors.opcodes import OPCODES_MAX, Machine, Made, Stretch
from lineal.formats.tensors.tensor import Contents, Tensor, corrupt, exactly, held, item_count, span

Read = Callable[[], Iterator[bytes]]
Understand = Callable[[str, Made], Tensor | None]
"""Given a name, returns the tensor that something made is, or None when it is none."""

DEPTH_MAX = 64
FACTS_MAX = 1_000
UNPACKED_BYTES_MAX = 1 << 30

_JOBLIB = "joblib.numpy_pickle.NumpyArrayWrapper"
_DTYPE = "numpy.dtype"
_RECONSTRUCT = {"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"}
_FROM_BUFFER = {"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"}
_UNPACKERS: dict[bytes, Callable[[], Any]] = {
    b"\x78\x01": zlib.decompressobj,
    b"\x78\x5e": zlib.decompressobj,
    b"\x78\x9c": zlib.decompressobj,
    b"\x78\xda": zlib.decompressobj,
    b"\x1f\x8b": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7z": lzma.LZMADecompressor,
    b"\x5d\x00\x00": lzma.LZMADecompressor,
}
"""How what joblib compressed begins, and what undoes it."""


def is_pickle(head: bytes) -> bool:
    """Tell whether a file that begins so may be a pickle, or a compressed one."""
    return (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05") or head.startswith(tuple(_UNPACKERS))


def read_pickle(file: BinaryIO) -> Contents:
    """Return the arrays in a pickle; nothing in it is carried out.

    Raises:
        Corrupt: it is none, is compressed to a bomb, or describes what cannot be.
    """
    return arrays(*load_pickle(file))


def load_pickle(
    file: BinaryIO, *, most_bytes: int = UNPACKED_BYTES_MAX, most_opcodes: int = OPCODES_MAX
) -> tuple[BinaryIO, Any]:
    """Return what a pickle describes, and the file in which its arrays are.

    Args:
        file: read from its beginning.
        most_bytes: so much is unpacked where it is compressed.
        most_opcodes: so many steps are taken.

    Raises:
        Corrupt: it is none, or is compressed to a bomb.
    """
    file.seek(0)
    head = file.read(3)
    unpacker = next((make for sign, make in _UNPACKERS.items() if head.startswith(sign)), None)
    file.seek(0)
    if unpacker:
        file = io.BytesIO(_unpacked(file, unpacker(), min(most_bytes, UNPACKED_BYTES_MAX)))
    machine = Machine(file, _joblib_array)
    machine.left = min(most_opcodes, machine.left)
    return file, machine.run()


def arrays(file: BinaryIO, root: Any) -> Contents:
    """Return the arrays in what a pickle describes.

    Args:
        file: where their bytes are.
        root: what ``load_pickle`` returned.

    Raises:
        Corrupt: an array contradicts itself.
    """
    return walked("pickle", root, lambda name, made: array_of(file, name, made))


def _unpacked(file: BinaryIO, unpacker: Any, most_bytes: int) -> bytes:
    parts, size_bytes = [], 0
    try:
        while not unpacker.eof:
            data = getattr(unpacker, "unconsumed_tail", b"") or (
                file.read(1 << 16) if getattr(unpacker, "needs_input", True) else b""
            )
            part = unpacker.decompress(data, 1 << 20)
            if not part and not data:
                raise corrupt("it is compressed, and breaks off")
            size_bytes += len(part)
            if size_bytes > most_bytes:
                raise corrupt(f"it is compressed from more than {most_bytes >> 20:,} MiB")
            parts.append(part)
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        raise corrupt(f"it cannot be decompressed ({error})") from None
    return b"".join(parts)


def walked(format_name: str, root: Any, understand: Understand) -> Contents:
    """Return everything that is in what a pickle describes.

    Args:
        format_name: what the file is called.
        root: what the machine returned.
        understand: knows the arrays of this format.

    Raises:
        Corrupt: an array contradicts itself.
    """
    tensors: list[Tensor] = []
    facts: dict[str, str] = {}
    notes: dict[str, None] = {}
    seen: set[int] = set()
    stack: list[tuple[str, int, Any]] = [("", 0, root)]
    while stack:
        name, depth, value = stack.pop()
        if isinstance(value, str | int | float | bool | None) and name and len(facts) < FACTS_MAX:
            facts[name] = _said(value)
        elif isinstance(value, Made) and (tensor := understand(name, value)):
            tensors.append(tensor)
        elif isinstance(value, Made | dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, Made) and value.what and len(facts) < FACTS_MAX:
                facts[name or "class"] = value.what
            if depth == DEPTH_MAX:
                notes[f"what is nested more than {DEPTH_MAX} deep was not read"] = None
                continue
            within = [(f"{name}.{key}" if name else key, depth + 1, each) for key, each in _parts(value)]
            stack += reversed(within)
    return Contents(format_name, tuple(tensors), facts, tuple(notes))


def _said(value: str | float | bool | None) -> str:
    if isinstance(value, str):
        return value[:1_000]
    return str(value) if not isinstance(value, int) or value.bit_length() < 1_000 else "a huge number"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is right inside a value, with how it is reached."""
    if isinstance(value, Made):
        states = value.state if isinstance(value.state, tuple) else (value.state,)
        yield from ((f"({place})", each) for place, each in enumerate(value.arguments))
        for state in states:
            yield from _parts(state) if isinstance(state, dict | list) else [("state", state)] if state else []
        yield from _parts(value.items)
        yield from _parts(value.named)
    elif isinstance(value, dict):
        yield from ((_key(name, place), each) for place, (name, each) in enumerate(value.items()))
    elif isinstance(value, list | tuple):
        yield from ((str(place), each) for place, each in enumerate(value))


def _key(name: Any, place: int) -> str:
    is_plain = isinstance(name, str | float | bool | None) or (isinstance(name, int) and name.bit_length() < 1_000)
    return str(name)[:1_000] if is_plain else f"#{place}"


def array_of(file: BinaryIO, name: str, made: Made) -> Tensor | None:
    """Return the NumPy array that something made is. Raises Corrupt when it contradicts itself."""
    if made.what in _RECONSTRUCT and isinstance(made.state, tuple) and len(made.state) >= 5:
        _, shape, dtype, is_columns, data = made.state[:5]
        return _tensor(file, name, shape, dtype, data, is_columns=bool(is_columns))
    if made.what in _FROM_BUFFER and len(made.arguments) == 4:
        data, dtype, shape, order = made.arguments
        return _tensor(file, name, shape, dtype, data, is_columns=order == "F")
    if made.what == _JOBLIB and isinstance(made.state, dict) and made.data:
        state = made.state
        return _tensor(
            file, name, state.get("shape"), state.get("dtype"), made.data, is_columns=state.get("order") == "F"
        )
    return None


def _tensor(file: BinaryIO, name: str, shape: Any, dtype: Any, data: Any, *, is_columns: bool) -> Tensor | None:
    data = data.encode("latin-1") if isinstance(data, str) and data.isascii() else data
    named, item_bytes, order = _dtype(dtype)
    if not isinstance(data, bytes | Stretch) or not item_bytes:
        return None  # an array of Python objects: whoever walks looks into it
    size_bytes = item_count(_shape(shape)) * item_bytes
    there = data.size_bytes if isinstance(data, Stretch) else len(data)
    if there != size_bytes:
        raise corrupt(f"the array {name!r} of {size_bytes:,} bytes has {there:,}")
    read: Read = span(file, data.start, there) if isinstance(data, Stretch) else held(data)
    columns = "columns first" if is_columns and len(shape) > 1 else ""
    layout = ", ".join(each for each in (columns, order) if each)
    return Tensor(name or "array", named, tuple(shape), size_bytes, read, layout)


def _shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(isinstance(each, int) for each in shape) or len(shape) > DEPTH_MAX:
        raise corrupt("an array has no shape")
    return shape


def _dtype(made: Any) -> tuple[str, int, str]:
    if (
        not isinstance(made, Made)
        or made.what != _DTYPE
        or not made.arguments
        or not isinstance(made.arguments[0], str)
    ):
        return "", 0, ""
    code = made.arguments[0]
    state = made.state if isinstance(made.state, tuple) else ()
    order = state[1] if len(state) > 1 and isinstance(state[1], str) else ""
    named, item_bytes, order = dtype_of(order + code if order in {"<", ">", "|", "="} else code)
    is_record = len(state) > 3 and bool(state[3])
    return ("record" if is_record else "" if named == OBJECTS else named), item_bytes, order


def _joblib_array(made: Made, machine: Machine) -> None:
    """Step over the array that joblib writes behind its wrapper, and note where it is."""
    if made.what != _JOBLIB or not isinstance(made.state, dict):
        return
    dtype = made.state.get("dtype")
    _, item_bytes, _ = _dtype(dtype)
    if not item_bytes:
        inner = Machine(machine.stream.file)
        inner.left = machine.left
        made.items = [inner.run()]
        machine.left = inner.left
        return
    if made.state.get("numpy_array_alignment_bytes") is not None:
        machine.stream.skip(exactly(machine.stream.file, 1)[0])
    made.data = machine.stream.skip(item_count(_shape(made.state.get("shape"))) * item_bytes)
