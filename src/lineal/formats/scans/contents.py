"""What a file is, by what it holds; its name only says what somebody will take it for."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from lineal.formats.scans import gguf, graphs, keras_files, layouts, seven_zip, sources, tar_files
from lineal.formats.scans.archives import read_zip
from lineal.formats.scans.arrays import MAGIC as NPY
from lineal.formats.scans.arrays import read_npy
from lineal.formats.scans.look import Look, Trace, Unreadable, head_of, size_of, whole
from lineal.formats.scans.native import native
from lineal.formats.scans.packed import packed_as, read_packed
from lineal.formats.scans.pickles import is_loose_pickle, read_pickles
from lineal.formats.scans.safe_tensors import read_safe
from lineal.formats.scans.templates import read_template
from lineal.formats.tensors.safetensors import is_safetensors

Read = Callable[[BinaryIO, Look], str]

PICKLE_SUFFIXES = frozenset(".pkl .pickle .p .joblib .pt .pth .ckpt .sav .dill .cloudpickle .mar .pt2 .ptl".split())
"""What people load as pickles, whatever it turns out to be."""

_MODEL_SUFFIXES = PICKLE_SUFFIXES | frozenset(".safetensors .onnx .h5 .hdf5 .keras .gguf .npy .npz .skops .zip".split())
_EXPECTED = {
    ".safetensors": ("safetensors",),
    ".onnx": ("onnx",),
    ".gguf": ("gguf",),
    ".h5": ("hdf5",),
    ".hdf5": ("hdf5",),
    ".keras": ("keras", "zip", "hdf5"),
    ".npy": ("npy",),
    ".npz": ("npz", "zip"),
    ".skops": ("skops",),
    ".json": ("json", "keras"),
    **dict.fromkeys((".txt", ".csv", ".md", ".yaml", ".yml", ".png", ".jpg"), ("text",)),
}
"""What files of a name hold that people open without a second thought."""


class Content(NamedTuple):
    """What was found out about a file: its format and the traces in it."""

    format: str
    traces: tuple[Trace, ...]


def look_into(name: str, file: BinaryIO) -> Content:
    """Return what a file is and would do; nothing in it is carried out.

    Args:
        name: its path or name.
        file: the file.
    """
    look = Look(name.rpartition("/")[2], _look)
    found = look.guard(lambda: _look(look, file))
    return Content(found, tuple(look.traces))


def _look(look: Look, file: BinaryIO) -> str:
    if not size_of(file):
        return "empty"
    head = head_of(file)
    suffix = _suffix(look.name)
    read = _by_content(head) or _by_name(look.name, suffix)
    if read:
        file.seek(0)
        found = read(file, look)
    else:
        found = _unknown(file, look, head, suffix)
    expected = _EXPECTED.get(suffix)
    is_known = found not in {"other", "empty", "python", "script", "MLmodel", "requirements", "template", "text"}
    if expected and is_known and not found.startswith(expected):
        look.note("wrong-name", look.name, f"it is called {suffix} and is: {found}")
    return found


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:].lower() if dot >= 0 else ""


def _by_content(head: bytes) -> Read | None:
    if head[:1] == b"\x80" and len(head) > 2 and head[1] <= 5:
        return read_pickles
    for sign, read in _SIGNS.items():
        if head.startswith(sign):
            return read
    if what := native(head):
        return lambda _, look: _native(what, look)
    if is_safetensors(head):
        return read_safe
    if head[257:262] == b"ustar":
        return tar_files.read_tar
    return read_packed if packed_as(head) else None


def _by_name(name: str, suffix: str) -> Read | None:
    lower = name.lower()
    if lower in _NAMES:
        return _NAMES[lower]
    if lower.startswith("requirements") and suffix in {".txt", ".in"}:
        return layouts.read_requirements
    return _SUFFIXES.get(suffix)


def _native(what: str, look: Look) -> str:
    kind = "disguised-native" if _suffix(look.name) in _MODEL_SUFFIXES | _EXPECTED.keys() else "native"
    look.note(kind, look.name, what)
    return "program"


def _unknown(file: BinaryIO, look: Look, head: bytes, suffix: str) -> str:
    """Try what has no sign of its own: pickles of the first protocols, ONNX, tar archives of old, appended zips."""
    if head[:2] == b"#!":
        file.seek(0)
        return sources.read_script(file, look)
    if is_loose_pickle(file, look):
        return "pickle"
    if head[:1] == b"\x08" and _tries(graphs.read_onnx, file, look):
        return "onnx"
    if tar_files.is_tar(head) and _tries(tar_files.read_tar, file, look):
        return "tar"
    if suffix in PICKLE_SUFFIXES:
        if _is_text(head) and head[:1] not in _PICKLE_TEXT:
            raise Unreadable(f"it is called {suffix}, and is none of the formats that are known")
        return read_pickles(file, look)
    if suffix in _MODEL_SUFFIXES:
        raise Unreadable(f"it is called {suffix}, and is not what is called so")
    _appended(file, look)
    return "text" if _is_text(head) else "other"


_PICKLE_TEXT = (b"(", b"c", b"]", b"}", b"I", b"S", b"V", b"N", b"L", b"F", b"i", b"l", b"d")


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and sum(each < 9 or 13 < each < 32 for each in head) == 0


def _tries(read: Read, file: BinaryIO, look: Look) -> bool:
    before = dict(look.traces)
    try:
        read(file, look)
    except Unreadable:
        look.traces.clear()
        look.traces.update(before)
        return False
    return True


def _appended(file: BinaryIO, look: Look) -> None:
    """Look into a zip archive behind other bytes: some loaders look for its end, not for its beginning."""
    size_bytes = size_of(file)
    file.seek(max(0, size_bytes - (1 << 16) - 22))
    if b"PK\x05\x06" in file.read() and _tries(read_zip, file, look):
        look.note("trailing", "a zip archive behind other bytes", "some loaders take the file for it")


def _template(file: BinaryIO, look: Look) -> str:
    read_template(whole(file, 1 << 20).decode("utf-8", "replace"), look, look.name)
    return "template"


def _keras_metadata(file: BinaryIO, look: Look) -> str:
    return keras_files.read_hdf5(file, look).replace("hdf5", "savedmodel")


_SIGNS: dict[bytes, Read] = {
    b"PK\x03\x04": read_zip,
    b"PK\x05\x06": read_zip,
    keras_files.HDF5: keras_files.read_hdf5,
    NPY: read_npy,
    b"GGUF": gguf.read_gguf,
    seven_zip.MAGIC: seven_zip.read_seven_zip,
}

_NAMES: dict[str, Read] = {
    "mlmodel": layouts.read_mlmodel,
    "conda.yaml": layouts.read_requirements,
    "python_env.yaml": layouts.read_requirements,
    "saved_model.pb": graphs.read_saved_model,
    "keras_metadata.pb": _keras_metadata,
}

_SUFFIXES: dict[str, Read] = {
    ".onnx": graphs.read_onnx,
    ".pb": graphs.read_message,
    ".json": layouts.read_json,
    ".py": sources.read_python,
    ".pyw": sources.read_python,
    ".ipynb": sources.read_python,
    ".sh": sources.read_script,
    ".bash": sources.read_script,
    ".bat": sources.read_script,
    ".cmd": sources.read_script,
    ".ps1": sources.read_script,
    ".jinja": _template,
    ".jinja2": _template,
    ".j2": _template,
}
