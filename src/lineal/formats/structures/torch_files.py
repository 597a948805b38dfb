"""PyTorch's files: state dicts and whole modules, zipped or as pickles in a row; TorchScript; exported programs."""

from __future__ import annotations

import re
from typing import Any, BinaryIO
from zipfile import ZipFile

from lineal.formats.structures.found import Found, infos
from lineal.formats.structures.instances import class_of
from lineal.formats.structures.modules import as_state_dict, class_tree, is_module, script_tree
from lineal.formats.structures.pickles import OPCODES_MAX, describe
from lineal.formats.tensors.tensor import Contents
from lineal.formats.tensors.torch_files import load_torch, tensors_of, torch_pickle
from lineal.formats.tensors.torch_legacy import legacy_tensors, load_legacy
from lineal.formats.tensors.zips import within
from lineal.objects.digest import digest_of
from lineal.objects.structures import DEVICES, Field, TensorInfo

_STATE_DICTS = ("state_dict", "model_state_dict", "model")
"""Under which names a checkpoint keeps the tensors of the model, beside those of its training."""

_MANGLED = re.compile(r"\.?___torch_mangle_\d+")
_FORWARD = re.compile(r"  def forward\(self: [\w.]+,?\s*(?P<inputs>[^)]*)\) -> (?P<outputs>[^:]+):")
_CODE_BYTES_MAX = 4 << 20


def read_zip(file: BinaryIO, archive: ZipFile) -> Found:
    """Return what an archive of PyTorch's is of. Raises Corrupt."""
    root = load_torch(archive, most_opcodes=OPCODES_MAX)
    contents = tensors_of(archive, root)
    top = torch_pickle(archive).removesuffix("data.pkl")
    if any(each.startswith(f"{top}code/") for each in archive.namelist()):
        return _script(archive, top, root, contents)
    return _described(file, root, contents)


def read_legacy(file: BinaryIO) -> Found:
    """Return what pickles in a row are of. Raises Corrupt."""
    legacy = load_legacy(file, most_opcodes=OPCODES_MAX)
    return _described(file, legacy.root, legacy_tensors(file, legacy))


def is_tar(head: bytes) -> bool:
    """Tell whether a file that begins so is in the format that PyTorch had first."""
    members = (b"sys_info", b"pickle", b"tensors", b"storages")
    return head[257:262] == b"ustar" and head[:100].rstrip(b"\0") in members


def read_tar(_: BinaryIO) -> Found:
    """Return what is known of a file in the format that PyTorch had first."""
    return Found(
        "torch", "torch", notes=["it is in the tar format of PyTorch before 0.1.10, which is not read: save it again"]
    )


def _described(file: BinaryIO, root: Any, contents: Contents) -> Found:
    found = Found(
        "torch", "torch", tensors=infos(contents.tensors), notes=list(contents.notes), facts=_devices(contents)
    )
    if is_module(root):
        describe(file, found, root)
        return found
    if class_of(root):
        found.lines = [class_of(root)]
    name = next((each for each in _STATE_DICTS if isinstance(root, dict) and root.get(each)), "")
    if name:
        inside = [each for each in found.tensors if each.name.startswith(f"{name}.")]
        if is_module(root[name]):
            found.lines = class_tree(root[name])
        if inside:
            tensors = [
                TensorInfo(name=each.name[len(name) + 1 :], dtype=each.dtype, shape=each.shape) for each in inside
            ]
            beside = len(found.tensors) - len(inside)
            found.tensors = as_state_dict(tensors) if found.lines else tensors
            if beside:
                found.note(f"{beside:,} tensors beside those of the model, as training keeps them, are not listed")
    if isinstance(root, dict):
        plain = ((key, value) for key, value in root.items() if isinstance(key, str))
        found.facts |= {key: str(value) for key, value in plain if isinstance(value, str | float | bool)}
        found.facts |= {key: str(value) for key, value in root.items() if _is_small(key, value)}
    return found


def _devices(contents: Contents) -> dict[str, str]:
    """Return on which devices tensors were, where that is not the main memory."""
    devices = sorted({each.device for each in contents.tensors if each.device})
    return {DEVICES: ", ".join(devices)} if devices else {}


def _is_small(key: Any, value: Any) -> bool:
    return isinstance(key, str) and isinstance(value, int) and value.bit_length() < 64


def _script(archive: ZipFile, top: str, root: Any, contents: Contents) -> Found:
    found = Found(
        "torchscript", "torch", tensors=infos(contents.tensors), notes=list(contents.notes), facts=_devices(contents)
    )
    found.lines = [_MANGLED.sub("", line) for line in script_tree(root)]
    code: dict[str, str] = {}
    left = _CODE_BYTES_MAX
    for name in sorted(archive.namelist()):
        if not name.startswith(f"{top}code/") or not name.endswith(".py"):
            continue
        left -= archive.getinfo(name).file_size
        if left < 0:
            found.note("its code is longer than is read")
            break
        with within(archive, name) as member:
            code[name.removeprefix(f"{top}code/")] = member.read(_CODE_BYTES_MAX).decode("utf-8", "replace")
    # Which number a copy of a class gets, and where its file lies for it, depends on what was compiled before.
    found.graph = sorted(digest_of(_MANGLED.sub("", text).encode()) for text in code.values())
    module = _MANGLED.sub("", class_of(root)).rpartition(".")
    _signature(found, code, class_of(root), module[2])
    return found


def _signature(found: Found, code: dict[str, str], name: str, last: str) -> None:
    """Write down what the code of the outermost module takes and gives."""
    path = f"{name.rpartition('.')[0].replace('.', '/')}.py"
    body = code.get(path, "").partition(f"class {last}(")[2]
    if not (forward := _FORWARD.search(body)):
        return
    for each in forward["inputs"].split(","):
        argument, _, kind = each.strip().partition(": ")
        if argument.isidentifier():
            kind, _, default = kind.partition("=")
            found.inputs[argument] = Field(dtype=kind.strip(), optional=bool(default))
    found.outputs["output"] = Field(dtype=" ".join(forward["outputs"].split()))
