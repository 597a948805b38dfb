"""MLflow's endpoints of the history of metrics."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.canonical import Number
from lineal.objects.errors import Invalid
from lineal.objects.ulid import hexadecimal
from lineal.operations.recording import tracking as verbs
from lineal.protocols.mlflow import ids
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.wire import lacking

BULK_RUNS_MAX, BULK_POINTS_MAX, INTERVAL_POINTS_MAX = 100, 25_000, 2_500

LARGEST = {"Infinity": 1.7976931348623157e308, "-Infinity": -1.7976931348623157e308}


class Point(msgspec.Struct, omit_defaults=True):
    """A point of a metric; of several runs, with the run."""

    key: str
    value: Number
    timestamp: int
    step: int
    run_id: str = ""


class _Page(msgspec.Struct, omit_defaults=True):
    metrics: list[Point] = []
    next_page_token: str = ""


class _History(msgspec.Struct):
    metric_key: str
    run_id: str = ""
    run_uuid: str = ""
    max_results: int = 0
    page_token: str = ""


class _Bulk(msgspec.Struct):
    metric_key: str = ""
    run_id: list[str] = []
    max_results: int = BULK_POINTS_MAX


class _Interval(msgspec.Struct):
    metric_key: str = ""
    run_ids: list[str] = []
    start_step: int | None = None
    end_step: int | None = None
    max_results: int = INTERVAL_POINTS_MAX


def _history(repository: LocalRepository, asked: _History) -> _Page:
    if not (run := asked.run_id or asked.run_uuid):
        raise lacking("run_id")
    points = list(_points(repository, run, asked.metric_key))
    start = _offset(asked.page_token)
    if not asked.max_results:
        return _Page(points[start:])
    end = start + asked.max_results
    return _Page(points[start:end], _token(end) if end < len(points) else "")


def _bulk(repository: LocalRepository, asked: _Bulk) -> _Page:
    if not asked.run_id:
        raise Invalid("GetMetricHistoryBulk request must specify at least one run_id.")
    if len(asked.run_id) > BULK_RUNS_MAX:
        raise Invalid(
            f"GetMetricHistoryBulk request cannot specify more than {BULK_RUNS_MAX} run_ids. Received"
            f" {len(asked.run_id)} run_ids."
        )
    if not asked.metric_key:
        raise Invalid("GetMetricHistoryBulk request must specify a metric_key.")
    most = min(asked.max_results, BULK_POINTS_MAX)
    found = list[Point]()
    for run in sorted(asked.run_id):
        found += _points(repository, run, asked.metric_key, with_run=True)
        if len(found) >= most:
            break
    return _Page(found[:most])


def _interval(repository: LocalRepository, asked: _Interval) -> _Page:
    _check_interval(asked)
    found: dict[str, list[Point]] = {}
    short = list[str]()
    for run in dict.fromkeys(asked.run_ids):
        if verbs.is_long(repository.store, ids.run_id(run), asked.metric_key):
            found[run] = list(_drawn(repository, run, asked))
        else:
            points = _points(repository, run, asked.metric_key, with_run=True)
            found[run] = sorted(points, key=lambda point: (point.step, point.timestamp))
            short.append(run)
    kept = _kept([found[run] for run in short], asked)
    for run in short:
        found[run] = [each for each in found[run] if each.step in kept]
    return _Page([point for run in asked.run_ids for point in found[run]])


def _kept(runs: Sequence[Sequence[Point]], asked: _Interval) -> frozenset[int]:
    """Return the steps that are shown: the same of all runs, so that they can be compared, and each run's ends.

    Args:
        runs: the points of each, in the order of their steps.
        asked: how many, and of which part.
    """
    steps = sorted({each.step for points in runs for each in points})
    ends = {step for points in runs if points for step in (points[0].step, points[-1].step)}
    wanted = sampled(sorted(ends), asked.start_step, asked.end_step, len(ends) or 1)
    return frozenset((*sampled(steps, asked.start_step, asked.end_step, asked.max_results), *wanted))


def _drawn(repository: LocalRepository, run: str, asked: _Interval) -> Iterator[Point]:
    """Yield what a drawing of a long series needs: even samples would cost reading all of it, and miss its peaks."""
    chart = verbs.chart(
        repository,
        runs=(ids.run_id(run),),
        keys=(asked.metric_key,),
        points=asked.max_results,
        first=asked.start_step,
        last=asked.end_step,
    )
    for step, value, at in chart.series[0].points:
        yield Point(asked.metric_key, value, at, step, run)


def _check_interval(asked: _Interval) -> None:
    if not asked.run_ids:
        raise lacking("run_ids")
    if len(asked.run_ids) > BULK_RUNS_MAX:
        raise Invalid(
            f"GetMetricHistoryBulkInterval request must specify at most {BULK_RUNS_MAX} run_ids. Received"
            f" {len(asked.run_ids)} run_ids."
        )
    if not asked.metric_key:
        raise lacking("metric_key")
    if not 1 <= asked.max_results <= INTERVAL_POINTS_MAX:
        raise Invalid(f"max_results must be between 1 and {INTERVAL_POINTS_MAX}.")
    if (asked.start_step is None) != (asked.end_step is None):
        raise Invalid("If either start step or end step are specified, both must be specified.")
    if asked.start_step is not None and asked.end_step is not None and asked.start_step > asked.end_step:
        raise Invalid(
            "end_step must be greater than start_step. Found"
            f" start_step={asked.start_step} and end_step={asked.end_step}."
        )


def sampled(steps: Sequence[int], first: int | None, last: int | None, most: int) -> Sequence[int]:
    """Return about ``most`` of ``steps``, evenly; of more than that, the last one too.

    Args:
        steps: in order, each once.
        first: the least that is wanted.
        last: the greatest.
        most: how many.
    """
    start = 0 if first is None else bisect_left(steps, first)
    end = len(steps) if last is None else bisect_right(steps, last)
    if end - start <= most:
        return steps[start:end]
    every = (end - start) / most
    return [*(steps[start + int(place * every)] for place in range(most)), steps[end - 1]]


def _points(repository: LocalRepository, run: str, key: str, *, with_run: bool = False) -> Iterator[Point]:
    found = verbs.history(repository, ids.run_id(run), key=key)
    shown = hexadecimal(found.run) if with_run else ""
    for step, value, at in zip(found.steps, found.values, found.times, strict=True):
        yield Point(key, LARGEST.get(value, value) if isinstance(value, str) else value, at, step, shown)


def _token(offset: int) -> str:
    return base64.b64encode(msgspec.json.encode({"offset": offset})).decode()


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        return msgspec.json.decode(base64.b64decode(token, validate=True), type=dict[str, int])["offset"]
    except binascii.Error:
        raise Invalid("Invalid page token, could not base64-decode") from None
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError):
        raise Invalid("Invalid page token") from None


ENDPOINTS = (
    Endpoint("GET", "/2.0/mlflow/metrics/get-history", _History, _history),
    Endpoint("GET", "/2.0/mlflow/metrics/get-history-bulk", _Bulk, _bulk),
    Endpoint("GET", "/2.0/mlflow/metrics/get-history-bulk-interval", _Interval, _interval),
)
