"""Points of metrics in the database: as they come, then in chunks with summaries, so that a chart need not read them.

Nothing that was logged is lost: points out of order and several at a step are kept, NaN and infinities too. Only a point
that is the same in all (step, value and time) is one, for a client that got no answer sends it again.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lineal.formats import series as format_
from lineal.formats.series import CHUNK_POINTS, EMPTY, Sample, Series
from lineal.objects.canonical import Number
from lineal.objects.prepared import prepared
from lineal.objects.runs import Point
from lineal.storage.database.database import Database, Row

RECENT_POINTS_MAX = 10_000
"""So many points of a run wait for being put into chunks: enough that a chunk is rarely written twice, and few enough to be
read by whoever asks meanwhile."""

_SHARING_MAX = 1_000
"""So many times may a run be resumed or forked from another; what is further back is left out."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(prepared(tuple[Point, ...])).decode

_RECENT = "INSERT INTO metric_recent (run, sequence, points) VALUES (:run, :sequence, :points)"
_REVISION = "(SELECT r.revision FROM run r WHERE r.id = :run AND r.deleted_at IS NULL)"
"""Nothing where there is no such run, which has no place among the points."""
_CHUNK = (
    "INSERT INTO metric_chunk (run, key, sequence, first_step, last_step, first_at, last_at, count, minimum, maximum,"
    " total, last, samples, words) VALUES (:run, :key, :sequence, :first_step, :last_step, :first_at, :last_at, :count,"
    " :minimum, :maximum, :total, :last, :samples, :words) ON CONFLICT (run, key, sequence) DO UPDATE SET first_step = excluded.first_step,"
    " last_step = excluded.last_step, first_at = excluded.first_at, last_at = excluded.last_at, count = excluded.count,"
    " minimum = excluded.minimum, maximum = excluded.maximum, total = excluded.total, last = excluded.last,"
    " samples = excluded.samples, words = excluded.words"
)
_POINTS = (
    "INSERT INTO metric_points (run, key, sequence, points) VALUES (:run, :key, :sequence, :points)"
    " ON CONFLICT (run, key, sequence) DO UPDATE SET points = excluded.points"
)
_LAST = (
    "SELECT c.sequence, CASE WHEN c.count < :full THEN p.points END AS points FROM metric_chunk c JOIN metric_points p"
    " ON p.run = c.run AND p.key = c.key AND p.sequence = c.sequence WHERE c.run = :run AND c.key = :key"
    " ORDER BY c.sequence DESC LIMIT 1"
)
_OVERLAPPING = (
    "SELECT p.points AS points FROM metric_chunk c JOIN metric_points p"
    " ON p.run = c.run AND p.key = c.key AND p.sequence = c.sequence WHERE c.run = :run AND c.key = :key"
    " AND c.first_step <= :last_step AND c.last_step >= :first_step AND c.first_at <= :last_at AND c.last_at >= :first_at"
)


def append(database: Database, run: str, sequence: int | None, points: Sequence[Point]) -> None:
    """Keep points of a run as they came.

    Args:
        database: where they go.
        run: its id.
        sequence: grows with each call for the same run; None for the revision of its row, which must be there and not be deleted.
        points: of any number of metrics.
    """
    # Not gathered with other rows: a large text costs more as one of an array than a statement of its own.
    told = _encode(points).decode()
    if sequence is None:
        database.run(_RECENT.replace(":sequence", _REVISION), run=run, points=told)
    else:
        database.run(_RECENT, run=run, sequence=sequence, points=told)


def fold(database: Database, run: str) -> None:
    """Put the points of a run that are in no chunk yet into chunks. Raises Corrupt."""
    with database.transaction():
        rows = database.run("DELETE FROM metric_recent WHERE run = :run RETURNING sequence, points", run=run)
        extend(database, run, _by_key(_told(rows)))


def _told(rows: Iterable[Row]) -> Iterator[Point]:
    for row in sorted(rows, key=lambda each: int(each["sequence"])):
        yield from _decode(row["points"])


def _by_key(points: Iterable[Point]) -> dict[str, Series]:
    columns: dict[str, tuple[list[int], list[Number], list[int]]] = defaultdict(lambda: ([], [], []))
    for each in points:
        steps, values, times = columns[each.key]
        steps.append(each.step)
        values.append(each.value)
        times.append(each.at)
    return {key: Series(*each) for key, each in columns.items()}


