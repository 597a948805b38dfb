"""MLflow's endpoints of the history of metrics."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import TypeVar

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

T = TypeVar("T")

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
    max_results: int | None = None
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
    if asked.max_results is not None and asked.max_results < 1:
        raise Invalid(
            f"Invalid value {asked.max_results} for parameter 'max_results' supplied. It must be at least 1, or left out."
        )
    points = list(_points(repository, run, asked.metric_key))
    start = _offset(asked.page_token)
    if asked.max_results is None:
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
    found = {run: list(_charted(repository, run, asked)) for run in dict.fromkeys(asked.run_ids)}
    return _Page([point for run in asked.run_ids for point in found[run]])


def _charted(repository: LocalRepository, run: str, asked: _Interval) -> Iterator[Point]:
    """Yield the points of a run that a chart shows, whatever other runs have."""
    if verbs.is_long(repository.store, ids.run_id(run), asked.metric_key):
        yield from _drawn(repository, run, asked)
        return
    first, last = asked.start_step, asked.end_step
    points = [
        each
        for each in _points(repository, run, asked.metric_key, with_run=True)
        if (first is None or each.step >= first) and (last is None or each.step <= last)
    ]
    yield from sampled(sorted(points, key=lambda point: (point.step, point.timestamp)), asked.max_results)


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


def sampled(points: Sequence[T], most: int) -> Sequence[T]:
    """Return ``most`` of ``points``, evenly, of which the last is the last one; all of them where there are no more."""
    if len(points) <= most:
        return points
    return [*(points[place * len(points) // most] for place in range(most - 1)), points[-1]]


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
