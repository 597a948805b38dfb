"""GGUF, as llama.cpp runs: key and value pairs, then the names and shapes of tensors, then their bytes."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from lineal.formats.structures.found import ITEMS_MAX, Found, info, text
from lineal.formats.tensors.tensor import TENSORS_MAX, corrupt, exactly

MAGIC = b"GGUF"
PAIRS_MAX = 100_000
VALUES_MAX = 10_000_000
_TEXT_BYTES_MAX = 16 << 20
_DEPTH_MAX = 4
_SHOWN = 8

_FORMS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
_DTYPES = {
    0: "float32", 1: "float16", 2: "q4_0", 3: "q4_1", 6: "q5_0", 7: "q5_1", 8: "q8_0", 9: "q8_1", 10: "q2_k", 11: "q3_k",
    12: "q4_k", 13: "q5_k", 14: "q6_k", 15: "q8_k", 16: "iq2_xxs", 17: "iq2_xs", 18: "iq3_xxs", 19: "iq1_s", 20: "iq4_nl",
    21: "iq3_s", 22: "iq2_s", 23: "iq4_xs", 24: "int8", 25: "int16", 26: "int32", 27: "int64", 28: "float64", 29: "iq1_m",
    30: "bfloat16", 34: "tq1_0", 35: "tq2_0", 39: "mxfp4",
}  # fmt: skip


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self._end = file.seek(0, 2)
        self._left = VALUES_MAX
        file.seek(len(MAGIC))

    def number(self, form: str) -> Any:
        return struct.unpack(f"<{form}", exactly(self.file, struct.calcsize(f"<{form}")))[0]

    def text(self) -> str:
        size_bytes = self.number("Q")
        if size_bytes > _TEXT_BYTES_MAX:
            raise corrupt(f"a text in it would have {size_bytes:,} bytes")
        return exactly(self.file, size_bytes).decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> str:
        """Return a value as people read it; of long lists only how many values there are."""
        if kind in _FORMS:
            return text(self.number(_FORMS[kind]))
        if kind == _TEXT:
            return text(self.text())
        if kind != _LIST or depth > _DEPTH_MAX:
            raise corrupt(f"a value in it is of the kind {kind}")
        inner, count = self.number("I"), self.number("Q")
        self._left -= count
        if self._left < 0:
            raise corrupt(f"a list in it would have {count:,} values")
        if inner in _FORMS and count > _SHOWN:
            size_bytes = count * struct.calcsize(f"<{_FORMS[inner]}")
            if self.file.tell() + size_bytes > self._end:
                raise corrupt(f"a list in it would have {size_bytes:,} bytes")
            self.file.seek(size_bytes, 1)
            return f"{count:,} values"
        shown: list[str] = []
        for _ in range(count):
            said = self.value(inner, depth + 1)
            if len(shown) < _SHOWN:
                shown.append(said)
        return f"[{', '.join(shown)}]" if count <= _SHOWN else f"{count:,} values"


def read(file: BinaryIO) -> Found:
    """Return what a model is. Raises Corrupt."""
    reader = _Reader(file)
    version = reader.number("I")
    if not 2 <= version <= 3:
        return Found("gguf", notes=[f"it is of the version {version} of its format, which is not read"])
    tensor_count, pair_count = reader.number("Q"), reader.number("Q")
    if tensor_count > TENSORS_MAX or pair_count > PAIRS_MAX:
        raise corrupt(f"it claims {tensor_count:,} tensors and {pair_count:,} facts")
    found = Found("gguf", "gguf")
    for _ in range(pair_count):
        name = reader.text()
        value = reader.value(reader.number("I"))
        if len(found.facts) < ITEMS_MAX:
            found.facts[text(name)] = value
    for _ in range(tensor_count):
        name, dimensions = reader.text(), reader.number("I")
        if dimensions > 8:
            raise corrupt(f"the tensor {text(name)!r} has {dimensions:,} dimensions")
        # The fastest dimension comes first, as in no other format.
        shape = tuple(reversed([reader.number("Q") for _ in range(dimensions)]))
        kind = reader.number("I")
        reader.number("Q")
        found.tensors.append(info(name, _DTYPES.get(kind, f"type {kind}"), shape))
    said = found.facts.get("general.architecture", "")
    found.lines = [said] if said else []
    return found