def extend(database: Database, run: str, series: Mapping[str, Series]) -> None:
    """Write points of metrics, by their keys, behind the chunks of each; the last one is filled up first. Raises Corrupt."""
    with database.transaction():
        # What is there of all metrics is asked for before the first is waited for.
        there = {key: _There(database, run, key, each) for key, each in series.items() if each.steps}
        rows = [row for key, each in there.items() for row in _rows(run, key, each, series[key])]
        points = [
            {name: row[name] for name in ("run", "key", "sequence")} | {"points": row.pop("points")} for row in rows
        ]
        database.many(_CHUNK, rows)
        for each in points:
            # Not as one: a large text costs more as one of an array than a statement of its own.
            database.run(_POINTS, **each)


class _There:
    """The chunks of a metric that are there: the last one, and those among which some of its new points may be.

    Args:
        database: where they are.
        run: the id of the run.
        key: the metric.
        series: the new points.
    """

    def __init__(self, database: Database, run: str, key: str, series: Series) -> None:
        self._last = database.later(_LAST, run=run, key=key, full=CHUNK_POINTS)
        self._overlapping = database.later(_OVERLAPPING, run=run, key=key, **_spans(series))

    def end(self) -> tuple[int, Series]:
        """Return the place of the next chunk, and the points that it begins with: those of the last one, where that has room."""
        if not (rows := self._last()):
            return 0, EMPTY
        begun = rows[0]["points"]
        return (rows[0]["sequence"] + 1, EMPTY) if begun is None else (rows[0]["sequence"], format_.decode(begun))

    def known(self) -> set[tuple[int, Number, int]]:
        """Return the points of those that may have some of the new ones."""
        return _points_of(self._overlapping())


def _rows(run: str, key: str, there: _There, series: Series) -> Iterator[dict[str, Any]]:
    new = _without(series, there.known())
    if new.steps:
        sequence, begun = there.end()
        for number, each in enumerate(format_.chunked(begun.followed_by(new)), sequence):
            yield {"run": run, "key": key, "sequence": number, **msgspec.structs.asdict(each)}


def _spans(series: Series) -> dict[str, int]:
    return {
        "first_step": min(series.steps),
        "last_step": max(series.steps),
        "first_at": min(series.times),
        "last_at": max(series.times),
    }


def _points_of(rows: Iterable[Row]) -> set[tuple[int, Number, int]]:
    return {each for row in rows for each in zip(*format_.decode(row["points"]), strict=True)}


def _without(series: Series, known: set[tuple[int, Number, int]]) -> Series:
    """Return ``series`` without points that are known, each once."""
    rows = dict.fromkeys(zip(*series, strict=True))
    if len(rows) == len(series.steps) and not known:
        return series
    kept = [each for each in rows if each not in known]
    return Series(*map(list, zip(*kept, strict=True))) if kept else EMPTY


def keys(database: Database, run: str) -> list[str]:
    """Return the metrics of which a run has points of its own."""
    rows = database.run("SELECT DISTINCT key FROM metric_chunk WHERE run = :run", run=run)
    return sorted({row["key"] for row in rows} | _recent(database, run).keys())


def history(database: Database, run: str, key: str) -> Series:
    """Return all points of a metric, by time, then step, then value, those that it shares with other runs too. Raises Corrupt."""
    found = EMPTY
    for each, last in _sharing(database, run):
        found = found.followed_by(_up_to(_history(database, each, key), last))
    return in_order(found)


def _history(database: Database, run: str, key: str) -> Series:
    rows = database.run(
        "SELECT points FROM metric_points WHERE run = :run AND key = :key ORDER BY sequence", run=run, key=key
    )
    steps, values, times = list[int](), list[Number](), list[int]()
    for row in rows:
        part = format_.decode(row["points"])
        steps += part.steps
        values += part.values
        times += part.times
    found = Series(steps, values, times)
    if recent := _recent(database, run).get(key):
        known = _points_of(database.run(_OVERLAPPING, run=run, key=key, **_spans(recent)))
        found = found.followed_by(_without(recent, known))
    return found


def _up_to(series: Series, last: int | None) -> Series:
    if last is None:
        return series
    rows = [each for each in zip(*series, strict=True) if each[0] <= last]
    return Series(*map(list, zip(*rows, strict=True))) if rows else EMPTY


