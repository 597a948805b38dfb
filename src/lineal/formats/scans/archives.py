"""Zip archives of models: PyTorch's, TorchScript's, exported programs, Keras', skops', NumPy's, and any other."""

from __future__ import annotations

import io
import re
from typing import BinaryIO

from lineal.formats.scans.keras_files import read_config
from lineal.formats.scans.look import Look, head_of
from lineal.formats.scans.native import native
from lineal.formats.scans.paths import leaves
from lineal.formats.scans.pickles import is_loose_pickle, read_pickles
from lineal.formats.scans.skops_files import read_schema
from lineal.formats.scans.window import window
from lineal.formats.scans.zip_files import Archive, Member, data_of, opened

_STORAGE = re.compile(
    r"(?:[^/]+/)?(?:data|tensors|xl_model_data|data/weights|data/constants|\.data)/[^/]*\d[^/]*(?:#.*)?"
)
_OPERATION = re.compile(
    r"\b(?:ops\.aten|torch|aten|ops)[.:]{1,2}(?P<name>save|from_file|load|read_file|write_file|_save|_load\w*)\s*\("
)
_LARGE_BYTES = 16 << 20


def read_zip(file: BinaryIO, look: Look) -> str:
    """Look into every member, as the loader of this kind of archive would and by what it is. Raises Unreadable."""
    archive = opened(file, look)
    kind = _kind(archive)
    for name, member in archive.members.items():
        look.inside(name).guard(lambda name=name, member=member: _member(archive, name, member, look, kind))  # type: ignore[misc]
    return kind


def _kind(archive: Archive) -> str:
    names = {name.partition("#")[0] for name in archive.members}
    tails = {name.partition("/")[2] or name for name in names} | names
    kinds = {
        "torchscript": "constants.pkl" in tails and any(each.startswith("code/") for each in tails),
        "torch export": "serialized_exported_program.json" in tails
        or any(each.startswith("models/") and each.endswith(".json") for each in tails),
        "torch": "data.pkl" in tails,
        "skops": "schema.json" in names,
        "keras": "config.json" in names and any("weights" in each or each == "metadata.json" for each in names),
        "npz": bool(names) and all(each.endswith(".npy") for each in names),
    }
    return next((kind for kind, is_it in kinds.items() if is_it), "zip")


def _member(archive: Archive, name: str, member: Member, look: Look, kind: str) -> str:
    plain = name.partition("#")[0]
    if leaves(plain):
        look.note("path-escapes", plain, "where it would be unpacked")
    if member.mode & 0o170000 == 0o120000:
        target = data_of(archive, member, look).decode("utf-8", "replace")
        if leaves(target, plain):
            look.note("path-escapes", plain, f"a link to {target}")
        return "link"
    if kind.startswith("torch") and _STORAGE.fullmatch(plain):
        return _storage(archive, member, look.inside(name))
    if member.method == 0 and member.packed_bytes > _LARGE_BYTES:
        return look.enter(name, window(archive.file, member.data, member.packed_bytes))
    data = data_of(archive, member, look.inside(name))
    return _of_kind(kind, plain, data, look.inside(name)) or (look.enter(name, data) if data else "empty")


def _of_kind(kind: str, plain: str, data: bytes, look: Look) -> str:
    """Look into a member as the loader of its archive would; return an empty text where that is nothing special."""
    if kind.startswith("torch") and data[:1] == b"\x80" and data[1:2] in {b"\2", b"\3", b"\4", b"\5"}:
        return read_pickles(io.BytesIO(data), look, keeps=True)
    if kind == "torchscript" and plain.endswith(".py") and "code/" in plain:
        return _torchscript(data, look)
    if kind == "skops" and plain == "schema.json":
        read_schema(data, look)
        return "json"
    if kind == "keras" and plain == "config.json":
        read_config(data, look)
        return "json"
    return ""


def _storage(archive: Archive, member: Member, look: Look) -> str:
    """Look at numbers: they are none where they begin as a pickle and go on as one, or as a program."""
    if member.method or member.flags & 1:
        file: BinaryIO = io.BytesIO(data_of(archive, member, look))
    else:
        file = window(archive.file, member.data, member.packed_bytes)
    head = head_of(file)
    if what := native(head):
        look.note("native", look.name, what)
    if head[:1] == b"\x80" and head[1:2] in {b"\2", b"\3", b"\4", b"\5"} and is_loose_pickle(file, look):
        look.note("wrong-name", look.name, "a pickle where numbers should be")
    return "numbers"


def _torchscript(data: bytes, look: Look) -> str:
    text = data.decode("utf-8", "replace")
    for found in _OPERATION.finditer(text):
        look.note("torchscript-operation", f"aten::{found['name']}", place=found.start())
    return "torchscript code"
