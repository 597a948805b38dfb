"""Curves of many metrics at once, for charts: so many parts of each, however many points there are.

A part is a stretch of steps with what was measured in it. Short series are read point by point; of long ones only the
summaries of chunks are, so that the work of a chart does not grow with its points. Nothing is lost by folding: the least and
the greatest value of each part are kept, and what is no finite number is told apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from lineal.formats import series as format_
from lineal.formats.curves import Curve, Part, folded
from lineal.formats.series import EMPTY, Series
from lineal.objects.canonical import Number
from lineal.objects.prepared import prepared
from lineal.objects.runs import Point
from lineal.storage.database.database import Database, Row

READ_MAX = 10_000
"""So many points of a curve are read at least, where it has no more."""

_READ_TOGETHER_MAX = 100_000
"""Of few curves, more points are read: so many of all of them together."""

_ASKED_AT_ONCE = 2_000
_BOUND = 1 << 62
_ACROSS_MAX = 8
"""So many chunks may lie across the ends of what is wanted, and be read for it; of more, the summaries must do."""

_decode = msgspec.json.Decoder(prepared(tuple[Point, ...])).decode

_SHARING = (
    "WITH RECURSIVE shared (root, run, last) AS (SELECT r.id, r.id, CAST(NULL AS BIGINT) FROM run r WHERE r.id IN ({runs})"
    " UNION SELECT s.root, x.other, CASE WHEN s.last IS NULL OR x.step < s.last THEN x.step ELSE s.last END"
    " FROM shared s JOIN run_relation x ON x.run = s.run AND x.role IN ('resumes', 'forks'))"
    " SELECT root, run, last FROM shared"
)
_CHUNKS = (
    "SELECT run, key, sequence, first_step, last_step, first_at, last_at, count, minimum, maximum, total, words,"
    " samples = '' AS is_bare FROM metric_chunk WHERE run IN ({runs}) AND key IN ({keys})"
    " AND last_step >= :first AND first_step <= :last ORDER BY run, key, sequence"
)
_POINTS = (
    "WITH wanted (run, key, sequence) AS (VALUES {chunks}) SELECT p.run, p.key, p.points FROM wanted w"
    " JOIN metric_points p ON p.run = w.run AND p.key = w.key AND p.sequence = w.sequence ORDER BY p.run, p.key, p.sequence"
)
_TOTALS = (
    "SELECT run, key, SUM(count) AS count, MIN(minimum) AS minimum, MAX(maximum) AS maximum, MIN(first_step) AS first_step,"
    " MAX(last_step) AS last_step FROM metric_chunk WHERE run IN ({runs}) GROUP BY run, key"
)

Name = tuple[str, str]
"""A run and a metric."""


class Total(NamedTuple):
    """What a metric of a run was in all points of its own; ``minimum`` is None where none was finite."""

    point_count: int
    minimum: float | None
    maximum: float | None
    first_step: int
    last_step: int


class _Found(NamedTuple):
    """What is known of a curve: points that were read, and summaries of those that were not."""

    points: Series
    chunks: list[Row]


def curves(
    database: Database, runs: Sequence[str], keys: Sequence[str], *, first: int | None, last: int | None, count: int
) -> dict[Name, Curve]:
    """Return the curves of metrics of runs, with the points that each run shares with others.

    The number of statements is the same however many curves there are, and however many points.

    Args:
        database: where they are.
        runs: the ids of the runs.
        keys: the metrics; a run that has none of a key has an empty curve.
        first: the least step that is wanted.
        last: the greatest.
        count: at most about so many parts of each. Those of different runs have the same bounds.

    Raises:
        Corrupt: a chunk is none.
    """
    if not runs or not keys:
        return {}
    low, high = -_BOUND if first is None else first, _BOUND if last is None else last
    found = _read(database, runs, keys, low, high)
    made: dict[Name, Curve] = {}
    for key in keys:
        steps = _bounds(found[run, key] for run in runs)
        for run in runs:
            made[run, key] = _curve(found[run, key], steps, count)
    return made


def totals(database: Database, runs: Sequence[str]) -> dict[Name, Total]:
    """Return what each metric of runs was in all points of their own; of metrics without points nothing."""
    if not runs:
        return {}
    marks, values = _marked("r", runs)
    found = {
        (row["run"], row["key"]): Total(
            int(row["count"]), row["minimum"], row["maximum"], row["first_step"], row["last_step"]
        )
        for row in database.run(_TOTALS.format(runs=marks), **values)
    }
    for name, recent in _recent(database, runs).items():
        told, finite = found.get(name), [each for each in recent.values if not isinstance(each, str)]
        new = Total(
            len(recent.steps),
            min(finite, default=None),
            max(finite, default=None),
            min(recent.steps),
            max(recent.steps),
        )
        found[name] = new if told is None else _together(told, new)
    return found


def _together(one: Total, other: Total) -> Total:
    return Total(
        one.point_count + other.point_count,
        min((each for each in (one.minimum, other.minimum) if each is not None), default=None),
        max((each for each in (one.maximum, other.maximum) if each is not None), default=None),
        min(one.first_step, other.first_step),
        max(one.last_step, other.last_step),
    )


def part_of_history(database: Database, run: str, key: str, *, offset: int, limit: int) -> tuple[int, Series]:
    """Return how many points a metric has, and those of a part, in the order in which they were kept. Raises Corrupt.

    Only the chunks that hold the part are read. A run that shares the points of others has those first.
    """
    sharing = _sharing(database, [run])[run]
    marks, values = _marked("r", [each for each, _ in sharing])
    rows = database.run(
        f"SELECT run, sequence, count, first_step, last_step FROM metric_chunk WHERE run IN ({marks}) AND key = :key",
        key=key,
        **values,
    )
    recent = _recent(database, [each for each, _ in sharing])
    whole, found = 0, EMPTY
    for each, last in reversed(sharing):
        blocks: list[Row] = sorted((row for row in rows if row["run"] == each), key=lambda row: int(row["sequence"]))
        if waiting := recent.get((each, key)):
            blocks.append({"points": waiting, "first_step": min(waiting.steps), "last_step": max(waiting.steps)})
        for block in blocks:
            end = _BOUND if last is None else last
            if block["first_step"] > end:
                continue
            size = block.get("count") if block["last_step"] <= end else None
            if size is not None and (whole + size <= offset or whole >= offset + limit):
                whole += size
                continue
            points = _within(block.get("points") or _chunk(database, each, key, block["sequence"]), -_BOUND, end)
            found = found.followed_by(points.part(max(0, offset - whole), max(0, offset + limit - whole)))
            whole += len(points.steps)
    return whole, found


def _chunk(database: Database, run: str, key: str, sequence: int) -> Series:
    return _points(database, [(run, key, sequence)]).get((run, key), EMPTY)


def _read(database: Database, runs: Sequence[str], keys: Sequence[str], low: int, high: int) -> dict[Name, _Found]:
    """Return what is known of each curve between two steps."""
    sharing = _sharing(database, runs)
    every = sorted({run for shared in sharing.values() for run, _ in shared})
    chunks = _chunks(database, every, keys, low, high)
    enough = max(READ_MAX, _READ_TOGETHER_MAX // (len(runs) * len(keys)))
    ends: dict[str, set[int]] = defaultdict(set)
    for shared in sharing.values():
        for run, last in shared:
            ends[run].add(high if last is None else last)
    wanted = {name: _wanted(rows, {low - 1, *ends[name[0]]}, enough) for name, rows in chunks.items()}
    points = _points(database, [(*name, sequence) for name, each in wanted.items() for sequence in each])
    recent = _recent(database, every)
    found: dict[Name, _Found] = {}
    for root, shared in sharing.items():
        for key in keys:
            read, left = EMPTY, list[Row]()
            for run, last in shared:
                name, end = (run, key), high if last is None else min(high, last)
                left += [
                    {**row, "last_step": min(row["last_step"], end)}
                    for row in chunks.get(name, ())
                    if row["sequence"] not in wanted[name] and row["first_step"] <= end
                ]
                for each in (points.get(name), recent.get(name)):
                    if each:
                        read = read.followed_by(_within(each, low, end))
            found[root, key] = _Found(read, left)
    return found


def _sharing(database: Database, runs: Sequence[str]) -> dict[str, list[tuple[str, int | None]]]:
    """Return the runs whose points each run shares, itself first, each with the last step that it shares."""
    marks, values = _marked("r", runs)
    found: dict[str, dict[str, int | None]] = {run: {run: None} for run in runs}
    for row in database.run(_SHARING.format(runs=marks), **values):
        found[row["root"]].setdefault(row["run"], row["last"])
    return {run: list(shared.items()) for run, shared in found.items()}


def _chunks(database: Database, runs: Sequence[str], keys: Sequence[str], low: int, high: int) -> dict[Name, list[Row]]:
    (run_marks, run_values), (key_marks, key_values) = _marked("r", runs), _marked("k", keys)
    found: dict[Name, list[Row]] = defaultdict(list)
    for row in database.run(
        _CHUNKS.format(runs=run_marks, keys=key_marks), first=low, last=high, **run_values, **key_values
    ):
        found[row["run"], row["key"]].append(row)
    return found


def _wanted(rows: Sequence[Row], ends: set[int], enough: int) -> frozenset[int]:
    """Return which chunks of a metric are read: all where they are few, those without a summary, those across an end."""
    if sum(row["count"] for row in rows) <= enough:
        return frozenset(row["sequence"] for row in rows)
    across = [row["sequence"] for row in rows if any(row["first_step"] <= end < row["last_step"] for end in ends)]
    bare = [row["sequence"] for row in rows if row["is_bare"]]
    return frozenset((*bare, *(across if len(across) <= _ACROSS_MAX else ())))


def _points(database: Database, chunks: Sequence[tuple[str, str, int]]) -> dict[Name, Series]:
    """Return the points of chunks by metric, in their order. Raises Corrupt."""
    found: dict[Name, Series] = {}
    for start in range(0, len(chunks), _ASKED_AT_ONCE):
        asked = chunks[start : start + _ASKED_AT_ONCE]
        marks = ", ".join(f"(:r{place}, :k{place}, CAST(:s{place} AS BIGINT))" for place in range(len(asked)))
        values = {
            f"{sign}{place}": part for place, each in enumerate(asked) for sign, part in zip("rks", each, strict=True)
        }
        for row in database.run(_POINTS.format(chunks=marks), **values):
            name = (row["run"], row["key"])
            found[name] = found.get(name, EMPTY).followed_by(format_.decode(row["points"]))
    return found


def _recent(database: Database, runs: Sequence[str]) -> dict[Name, Series]:
    """Return the points that are in no chunk yet."""
    marks, values = _marked("r", runs)
    rows = database.run(f"SELECT run, sequence, points FROM metric_recent WHERE run IN ({marks})", **values)
    told: dict[Name, list[tuple[int, Number, int]]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: int(each["sequence"])):
        for point in _decode(row["points"]):
            told[row["run"], point.key].append((point.step, point.value, point.at))
    return {name: _series(each) for name, each in told.items()}


def _series(rows: Iterable[tuple[int, Number, int]]) -> Series:
    columns = list(zip(*rows, strict=True))
    return Series(*map(list, columns)) if columns else EMPTY


def _within(series: Series, low: int, high: int) -> Series:
    """Return the points between two steps."""
    steps = series.steps
    if not steps or (min(steps) >= low and max(steps) <= high):
        return series
    return _series(row for row in zip(*series, strict=True) if low <= row[0] <= high)


def _bounds(found: Iterable[_Found]) -> tuple[float, float]:
    """Return the least and the greatest step of curves."""
    ends = list[int]()
    for each in found:
        ends += (min(each.points.steps), max(each.points.steps)) if each.points.steps else ()
        ends += (step for row in each.chunks for step in (row["first_step"], row["last_step"]))
    return (min(ends), max(ends)) if ends else (0, 0)


def _curve(found: _Found, bounds: tuple[float, float], count: int) -> Curve:
    words = [each for row in found.chunks for each in format_.words(row["words"])]
    return folded(found.points, list(_parts(found.chunks)), words, bounds=bounds, count=count)


def _parts(rows: Iterable[Row]) -> Iterator[Part]:
    for row in rows:
        least, most = row["minimum"], row["maximum"]
        if least is None or most is None:
            continue
        count = row["count"] - sum(each.point_count for each in format_.words(row["words"]))
        # A sum that was too great for a number was not kept.
        mean = least / 2 + most / 2 if row["total"] is None else min(max(row["total"] / max(1, count), least), most)
        yield Part(
            row["first_step"], row["last_step"], row["first_at"], row["last_at"], max(1, count), least, most, mean
        )


def _marked(sign: str, texts: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the marks of texts in a statement, and their values."""
    values = {f"{sign}{place}": each for place, each in enumerate(texts)}
    return ", ".join(f":{name}" for name in values), values