def _sharing(database: Database, run: str) -> list[tuple[str, int | None]]:
    """Return the runs whose points a run shares, oldest first, each with the last step that it shares; itself comes last."""
    found: dict[str, int | None] = {run: None}
    last: int | None = None
    while len(found) < _SHARING_MAX:
        rows = database.run(
            "SELECT other, step FROM run_relation WHERE run = :run AND role IN ('resumes', 'forks')", run=run
        )
        if not rows or rows[0]["other"] in found:
            break
        run, step = rows[0]["other"], rows[0]["step"]
        last = step if last is None else last if step is None else min(step, last)
        found[run] = last
    return list(found.items())[::-1]


def _recent(database: Database, run: str) -> dict[str, Series]:
    return _by_key(_told(database.run("SELECT sequence, points FROM metric_recent WHERE run = :run", run=run)))


def in_order(series: Series) -> Series:
    """Return points by time, then step, then value; what is no number comes after the numbers."""
    keys = list(zip(series.times, series.steps, strict=True))
    if all(left < right for left, right in itertools.pairwise(keys)):
        return series
    rows = sorted(zip(*series, strict=True), key=lambda row: (row[2], row[0], isinstance(row[1], str), row[1]))
    return Series(*map(list, zip(*rows, strict=True)))


def count(database: Database, run: str, key: str) -> int:
    """Return how many points of a metric are in chunks, with those of the runs whose points it shares."""
    return sum(
        int(row["points"])
        for each, _ in _sharing(database, run)
        for row in database.run(
            "SELECT COALESCE(SUM(count), 0) AS points FROM metric_chunk WHERE run = :run AND key = :key",
            run=each,
            key=key,
        )
    )


def chart(database: Database, run: str, key: str, *, first: int | None, last: int | None, count: int) -> list[Sample]:
    """Return points for a chart of a metric, by step: all of them, or those that no drawing of ``count`` may miss.

    Args:
        database: where they are.
        run: its id.
        key: the metric.
        first: the least step that is wanted.
        last: the greatest.
        count: about so many points; where there are more, each part of the chart has its first, least, greatest and last.

    Raises:
        Corrupt: a chunk is none.
    """
    found = list[Sample]()
    for each, shared in _sharing(database, run):
        end = last if shared is None else shared if last is None else min(last, shared)
        found += _drawn(database, each, key, first, end)
    return thinned(sorted(dict.fromkeys(found)), count)


def _drawn(database: Database, run: str, key: str, first: int | None, last: int | None) -> Iterator[Sample]:
    """Yield the points of one run for a chart."""
    rows = database.run(
        "SELECT sequence, first_step, last_step, count, samples FROM metric_chunk WHERE run = :run AND key = :key"
        " AND last_step >= :first AND first_step <= :last ORDER BY sequence",
        run=run,
        key=key,
        first=-(1 << 62) if first is None else first,
        last=(1 << 62) if last is None else last,
    )
    is_small = sum(row["count"] for row in rows) <= RECENT_POINTS_MAX
    found = list[Sample]()
    for row in rows:
        if is_small or not row["samples"]:
            found += _finite(_chunk(database, run, key, row["sequence"]))
        else:
            found += format_.samples(row["samples"])
    if recent := _recent(database, run).get(key):
        found += _finite(recent)
    return (each for each in found if (first is None or each[0] >= first) and (last is None or each[0] <= last))


def _chunk(database: Database, run: str, key: str, sequence: int) -> Series:
    rows = database.run(
        "SELECT points FROM metric_points WHERE run = :run AND key = :key AND sequence = :sequence",
        run=run,
        key=key,
        sequence=sequence,
    )
    return format_.decode(rows[0]["points"])


def _finite(series: Series) -> Iterator[Sample]:
    return ((step, value, at) for step, value, at in zip(*series, strict=True) if not isinstance(value, str))


def thinned(points: list[Sample], count: int) -> list[Sample]:
    """Return at most about ``count`` of points that are in order: of each part the first, least, greatest and last."""
    if len(points) <= count:
        return points
    parts = max(1, count // 4)
    low, high = points[0][0], points[-1][0]
    width = max(1, high - low + 1) / parts
    buckets: dict[int, list[Sample]] = defaultdict(list)
    for each in points:
        buckets[int((each[0] - low) / width)].append(each)
    kept = list[Sample]()
    for bucket in buckets.values():
        ends = (bucket[0], min(bucket, key=_value), max(bucket, key=_value), bucket[-1])
        kept += sorted(set(ends))
    return kept


def _value(sample: Sample) -> float:
    return sample[1]
