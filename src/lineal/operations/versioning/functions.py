"""Let the user's own functions measure: in a process of their own, with the project's modules, in time.

They run as whoever asks. So a server runs none, unless who started it said that it may run those of the repository's own
policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from lineal.checks.evaluation import Group, Measured
from lineal.checks.policies.tables import EvaluationPolicy
from lineal.checks.statistics.answered import Answer
from lineal.checks.statistics.resampling import from_draws
from lineal.checks.statistics.samples import Sample
from lineal.executors.commands import measure_with_functions
from lineal.objects.canonical import number
from lineal.objects.errors import Invalid, Refused
from lineal.objects.prepared import prepared
from lineal.objects.statements import SliceResult
from lineal.operations.versioning.held_out import HeldOut
from lineal.operations.versioning.releases import home_of
from lineal.storage.store import Store

SEED = 0
"""Rows are drawn the same way every time, so that intervals are the same."""

_NAMED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class _Result(msgspec.Struct, frozen=True):
    """What a function measured of a group, of rows drawn from it, and of its rows but for some; or why nothing."""

    problem: str = ""
    values: dict[str, float] = {}
    draws: dict[str, list[float]] = {}
    left_out: dict[str, list[float]] = {}


def check(store: Store, names: Iterable[str], own: Iterable[str]) -> None:
    """Look at the names of functions before anything is done.

    Args:
        store: says what may run here.
        names: all functions; empty ones are none.
        own: those that the repository's own policy names.

    Raises:
        Invalid: a name is none of a function.
        Refused: it may not run here.
    """
    allowed = set(own) if store.programs == "own" else set()
    for name in filter(None, names):
        if not _NAMED.fullmatch(name):
            raise Invalid(f"{name!r} names no function", hint="write module:function, as measures:cost")
        if store.programs != "all" and name not in allowed:
            raise Refused(
                f"{name} does not run here: a server runs no functions but those that its own policy names, where it may",
                hint="evaluate where the project is, or start the server with --policy-commands",
            )


def measure(
    store: Store, measured: Measured, held_out: HeldOut, asked: EvaluationPolicy, directory: Path
) -> tuple[Measured, tuple[str, ...]]:
    """Return what was measured with what the user's functions say, and what to know of subgroups that they failed on.

    Raises:
        Invalid: a function cannot be called, fails on all rows, or its answer is no number.
    """
    if not asked.metrics:
        return measured, ()
    places = [place for place, each in enumerate(measured.results) if each.metrics]
    found = _called(store, measured, [measured.groups[place] for place in places], held_out, asked, directory)
    results, notes = list(measured.results), list[str]()
    for name, said in found.items():
        if said[0].problem:
            raise Invalid(f"{name}: {said[0].problem}", hint="mend the function and evaluate again")
        for place, each in zip(places, said, strict=True):
            results[place] = _with(results[place], each, name, asked.replicates)
        notes += _failed(name, [results[place] for place in places], said)
    return measured._replace(results=tuple(results)), tuple(notes)


def _called(
    store: Store,
    measured: Measured,
    groups: Sequence[Group],
    held_out: HeldOut,
    asked: EvaluationPolicy,
    directory: Path,
) -> Mapping[str, Sequence[_Result]]:
    """Return what each function said of each group."""
    names = ("measured-rows", "measured-columns", "measuring", "measured")
    rows, columns, job, answer = (directory / f"{name}.json" for name in names)
    held_out.write_lines(rows)
    columns.write_bytes(msgspec.json.encode(_columns(measured.sample)))
    told = {
        "functions": asked.metrics,
        "rows": str(rows),
        "columns": str(columns),
        "groups": [each.places for each in groups],
        "replicates": asked.replicates,
        "seed": SEED,
    }
    job.write_bytes(msgspec.json.encode(told))
    ended = measure_with_functions(job, directory=home_of(store).parent, answer=answer, timeout_s=asked.timeout_s)
    named = ", ".join(asked.metrics)
    if ended.status is None:
        raise Invalid(
            f"{named}: {ended.last_lines}", hint="--timeout-s gives more time, --replicates asks for less work"
        )
    try:
        return msgspec.json.decode(answer.read_bytes(), type=prepared(dict[str, list[_Result]]))
    except FileNotFoundError:
        said = f"it ended with exit status {ended.status} and no answer\n{ended.last_lines}".strip()
        raise Invalid(f"{named}: {said}", hint="run the function by itself") from None


def _columns(sample: Sample) -> dict[str, Sequence[Any]]:
    """Return what functions can ask for beside the rows, classes as the model answers them."""
    if sample.actual_numbers:
        scores = sample.predicted_numbers if sample.queries else ()
        return {
            "actual": sample.actual_numbers,
            "predicted": sample.predicted_numbers,
            "scores": scores,
            "queries": sample.queries,
        }
    return {
        "actual": _own(sample.actual, sample.kind),
        "predicted": _own(sample.predicted, sample.kind),
        "scores": [] if sample.scores is None else list(sample.scores),
        "probabilities": [
            dict(zip(sample.chances, row, strict=True)) for row in zip(*sample.chances.values(), strict=True)
        ],
    }


def _own(names: Sequence[str], kind: type) -> Sequence[Answer]:
    """Return classes in the type in which the model answers."""
    if kind is bool:
        return [each == "true" for each in names]
    return names if kind is str else [_number(each) for each in names]


def _number(name: str) -> Answer:
    for kind in (int, float):
        try:
            return kind(name)
        except ValueError:
            continue
    return name


def _with(result: SliceResult, found: _Result, name: str, replicates: int) -> SliceResult:
    """Return a result with what a function measured beside the rest."""
    if twice := next((each for each in found.values if each in result.metrics), None):
        raise Invalid(f"{name}: there is a metric {twice!r} already", hint="give the function's number another name")
    intervals = {}
    for each, value in found.values.items():
        parts = [(1, other) for other in found.left_out.get(each, ())]
        if drawn := from_draws(value, sorted(found.draws.get(each, ())), parts, replicates=replicates):
            intervals[each] = (*drawn.interval,)
    metrics = {each: number(value) for each, value in found.values.items()}
    return structs.replace(result, metrics={**result.metrics, **metrics}, intervals={**result.intervals, **intervals})


def _failed(name: str, results: Sequence[SliceResult], said: Sequence[_Result]) -> Iterator[str]:
    """Yield a sentence about the subgroups of which a function made nothing."""
    without = [(each, found.problem) for each, found in zip(results, said, strict=True) if found.problem]
    if without:
        first, problem = without[0]
        more = f" and {len(without) - 1:,} more subgroups" if len(without) > 1 else ""
        yield f"{name} measures nothing of {first.feature}={first.value}{more}: {problem}"
