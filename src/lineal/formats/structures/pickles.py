"""Pickles of models, joblib's among them: estimators, whole modules, dicts of arrays."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from lineal.formats.structures import boosters
from lineal.formats.structures.estimators import FRAMEWORKS, Estimators
from lineal.formats.structures.found import Found, infos
from lineal.formats.structures.instances import attributes_of, class_of, is_instance
from lineal.formats.structures.modules import as_state_dict, class_tree, is_module
from lineal.formats.tensors.pickled import arrays, is_pickle, load_pickle
from lineal.objects.errors import Corrupt

UNPACKED_BYTES_MAX = 256 << 20
OPCODES_MAX = 1_000_000

LZ4 = b"\x04\x22\x4d\x18"
_TEXT = re.compile(rb"\(*(?:[ci][A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n|[dl]p?\d*\n|[\]}]q|[dl][pq.])")
_JOBLIB = (b"joblib.numpy_pickle", b"cjoblib", b"NumpyArrayWrapper")


def is_any_pickle(head: bytes) -> bool:
    """Tell whether a file that begins so may be a pickle of any protocol, or a compressed one."""
    return is_pickle(head) or head.startswith(LZ4) or _TEXT.match(head) is not None


def read(file: BinaryIO) -> Found | None:
    """Return what a pickle is of; None for what only began as one in text. Raises Corrupt."""
    file.seek(0)
    head = file.read(1 << 16)
    if head.startswith(LZ4):
        return Found("joblib", notes=["it is compressed by LZ4, and was not read"])
    is_joblib = not head.startswith(b"\x80") or any(each in head for each in _JOBLIB)
    found = Found("joblib" if is_joblib and is_pickle(head) else "pickle")
    try:
        file, root = load_pickle(file, most_bytes=UNPACKED_BYTES_MAX, most_opcodes=OPCODES_MAX)
    except Corrupt:
        if is_pickle(head):
            raise
        return None  # any text may begin so
    contents = arrays(file, root)
    found.tensors = infos(contents.tensors)
    found.notes += contents.notes
    describe(file, found, root)
    return found


def describe(file: BinaryIO, found: Found, root: Any) -> None:
    """Write down what the object in a pickle is: an estimator, a module, or something else.

    Args:
        file: where the bytes of arrays are.
        found: gets what is found.
        root: what the pickle describes.
    """
    name = class_of(root)
    if is_module(root):
        found.framework, found.lines, found.tensors = "torch", class_tree(root), as_state_dict(found.tensors)
    elif is_instance(root) or (name and attributes_of(root)):
        module = name.partition(".")[0]
        found.framework = FRAMEWORKS.get(module, "" if module == "__main__" else module)
        Estimators(file, found).read(root)
        boosters.complete(file, found, root)
    elif name:
        found.lines = [name]
