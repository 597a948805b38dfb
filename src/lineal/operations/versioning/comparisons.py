"""The verb that says in what two versions, or two runs, differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lineal.checks.comparing.sources import SourceChange, Sources, compare_sources
from lineal.checks.comparing.values import Side, compare, equal_parts, parts_of, rest
from lineal.formats.series import Series
from lineal.objects.canonical import Number
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, Invalid, NotFound
from lineal.objects.files import Entry
from lineal.objects.prepared import prepared
from lineal.objects.runs import Code, FileUse, Run, Runtime
from lineal.operations.answers import elsewhere_sections as elsewhere
from lineal.operations.answers.differences import Diff, Difference
from lineal.operations.answers.tracking import Compared, ComparedRun, TrackedRun
from lineal.operations.operation import operation
from lineal.operations.recording import run_rows, tracking
from lineal.operations.recording.last_metrics import MetricLine
from lineal.operations.recording.runs import read_metrics
from lineal.operations.recording.summaries import Pair as Told
from lineal.operations.references import find_any, find_version, version_reference
from lineal.operations.versioning.file_comparisons import Pair, compared_models, compared_tables, pairs
from lineal.operations.versioning.models import version_of
from lineal.storage import series
from lineal.storage.store import Store

_PATCH_BYTES_MAX = 10 << 20
_CURVES_MAX = 100

COMPARED_MAX = 32
"""So many runs are shown side by side: as many as can be told apart in a chart."""

_told = msgspec.json.Decoder(prepared(list[Told])).decode
_measured = msgspec.json.Decoder(prepared(list[MetricLine])).decode

_TOLD = {
    "id", "name", "command", "directory", "started_at", "ended_at", "code", "runtime", "user", "host", "inputs",
    "outputs", "intermediates", "params", "metrics", "seeds", "models", "stdout", "stderr", "gaps", "parent", "context",
    "resumes", "forks", "from_step",
    "param_sources", "objects", "queries",
}  # fmt: skip
"""What of a run is compared as a part of its own, or differs between any two runs."""


class _Whole(NamedTuple):
    """One of the two, whole."""

    kind: str
    reference: str
    run: Run
    side: Side
    main_file: str = ""
    name: str = ""


@operation("diff", effect="reads", about={"left": "reference", "right": "reference"})
def diff(store: Store, left: str, right: str) -> Diff:
    """Show everything in which two versions, or two runs, differ: data, code, params, packages, machine, weights, metrics.

    The most likely causes come first. Sources are compared line by line, data by what is in its tables, models tensor by
    tensor. Whether they differ or not, the exit status is 0; with --json, `same` tells.

    Args:
        left: a version or run.
        right: another of the same kind.

    Raises:
        Invalid: one is a version and the other a run, or it is something else.
    """
    before, after = _whole(store, left), _whole(store, right)
    if before.kind != after.kind:
        raise Invalid(f"{left} is a {before.kind} and {right} a {after.kind}", hint="compare two versions or two runs")
    curves, equal_curves = _curves(store, before.run, after.run)
    differences = tuple(
        Difference(part=each.part, name=each.name, left=each.left, right=each.right, note=each.note)
        for each in compare(before.side, after.side)
    )
    tables, gaps = compared_tables(store, pairs(_entries(before.run.inputs), _entries(after.run.inputs)))
    return Diff(
        left=before.reference,
        right=after.reference,
        left_name=before.name,
        right_name=after.name,
        same=not differences and not curves,
        differences=(*differences, *curves),
        equal=(*equal_parts(before.side, after.side), *equal_curves),
        sources=_sources(store, before, after),
        tables=tables,
        models=tuple(compared_models(store, _written(before, after))),
        gaps=(*gaps, *_unknown(before.side.code, after.side.code)),
    )


@operation("runs compared", effect="reads", internal=True, about={"runs": "run id"})
def compared(store: Store, *, runs: tuple[str, ...]) -> Compared:
    """Return runs side by side: what each was told, what it measured, and what it was made with.

    Args:
        runs: their ids; those that are still going on have no parts.

    Raises:
        NotFound: one is not there.
        Invalid: they are too many.
    """
    if len(runs) > COMPARED_MAX:
        raise Invalid(
            f"{len(runs)} runs are too many to be compared", hint=f"choose {COMPARED_MAX} at most, such as the best"
        )
    if not runs:
        return Compared(runs=())
    marks = {f"r{place}": run for place, run in enumerate(runs)}
    rows = store.database.run(f"{tracking.SHOWN} WHERE r.id IN ({', '.join(f':{name}' for name in marks)})", **marks)
    digests = {row["id"]: row["digest"] for row in rows}
    if missing := next((run for run in runs if run not in digests), None):
        raise run_rows.missing(missing)
    shown = {each.id: _compared(store, each, digests[each.id]) for each in tracking.lines(store, rows)}
    return Compared(runs=tuple(shown[run] for run in dict.fromkeys(runs)))


def _compared(store: Store, line: TrackedRun, digest: Digest | None) -> ComparedRun:
    run = store.get_object(digest, Run) if digest else None
    parts = parts_of(_parts(store, run, line.id)) if run else {}
    return ComparedRun(
        line.id,
        line.name,
        line.state,
        line.started_by,
        line.started_at,
        line.ended_at,
        params={each.key: each.value for each in _told(line.params)},
        metrics={each.key: each.value for each in _measured(line.metrics)},
        tags={each.key: each.value for each in _told(line.tags)},
        parts={name: values for name, values in parts.items() if values and name not in {"params", "metrics"}},
    )


def _whole(store: Store, reference: str) -> _Whole:
    """Return what ``reference`` names, with its parts."""
    kind, row = find_any(store, reference)
    if kind in {"model", "alias", "version"}:
        row = find_version(store, reference)
        version = version_of(store, row)
        run = store.get_object(version.run, Run)
        weights = store.get_tree(version.weights)
        side = _parts(store, run, row["digest"], weights=weights.entries)
        return _Whole("version", version_reference(row), run, side, version.main_file)
    if kind == "run" and row["digest"]:
        run = store.get_object(row["digest"], Run)
        return _Whole("run", f"run:{row['id']}", run, _parts(store, run, row["id"]), name=row["name"])
    raise Invalid(f"{reference} cannot be compared", hint="give two versions, or two runs that have ended")


def _parts(store: Store, run: Run, subject: str, weights: tuple[Entry, ...] = ()) -> Side:
    written = {each.path: each.digest for each in (*run.outputs, *run.intermediates)}
    return Side(
        code=store.get_object(run.code, Code),
        runtime=store.get_object(run.runtime, Runtime),
        params=run.params,
        metrics=read_metrics(store, subject),
        data={each.path: each.digest for each in run.inputs},
        read=elsewhere.states(run.objects, "read"),
        queries=elsewhere.asked(run.queries),
        seeds=run.seeds,
        facts=next(iter(run.models.values()), Side().facts),
        weights=weights,
        command=run.command,
        # A version is what was registered; what else its run wrote is no part of it.
        outputs={} if weights else written,
        written={} if weights else elsewhere.states(run.objects, "written"),
        more=rest(run, _TOLD),
    )


def _entries(uses: tuple[FileUse, ...]) -> dict[str, Entry]:
    return {each.path: Entry(path=each.path, digest=each.digest, size_bytes=each.size_bytes) for each in uses}


def _written(left: _Whole, right: _Whole) -> list[Pair]:
    """Return the files that both wrote, differently; of two versions also the main files, whatever they are called."""
    before, after = (
        {each.path: each for each in whole.side.weights} or _entries((*whole.run.outputs, *whole.run.intermediates))
        for whole in (left, right)
    )
    found = pairs(before, after)
    if left.main_file != right.main_file and left.main_file in before and right.main_file in after:
        found.insert(0, (before[left.main_file], after[right.main_file]))
    return found


def _curves(store: Store, left: Run, right: Run) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """Return where metrics of several points part, and ``("curves",)`` when there are some and none does."""
    found: list[Difference] = []
    has_curves = False
    for key in sorted(left.metrics.keys() & right.metrics.keys())[:_CURVES_MAX]:
        before, after = (series.history(store.database, run.id, key) for run in (left, right))
        if max(len(before.steps), len(after.steps)) < 2:
            continue
        has_curves = True
        if said := _parting(before, after):
            counts = [f"{len(each.steps):,} points" for each in (before, after)]
            found.append(Difference(part="curves", name=key, left=counts[0], right=counts[1], note=said))
    return tuple(found), ("curves",) if has_curves and not found else ()


def _parting(left: Series, right: Series) -> str:
    """Return where two series part, in words; empty when they do not."""
    before, after = (dict[int, Number](zip(each.steps, each.values, strict=True)) for each in (left, right))
    steps = sorted(before.keys() | after.keys())
    parted = next((step for step in steps if before.get(step) != after.get(step)), None)
    if parted is None:
        return ""
    where = "from the first step on" if parted == steps[0] else f"equal before step {parted}"
    values = " and ".join(_value(each[parted]) if parted in each else "nothing" for each in (before, after))
    return f"{where}; at step {parted}: {values}"


def _value(value: Number) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _sources(store: Store, left: _Whole, right: _Whole) -> tuple[SourceChange, ...]:
    one, other = left.side.code, right.side.code
    if not one or not other or one == other:
        return ()
    # What a run read or wrote is compared as data, also where Git knows it.
    used = {each.path for run in (left.run, right.run) for each in (*run.inputs, *run.outputs, *run.intermediates)}
    found = compare_sources(_side_sources(store, one), _side_sources(store, other))
    return tuple(each for each in found if each.path not in used)


def _side_sources(store: Store, code: Code) -> Sources:
    patch = _bytes(store, code.diff)[:_PATCH_BYTES_MAX].decode("utf-8", "replace") if code.diff else ""
    entries = store.entries(code.untracked) if code.untracked else iter(())
    return Sources(code.commit, patch, {each.path: _bytes(store, each.digest) for each in _here(entries)})


def _here(entries: Iterator[Entry]) -> Iterator[Entry]:
    try:
        yield from entries
    except (NotFound, Corrupt):
        return


def _bytes(store: Store, digest: Digest) -> bytes:
    try:
        return store.blobs.get(digest)
    except (NotFound, Corrupt):
        return b""


def _unknown(left: Code | None, right: Code | None) -> Iterator[str]:
    """Yield what of two sources is only in Git."""
    if left and right and left.commit != right.commit and left.commit and right.commit:
        yield (
            f"the commits differ, and what they differ in is in Git: git diff {left.commit[:12]} {right.commit[:12]}"
        )
