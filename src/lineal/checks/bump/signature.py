"""What callers would notice: inputs may only ask for less than before, outputs may only be more exact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lineal.checks.bump.rules import Finding, Levels, Seen, are, listed
from lineal.objects.runs import ModelFacts
from lineal.objects.structures import Field, Structure

WIDENS = frozenset(
    (narrow, wide)
    for chain in (
        ("bool", "int8", "int16", "int32", "int64"),
        ("bool", "uint8", "uint16", "uint32", "uint64"),
        ("uint8", "int16"),
        ("uint8", "int32"),
        ("uint8", "int64"),
        ("uint16", "int32"),
        ("uint16", "int64"),
        ("uint32", "int64"),
        ("float16", "float32", "float64"),
        ("bfloat16", "float32", "float64"),
        ("int8", "float16"),
        ("int8", "float32"),
        ("int8", "float64"),
        ("int16", "float32", "float64"),
        ("int32", "float64"),
        ("uint8", "float16"),
        ("uint8", "float32"),
        ("uint8", "float64"),
        ("uint16", "float32", "float64"),
        ("uint32", "float64"),
    )
    for place, narrow in enumerate(chain)
    for wide in chain[place + 1 :]
)
"""Dtypes that hold every value of another: (narrow, wide). int64 → float64 is not here, as it loses digits."""

_NAMES = {
    **dict.fromkeys(("object", "str", "string", "string[python]", "string[pyarrow]"), "text"),
    **dict.fromkeys(("boolean", "bool_", "Bool"), "bool"),
    "integer": "int32",
    "long": "int64",
    "double": "float64",
    "float": "float32",
    "half": "float16",
}
"""One dtype has had several names, in pandas, in MLflow, in graphs; callers send the same."""


class Signature(NamedTuple):
    """What a model takes and gives, as its framework and its files say."""

    inputs: Mapping[str, Field]
    outputs: Mapping[str, Field]
    labels: tuple[str, ...]


def signature(facts: ModelFacts, structure: Structure | None = None) -> Signature:
    """Return the signature of a model: what its framework said of it, and for the rest what its files do."""
    read = structure or Structure()
    return Signature(
        _fields(facts.inputs, read.inputs), _fields(facts.outputs, read.outputs), facts.classes or read.classes
    )


def _fields(told: Mapping[str, str], read: Mapping[str, Field]) -> dict[str, Field]:
    if not told:
        return dict(read)
    plain = Field()
    return {
        name: Field(
            dtype=dtype or (field := read.get(name, plain)).dtype,
            shape=(field := read.get(name, plain)).shape,
            optional=field.optional,
            categories=field.categories,
        )
        for name, dtype in told.items()
    }


def schema_findings(old: ModelFacts, new: ModelFacts, levels: Levels = Levels()) -> tuple[Finding, ...]:  # noqa: B008 - frozen
    """Return what callers would notice of the inputs and outputs; major where they break."""
    seen = signature_seen(signature(old), signature(new), levels)
    return tuple(Finding(levels.of(each.rule), each.sentence, each.rule, each.where) for each in seen)


def signature_seen(old: Signature, new: Signature, levels: Levels) -> Iterator[Seen]:
    """Yield what differs between two signatures; where one side is not known, nothing does."""
    if old.inputs and new.inputs:
        yield from _inputs(old.inputs, new.inputs, is_strict=levels.extra_inputs == "refused")
    if old.labels and new.labels and old.labels != new.labels:
        yield Seen("output-labels", f"the classes were {listed(old.labels)} and are {listed(new.labels)}", "classes")
    if old.outputs and new.outputs:
        yield from _outputs(old.outputs, new.outputs)


def _inputs(old: Mapping[str, Field], new: Mapping[str, Field], *, is_strict: bool) -> Iterator[Seen]:
    added = [name for name in new if name not in old]
    if needed := [name for name in added if not new[name].optional]:
        yield Seen("input-added", f"callers must now send {listed(needed)}", ", ".join(needed))
    if free := [name for name in added if new[name].optional]:
        yield Seen("input-added-optional", f"callers may now send {listed(free)}", ", ".join(free))
    if removed := [name for name in old if name not in new]:
        rule, then = ("input-removed-strict", "refuses") if is_strict else ("input-removed", "ignores")
        yield Seen(rule, f"{listed(removed)} {are(removed)} no longer read; a server {then} what is sent", ", ".join(removed))  # fmt: skip
    for name in sorted(old.keys() & new.keys()):
        yield from _input(name, old[name], new[name])


def _input(name: str, old: Field, new: Field) -> Iterator[Seen]:
    before, after = _dtype(old), _dtype(new)
    if before and after and before != after:
        widens = (before, after) in WIDENS
        how = "takes more than before" if widens else "may refuse what it took before"
        yield Seen(
            "input-type-widened" if widens else "input-type-narrowed",
            f"the input {name} was {before} and is {after}, so it {how}",
            name,
        )
    if old.optional != new.optional:
        rule, how = (
            ("input-now-optional", "may be left out") if new.optional else ("input-now-required", "must be sent")
        )
        yield Seen(rule, f"the input {name} {how} now", name)
    if old.shape is not None and new.shape is not None and old.shape != new.shape:
        is_free = len(old.shape) == len(new.shape) and all(
            after in {before, -1} for before, after in zip(old.shape, new.shape, strict=True)
        )
        yield Seen("input-shape-free" if is_free else "input-shape", f"the input {name} was of the shape {_shape(old)} and is of {_shape(new)}", name)  # fmt: skip
    if old.categories and new.categories:
        if gone := [each for each in old.categories if each not in new.categories]:
            yield Seen("input-category-dropped", f"the input {name} no longer knows {listed(gone)}", name)
        if more := [each for each in new.categories if each not in old.categories]:
            yield Seen("input-category-added", f"the input {name} knows {listed(more)} as well", name)


def _outputs(old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[Seen]:
    if removed := [name for name in old if name not in new]:
        yield Seen("output-removed", f"{listed(removed)} {are(removed)} no longer answered", ", ".join(removed))
    if added := [name for name in new if name not in old]:
        yield Seen("output-added", f"{listed(added)} {are(added)} answered as well", ", ".join(added))
    for name in sorted(old.keys() & new.keys()):
        yield from _output(name, old[name], new[name])


def _output(name: str, old: Field, new: Field) -> Iterator[Seen]:
    before, after = _dtype(old), _dtype(new)
    if before and after and before != after:
        rule = "output-type-narrowed" if (after, before) in WIDENS else "output-type"
        yield Seen(rule, f"the output {name} was {before} and is {after}", name)
    if old.optional != new.optional:
        rule, how = ("output-now-optional", "may be missing") if new.optional else ("output-now-required", "is always there")  # fmt: skip
        yield Seen(rule, f"the output {name} {how} now", name)
    if old.shape is not None and new.shape is not None and old.shape != new.shape:
        yield Seen("output-shape", f"the output {name} was of the shape {_shape(old)} and is of {_shape(new)}", name)
    if old.categories and new.categories and old.categories != new.categories:
        yield Seen("output-labels", f"the output {name} was one of {listed(old.categories)} and is one of {listed(new.categories)}", name)  # fmt: skip


def _dtype(field: Field) -> str:
    return _NAMES.get(field.dtype, field.dtype)


def _shape(field: Field) -> str:
    return f"({', '.join(str(size) for size in field.shape or ())})"
