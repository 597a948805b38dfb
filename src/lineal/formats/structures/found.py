"""What a reader found of a model, on its way to a `Structure`; and the fingerprints of what was found."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lineal.formats.tensors.tensor import Tensor, corrupt
from lineal.objects.canonical import Scalar, number
from lineal.objects.digest import Digest, digest_of
from lineal.objects.structures import TENSORS_LISTED_MAX, Field, Structure, TensorInfo

TEXT_CHARACTERS_MAX = 1_000
LINES_MAX = 2_000
ITEMS_MAX = 1_000
"""A structure has so many parameters, facts, inputs, classes at most; what is more is noted."""

_INTEGER_MAX = 1 << 63


class Found(msgspec.Struct):
    """What was found of a model: as `Structure`, with ``lines`` of its architecture and all tensors.

    ``graph`` is what of a graph makes the architecture what it is, beside its tensors. ``is_learned_shape``: the shapes of the
    tensors came from the data, as those of trees do, so that they say nothing of the architecture.
    """

    format: str
    framework: str = ""
    framework_version: str = ""
    lines: list[str] = []
    graph: list[str] = []
    tensors: list[TensorInfo] = []
    is_learned_shape: bool = False
    inputs: dict[str, Field] = {}
    outputs: dict[str, Field] = {}
    classes: tuple[str, ...] = ()
    params: dict[str, Scalar] = {}
    opsets: dict[str, int] = {}
    operators: dict[str, int] = {}
    facts: dict[str, str] = {}
    notes: list[str] = []

    def note(self, sentence: str) -> None:
        """Say what could not be read, once."""
        if sentence not in self.notes and len(self.notes) < ITEMS_MAX:
            self.notes.append(sentence)


def text(value: object) -> str:
    """Return a text that can be kept: of a bounded length, in Unicode."""
    said = value if isinstance(value, str) else str(value) if not _is_huge(value) else "a huge number"
    return said[:TEXT_CHARACTERS_MAX].encode("utf-8", "replace").decode()


def scalar(value: Any) -> Scalar:
    """Return a number, a text, a truth or nothing as it can be kept."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if -_INTEGER_MAX <= value < _INTEGER_MAX else text(value)
    return number(value) if isinstance(value, float) else text(value)


def _is_huge(value: object) -> bool:
    return isinstance(value, int) and value.bit_length() > 1_000


def infos(tensors: Iterable[Tensor]) -> list[TensorInfo]:
    """Return what describes tensors that a reader of tensors found."""
    return [info(each.name, each.dtype, each.shape) for each in tensors]


def info(name: str, dtype: str, shape: Iterable[int]) -> TensorInfo:
    """Return what describes a tensor. Raises Corrupt for a shape that cannot be."""
    sizes = tuple(shape)
    if len(sizes) > 64 or any(not -1 <= each < _INTEGER_MAX for each in sizes):
        raise corrupt(f"the tensor {text(name)!r} has a shape that cannot be")
    return TensorInfo(name=text(name), dtype=text(dtype), shape=sizes)


def finished(found: Found, size_bytes: int) -> Structure:
    """Return the structure that was found, bounded, with its fingerprints.

    Args:
        found: by a reader.
        size_bytes: of the files.
    """
    tensors = sorted(found.tensors, key=lambda each: each.name)
    if len(tensors) > TENSORS_LISTED_MAX:
        found.note(f"only the first {TENSORS_LISTED_MAX:,} of its {len(tensors):,} tensors are listed")
    if len(found.lines) > LINES_MAX:
        found.note(f"only the first {LINES_MAX:,} lines of its architecture are kept")
    shapes = [(each.name, each.dtype, each.shape) for each in tensors]
    architecture = {
        "classes": [text(line) for line in found.lines],
        "graph": [text(line) for line in found.graph],
        "tensors": [] if found.is_learned_shape else shapes,
    }
    said = {name: part for name, part in architecture.items() if part}
    counts = (math.prod(each.shape) for each in tensors if all(size >= 0 for size in each.shape))
    return Structure(
        format=text(found.format),
        framework=text(found.framework),
        framework_version=text(found.framework_version),
        architecture="\n".join(text(line) for line in found.lines[:LINES_MAX]),
        fingerprint=_digest(said) if said else None,
        tensor_fingerprint=_digest(shapes) if shapes else None,
        tensors=tuple(tensors[:TENSORS_LISTED_MAX]),
        tensor_count=len(tensors),
        parameter_count=min(sum(counts), _INTEGER_MAX - 1),
        size_bytes=size_bytes,
        inputs=_first(found, "inputs", found.inputs),
        outputs=_first(found, "outputs", found.outputs),
        classes=tuple(text(each) for each in found.classes[:ITEMS_MAX]),
        params={name: scalar(value) for name, value in _first(found, "parameters", found.params).items()},
        opsets=_first(found, "opsets", found.opsets),
        operators=_first(found, "operators", found.operators),
        facts={name: text(value) for name, value in _first(found, "facts", found.facts).items()},
        notes=tuple(text(each) for each in found.notes),
    )


def _digest(value: object) -> Digest:
    return digest_of(msgspec.json.encode(value, order="sorted"))


def _first(found: Found, what: str, items: Mapping[str, Any]) -> dict[str, Any]:
    if len(items) > ITEMS_MAX:
        found.note(f"only the first {ITEMS_MAX:,} of its {len(items):,} {what} are kept")
    return {text(name): items[name] for name in list(items)[:ITEMS_MAX]}
