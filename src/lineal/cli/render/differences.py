"""In what two things differ, as people read it: the most likely cause first, what is equal in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from lineal.checks.comparing.sources import SourceChange
from lineal.checks.comparing.tensors import TensorChange
from lineal.cli.render.page import Page, plain
from lineal.cli.render.tables import table_diff
from lineal.cli.render.units import count, number
from lineal.formats.wording import percent
from lineal.objects.canonical import NOT_FINITE
from lineal.objects.digest import short
from lineal.operations.answers.differences import Diff, ModelFileDiff

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_METRICS = "metrics"
"""The part whose values are measured numbers."""

_CODE_TONES = {"+": "good", "-": "bad", "@": "faint", ">": "good", "<": "bad"}
_TENSORS_SHOWN, _FACTS_SHOWN, _ROWS_SHOWN, _LINES_SHOWN = 20, 20, 60, 60


def diff(answer: Diff, page: Page) -> Iterator[str]:
    """Yield what differs, part by part, the left beside the right; then inside sources, tables and models."""
    sides = ((answer.left, answer.left_name), (answer.right, answer.right_name))
    left, right = (page.title(reference) + (f" ({plain(name)})" if name else "") for reference, name in sides)
    yield f"{left} → {right}"
    if answer.same:
        yield "  they are the same in everything"
    for part, found in groupby(answer.differences, key=lambda each: each.part):
        rows = [(each.name, _brief(part, each.left), _brief(part, each.right), each.note) for each in found]
        yield f"  {page.title(part)}"
        yield from page.table(("WHAT", "LEFT", "RIGHT", "NOTE"), rows[:_ROWS_SHOWN], indent="    ")
        if len(rows) > _ROWS_SHOWN:
            yield f"    … {len(rows) - _ROWS_SHOWN:,} more; --json lists them all"
    for source in answer.sources:
        yield from _source(source, page)
    for table in answer.tables:
        yield from table_diff(table, page)
    for model in answer.models:
        yield from _model(model, page)
    if answer.equal and not answer.same:
        yield f"  {page.paint('the same:', 'faint')} {', '.join(answer.equal)}"
    for gap in answer.gaps:
        yield from page.wrapped(f"! {gap}", hanging="  ")


def _source(source: SourceChange, page: Page) -> Iterator[str]:
    said = ": ".join(each for each in (source.change, source.note) if each)
    yield f"  {page.title(plain(source.path))}  {said}"
    for line in source.lines[:_LINES_SHOWN]:
        shown = plain(line.replace("\t", "    "))
        tone = _CODE_TONES.get(line[:1])
        yield "    " + (page.paint(shown, tone) if tone else shown)
    yield from _more(len(source.lines) - _LINES_SHOWN)


def _model(model: ModelFileDiff, page: Page) -> Iterator[str]:
    """Yield what changed in a file of a model: its layers, then its tensors, then what it says beside them."""
    was = f" (was {plain(model.was)})" if model.was else ""
    counts = f"{count(model.change_count, 'tensor')} changed, {model.equal_count:,} equal"
    yield f"  {page.title(plain(model.path))}{was}  {model.format}" + (f", {counts}" if model.format else "")
    if len(model.layers) > 1:
        yield from page.table(
            ("LAYER", "CHANGED", "DIFFERENCE"),
            (
                (each.name or "(top)", f"{each.change_count} of {each.tensor_count}", _share(each.relative_difference))
                for each in model.layers[:_TENSORS_SHOWN]
            ),
            indent="    ",
            right=("DIFFERENCE",),
        )
        yield from _more(len(model.layers) - _TENSORS_SHOWN)
    yield from page.table(
        ("TENSOR", "CHANGE", "LEFT", "RIGHT", "LARGEST", "DIFFERENCE", "COSINE", "NOTE"),
        (_tensor(each) for each in model.changes[:_TENSORS_SHOWN]),
        indent="    ",
        right=("LARGEST", "DIFFERENCE", "COSINE"),
    )
    yield from _more(model.change_count - _TENSORS_SHOWN)
    yield from page.table(
        ("FACT", "LEFT", "RIGHT"),
        ((each.name, each.left or "—", each.right or "—") for each in model.facts[:_FACTS_SHOWN]),
        indent="    ",
    )
    yield from _more(len(model.facts) - _FACTS_SHOWN)
    if model.note:
        yield from page.wrapped(f"! {model.note}", indent="    ", hanging="  ")


def _tensor(each: TensorChange) -> tuple[str, ...]:
    notes = (
        f"was {each.was}" if each.was else "",
        f"{count(each.not_finite, 'item')} not finite" if each.not_finite else "",
    )
    return (
        each.name,
        each.change,
        each.left,
        "" if each.right == each.left else each.right,
        "" if each.max_difference is None else f"{each.max_difference:.3g}",
        _share(each.relative_difference),
        "" if each.cosine is None else f"{each.cosine:.6f}",
        ", ".join(note for note in notes if note),
    )


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)


def _more(rest: int) -> Iterator[str]:
    if rest > 0:
        yield f"    … {rest:,} more; --json lists them"


def _brief(part: str, text: str) -> str:
    """Return one side of a difference: digests and measured numbers shortened, as elsewhere."""
    if part == _METRICS and text not in NOT_FINITE:
        try:
            return number(float(text))
        except ValueError:
            pass
    return _DIGEST.sub(lambda found: short(found[0]), text) or "—"
