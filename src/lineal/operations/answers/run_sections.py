"""Everything that is known of a run, section by section: one function each, in the order of the table at the end.

What no function speaks of is shown all the same, by the names of its fields: a fact that is new needs no words here.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence

from lineal.checks.comparing.values import rest
from lineal.objects.canonical import Scalar
from lineal.objects.children import Child
from lineal.objects.runs import FileUse, ModelFacts
from lineal.operations.answers import elsewhere_sections as elsewhere
from lineal.operations.answers import made_with_sections as made_with
from lineal.operations.answers.models import RunAnswer
from lineal.operations.answers.sections import Cell, Link, Measured, Section, Sha, Size

_PARTS_SHOWN = 6
_FOLDED_FROM = 12
"""A section with more rows than this is folded where that can be."""

_FRAMEWORKS = {"sklearn", "xgboost", "lightgbm", "catboost", "torch", "keras", "lightning", "transformers"}
"""Sources that tell every parameter of a model, its defaults too."""

_TOLD = {
    "id", "name", "command", "directory", "state", "started_at", "ended_at", "exit_status", "code", "runtime", "user",
    "host", "inputs", "outputs", "intermediates", "params", "param_sources", "metrics", "seeds", "models", "stdout",
    "stderr", "capture_level", "gaps", "tags", "parent", "context",
    "objects", "queries", "resumes", "forks", "from_step", "children",
}  # fmt: skip
_USE_TOLD = {"path", "digest", "size_bytes", "mode", "changed_while_reading", "kept", "label"}


def sections_of(answer: RunAnswer) -> tuple[Section, ...]:
    """Return the sections of a run; those that have nothing to say are left out."""
    return tuple(each for make in SECTIONS for each in make(answer) if each.rows)


def _gaps(answer: RunAnswer) -> Iterator[Section]:
    sentences = (*(answer.run.gaps if answer.run else ()), *answer.notes)
    yield Section("gaps: what could not be seen", tuple((each,) for each in sentences), ("",), tone="doubtful")


def _context(answer: RunAnswer) -> Iterator[Section]:
    rows = []
    for each in answer.run.context if answer.run else ():
        attempt = f"attempt {each.attempt}" if each.attempt else ""
        parts = (each.workflow, each.task, f"run {each.run}" if each.run else "", attempt, each.url)
        rows.append((each.system, ", ".join(part for part in parts if part)))
    yield Section("part of", tuple(rows))


def _params(answer: RunAnswer) -> Iterator[Section]:
    sources = answer.run.param_sources if answer.run else {}
    # What somebody chose for this run comes before the defaults of libraries.
    chosen_first = sorted(answer.params.items(), key=lambda each: sources.get(each[0], "") in _FRAMEWORKS)
    rows = tuple((name, scalar(value), str(sources.get(name, ""))) for name, value in chosen_first)
    yield Section("parameters", rows, ("NAME", "VALUE", "FROM"), is_long=len(rows) > 4 * _FOLDED_FROM)


def _metrics(answer: RunAnswer) -> Iterator[Section]:
    yield Section("metrics", tuple((name, Measured(value)) for name, value in answer.metrics.items()))


def _files(answer: RunAnswer) -> Iterator[Section]:
    if answer.run:
        yield _uses("inputs", answer.run.inputs, answer)
        yield _uses("outputs", answer.run.outputs, answer)
        yield _uses("intermediates", answer.run.intermediates, answer)


def _uses(title: str, uses: Sequence[FileUse], answer: RunAnswer) -> Section:
    size_bytes = sum(each.size_bytes for each in uses)
    rows = tuple(
        (
            each.path,
            Size(each.size_bytes),
            Sha(each.digest),
            _dataset(answer.datasets.get(each.digest, ())),
            _note(each),
        )
        for each in uses
    )
    header = ("PATH", "SIZE", "DIGEST", "DATASET", "NOTE")
    return Section(title, rows, header, remark=_remark(len(uses), size_bytes), is_long=len(uses) > _FOLDED_FROM)


def _remark(files: int, size_bytes: int) -> str:
    return f"{files:,} file{'' if files == 1 else 's'}, {plain_size(size_bytes)}"


def _dataset(references: tuple[str, ...]) -> Cell:
    return Link(references[0], ", ".join(references)) if references else ""


def _note(use: FileUse) -> str:
    notes = (
        "changed while it was read" if use.changed_while_reading else "",
        "" if use.kept else "bytes not kept",
        "" if use.mode == "file" else use.mode,
        elsewhere.in_words(use.label) if use.label else "",
        *(f"{name} {value}" for name, value in rest(use, _USE_TOLD).items()),
    )
    return ", ".join(each for each in notes if each)


def _artifacts(answer: RunAnswer) -> Iterator[Section]:
    rows = tuple((each.path, Size(each.size_bytes)) for each in answer.artifacts)
    yield Section("artifacts", rows, ("PATH", "SIZE"), is_long=len(rows) > _FOLDED_FROM)


def _models(answer: RunAnswer) -> Iterator[Section]:
    for path, facts in answer.run.models.items() if answer.run else ():
        yield Section("models", ((path, made_by(facts) or "a model"), *_columns(facts)))


def _columns(facts: ModelFacts) -> Iterator[tuple[Cell, ...]]:
    for name, columns in (("its inputs", facts.inputs), ("its outputs", facts.outputs)):
        if columns:
            yield name, ", ".join(f"{column} {dtype}".strip() for column, dtype in columns.items())
    if facts.classes:
        yield "its classes", ", ".join(facts.classes)


def made_by(facts: ModelFacts) -> str:
    """Return what a model is and which framework made it; empty when nothing is known."""
    framework = f"{facts.framework} {facts.framework_version}".strip()
    # One line a part, each with its module and details; the classes' own names are what people know.
    lines = facts.architecture.splitlines()
    parts = " › ".join(_class(line) for line in lines[:_PARTS_SHOWN])
    if len(lines) > _PARTS_SHOWN:
        parts += f" › … {len(lines) - _PARTS_SHOWN} more"
    return f"{parts} ({framework})" if parts and framework else parts or framework


def _class(line: str) -> str:
    name, _, size = line.partition("(")[0].strip().partition(": ")
    # "scale: sklearn…StandardScaler" is a part with its name, "Net: 42 parameters" a model with its size.
    return f"{name.rpartition('.')[2]}: {size}" if size[:1].isdigit() else (size or name).rpartition(".")[2]


def _children(answer: RunAnswer) -> Iterator[Section]:
    rows = tuple(
        (
            shlex.join(each.command),
            "" if each.exit_status is None else str(each.exit_status),
            f"{each.count:,} times" if each.count > 1 else "",
            _note_of_child(each),
        )
        for each in (answer.run.children if answer.run else ())
    )
    header = ("COMMAND", "EXIT STATUS", "", "NOTE")
    yield Section("programs that it started", rows, header, is_long=len(rows) > _FOLDED_FROM)


def _note_of_child(child: Child) -> str:
    notes = (
        "not waited for" if child.exit_status is None else "",
        f"{' and '.join(child.taken)} went to the program itself" if child.taken else "",
    )
    return ", ".join(each for each in notes if each)


def _relations(answer: RunAnswer) -> Iterator[Section]:
    rows = tuple(
        (
            each.role,
            Link(each.reference),
            f"{each.name}{'' if each.step is None else f' at step {each.step}'}",
            each.state,
        )
        for each in answer.relations
    )
    yield Section("runs that belong to it", rows, ("ROLE", "WHAT", "NAME", "STATE"), is_long=len(rows) > _FOLDED_FROM)


def _around(answer: RunAnswer) -> Iterator[Section]:
    above = [each for each in answer.related if each.steps > 0]
    below = [each for each in answer.related if each.steps < 0]
    for title, found in (("came from", above), ("led to", below)):
        rows = tuple((each.kind, Link(each.reference), each.name) for each in found)
        yield Section(title, rows, ("KIND", "WHAT", "NAME"), is_long=len(rows) > _FOLDED_FROM)


def _more(answer: RunAnswer) -> Iterator[Section]:
    if answer.run:
        yield Section("tags", tuple(answer.run.tags.items()), is_long=len(answer.run.tags) > _FOLDED_FROM)
        yield Section("more", tuple(rest(answer.run, _TOLD).items()))


def scalar(value: Scalar) -> str:
    """Return a parameter's value as it would be written in a script."""
    return value if isinstance(value, str) else repr(value)


def plain_size(size_bytes: int) -> str:
    """Return a number of bytes in decimal units."""
    value, name = float(size_bytes), "B"
    for unit in ("kB", "MB", "GB", "TB"):
        if value < 999.95:
            break
        value, name = value / 1000, unit
    return f"{size_bytes} B" if name == "B" else f"{value:.1f} {name}"


SECTIONS: tuple[Callable[[RunAnswer], Iterator[Section]], ...] = (
    _gaps, _context, _params, _metrics, _files, elsewhere.objects, elsewhere.queries, _artifacts, _models, _children, _relations, _around, made_with.code, made_with.seeds, made_with.runtime, _more,
)  # fmt: skip
"""Every section, in the order in which people read them."""
