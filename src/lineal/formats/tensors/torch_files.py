"""PyTorch's files since 1.6: a zip of a pickle that describes tensors, and of the storages they are views of."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple
from zipfile import ZipFile

from lineal.formats.tensors.opcodes import OPCODES_MAX, Global, Kept, Machine, Made
from lineal.formats.tensors.pickled import walked
from lineal.formats.tensors.tensor import PIECE_BYTES, SIZES, Contents, Tensor, corrupt, exactly, item_count
from lineal.formats.tensors.zips import opened_zip, within

PICKLE_BYTES_MAX = 256 << 20

_STORAGES = {
    "BoolStorage": "bool",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "ShortStorage": "int16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}
_DTYPES = {f"torch.{name}": name for name in SIZES}
_TENSOR = {"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3"}
_PARAMETER = {"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"}


class View(NamedTuple):
    """How a tensor lies in a storage, and which storage that is; ``device`` is where it was, empty for the main memory."""

    key: str
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    device: str = ""


def torch_pickle(archive: ZipFile) -> str:
    """Return the member that describes the tensors of an archive of PyTorch's, empty when it is none."""
    return next((each for each in archive.namelist() if each.endswith("/data.pkl") and each.count("/") == 1), "")


def read_torch(file: BinaryIO) -> Contents:
    """Return the tensors in a file, by the names under which they were saved.

    Raises:
        Corrupt: its pickle or its archive contradicts itself.
    """
    archive = opened_zip(file)
    return tensors_of(archive, load_torch(archive))


def load_torch(archive: ZipFile, *, most_opcodes: int = OPCODES_MAX) -> Any:
    """Return what the pickle of an archive describes. Raises Corrupt."""
    name = torch_pickle(archive)
    if not name:
        raise corrupt("its archive has no data.pkl")
    if archive.getinfo(name).file_size > PICKLE_BYTES_MAX:
        raise corrupt(f"its data.pkl has {archive.getinfo(name).file_size:,} bytes")
    with within(archive, name) as member:
        data = b"".join(iter(lambda: member.read(PIECE_BYTES), b""))
    machine = Machine(io.BytesIO(data))
    machine.left = min(machine.left, most_opcodes)
    return machine.run()


def tensors_of(archive: ZipFile, root: Any) -> Contents:
    """Return the tensors in what the pickle of an archive describes. Raises Corrupt."""
    top = torch_pickle(archive).removesuffix("data.pkl")
    order = ""
    if f"{top}byteorder" in archive.namelist():
        with within(archive, f"{top}byteorder") as member:
            order = "big-endian" if member.read(3) == b"big" else ""
    return walked(
        "torch",
        root,
        lambda path, made: tensor_of(lambda view, name: _member(archive, top, view, name), order, path, made),
    )


class Storage(NamedTuple):
    """What a tensor is a view of.

    Args:
        size_bytes: of all of it.
        read: gives what reads so many bytes of it from a place on.
    """

    size_bytes: int
    read: Callable[[int, int], Callable[[], Iterator[bytes]]]


def tensor_of(find: Callable[[View, str], Storage], order: str, name: str, made: Made) -> Tensor | None:
    """Return the tensor that something made is, None when it is none.

    Args:
        find: returns the storage that a view is of, given the tensor's name too; raises Corrupt when it is not there.
        order: ``big-endian`` where the bytes are.
        name: of the tensor.
        made: by the pickle.

    Raises:
        Corrupt: it reaches out of its storage.
    """
    for _ in range(2):  # a parameter is a tensor in a wrapper
        if made.what in _PARAMETER and made.arguments and isinstance(made.arguments[0], Made):
            made = made.arguments[0]
    if made.what not in _TENSOR:
        return None
    view = view_of(made.arguments)
    if view is None:
        return None
    item_bytes = SIZES[view.dtype]
    size_bytes = item_count(view.shape) * item_bytes
    storage = find(view, name)
    steps = zip(view.shape, view.strides, strict=True)
    reach = 1 + sum((each - 1) * step for each, step in steps) if size_bytes else 0
    end = (view.offset + reach) * item_bytes
    if end > storage.size_bytes:
        raise corrupt(f"the tensor {name!r} reaches to {end:,} of {storage.size_bytes:,} bytes")
    is_plain = view.strides == _row_by_row(view.shape)
    strided = "" if is_plain else f"strides {', '.join(map(str, view.strides))}"
    layout = ", ".join(each for each in (strided, order if item_bytes > 1 else "") if each)
    there = size_bytes if is_plain else reach * item_bytes
    read = storage.read(view.offset * item_bytes, there)
    return Tensor(name or "tensor", view.dtype, view.shape, there, read, layout, view.device)


def _member(archive: ZipFile, top: str, view: View, name: str) -> Storage:
    member = f"{top}data/{view.key}"
    try:
        size_bytes = archive.getinfo(member).file_size
    except KeyError:
        raise corrupt(f"the tensor {name!r} is a view of {member}, which is not there") from None
    return Storage(size_bytes, lambda start, there: _part(archive, member, start, there))


def view_of(arguments: tuple[Any, ...]) -> View | None:
    """Return what the arguments of a rebuilding function say, or None for storages that are not known."""
    if len(arguments) < 4 or not isinstance(arguments[0], Kept):
        return None
    storage, offset, shape, strides = arguments[0].name, arguments[1], _sizes(arguments[2]), _sizes(arguments[3])
    if not isinstance(storage, tuple) or len(storage) < 5 or not isinstance(storage[1], Global):
        return None
    said = next((str(each) for each in arguments[6:7] if isinstance(each, Global)), "")
    dtype = _STORAGES.get(storage[1].name) or _DTYPES.get(said, "")
    key = storage[2]
    if shape is None or strides is None or len(shape) != len(strides) or not isinstance(offset, int) or offset < 0:
        raise corrupt("a tensor has no shape")
    # A size of one may have any stride, and whoever writes strides of a million dimensions means no tensor.
    strides = tuple(step if size > 1 else 0 for size, step in zip(shape, strides, strict=True))
    if min(strides, default=0) < 0 or len(shape) > 64:
        raise corrupt("a tensor has strides that cannot be")
    device = storage[3] if isinstance(storage[3], str) and storage[3] != "cpu" else ""
    return View(key, dtype, offset, shape, strides, device) if dtype and isinstance(key, str) else None


def _sizes(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, Made) and value.what == "torch.Size" and value.arguments:
        value = value.arguments[0]
    is_sound = isinstance(value, tuple | list) and all(isinstance(each, int) and 0 <= each < 1 << 48 for each in value)
    return tuple(value) if is_sound else None


def _row_by_row(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides, step = [], 1
    for each in reversed(shape):
        strides.append(step if each > 1 else 0)
        step *= each
    return tuple(reversed(strides))


def _part(archive: ZipFile, member: str, start: int, size_bytes: int) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        with within(archive, member) as inner:
            inner.seek(start)
            for at in range(0, size_bytes, PIECE_BYTES):
                yield exactly(inner, min(PIECE_BYTES, size_bytes - at))

    return read
