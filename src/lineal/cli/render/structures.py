"""What a version is built of, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lineal.cli.render.page import Page
from lineal.cli.render.units import count, size
from lineal.objects.statements import Statement
from lineal.objects.structures import Field, Structure

_LINES_SHOWN = 12
_ITEMS_SHOWN = 8


def of_version(statements: Sequence[Statement], page: Page) -> Iterator[str]:
    """Yield a short section on what the files of a version say that it is; nothing when they were not read."""
    structure = next((each.predicate for each in statements if isinstance(each.predicate, Structure)), None)
    if structure is None:
        return
    yield f"  {page.title('structure')} (read from its files)"
    yield from page.facts(
        (
            ("format", " ".join(each for each in (structure.format, _framework(structure)) if each)),
            ("size", _size(structure)),
            ("fingerprint", structure.fingerprint or ""),
            ("inputs", _fields(structure.inputs)),
            ("outputs", _fields(structure.outputs)),
            ("classes", _few(structure.classes)),
            ("operators", _few([f"{name} × {number:,}" for name, number in structure.operators.items()])),
            ("opsets", _few([f"{name or 'ai.onnx'} {number}" for name, number in structure.opsets.items()])),
        ),
        indent="    ",
    )
    lines = structure.architecture.splitlines()
    yield from (f"      {line}" for line in lines[:_LINES_SHOWN])
    if len(lines) > _LINES_SHOWN:
        yield f"      … {len(lines) - _LINES_SHOWN:,} more lines; --json has them all"
    for note in structure.notes:
        yield from page.wrapped(f"! {note}", indent="    ", hanging="  ")


def _framework(structure: Structure) -> str:
    named = f"{structure.framework} {structure.framework_version}".strip()
    return f"({named})" if named else ""


def _size(structure: Structure) -> str:
    tensors = count(structure.tensor_count, "tensor") if structure.tensor_count else ""
    values = f"{structure.parameter_count:,} values" if structure.parameter_count else ""
    return ", ".join(each for each in (size(structure.size_bytes), tensors, values) if each)


def _fields(fields: Mapping[str, Field]) -> str:
    return _few(
        [" ".join(part for part in (name, field.dtype, _shape(field)) if part) for name, field in fields.items()]
    )


def _shape(field: Field) -> str:
    if field.shape is None:
        return ""
    return f"[{', '.join('any' if each < 0 else str(each) for each in field.shape)}]"


def _few(items: Sequence[str]) -> str:
    more = f", … {len(items) - _ITEMS_SHOWN:,} more" if len(items) > _ITEMS_SHOWN else ""
    return ", ".join(items[:_ITEMS_SHOWN]) + more
