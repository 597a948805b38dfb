"""MLflow's endpoints of runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.canonical import Number
from lineal.objects.errors import Invalid
from lineal.objects.runs import Point
from lineal.objects.ulid import hexadecimal
from lineal.operations.answers.tracking import RunInfo, TrackedRun
from lineal.operations.recording import foretelling
from lineal.operations.recording import tracking as verbs
from lineal.operations.recording.last_metrics import measures_only
from lineal.operations.recording.model_metrics import ModelPoint
from lineal.operations.recording.tracking import State
from lineal.protocols.mlflow import ids, limits
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.experiments import NOTHING, Nothing, Tag
from lineal.protocols.mlflow.places import run_root
from lineal.protocols.mlflow.wire import lacking

RUN_NAME = "mlflow.runName"
"""The tag that is the name of a run."""

_STATES: dict[str, State] = {
    "RUNNING": "running",
    "SCHEDULED": "scheduled",
    "FINISHED": "finished",
    "FAILED": "failed",
    "KILLED": "killed",
}
_STATUSES = {state: status for status, state in _STATES.items()} | {"lost": "FAILED"}
_STATUS_NUMBERS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}

_INFINITE = (b'"Infinity"', b'"-Infinity"')
_LARGEST = (b"1.7976931348623157e+308", b"-1.7976931348623157e+308")
"""MLflow keeps infinities as the largest number there is; its clients and tests expect that."""


class Metric(msgspec.Struct):
    """A point of a metric, as it is sent."""

    key: str
    value: float | str
    timestamp: int
    step: int = 0
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""


class Info(msgspec.Struct, omit_defaults=True):
    """What a run is."""

    run_uuid: str
    experiment_id: str
    run_name: str
    user_id: str
    status: str
    start_time: int
    artifact_uri: str
    lifecycle_stage: str
    run_id: str
    end_time: int | None = None


class _Data(msgspec.Struct, omit_defaults=True):
    metrics: msgspec.Raw | None = None
    params: msgspec.Raw | None = None
    tags: msgspec.Raw | None = None


class Run(msgspec.Struct):
    """A run as MLflow writes it."""

    info: Info
    data: _Data
    inputs: msgspec.Raw
    outputs: msgspec.Raw


class _Shown(msgspec.Struct):
    run: Run


class _Updated(msgspec.Struct):
    run_info: Info


class _Create(msgspec.Struct, dict=True):
    experiment_id: str = "0"
    user_id: str = ""
    run_name: str = ""
    start_time: int = 0
    tags: list[Tag] = []

    @cached_property
    def new(self) -> verbs.NewRun:
        """The run that begins, whose id is chosen once. Raises Invalid."""
        tags = {each.key: _tag(each) for each in self.tags}
        if self.run_name and tags.get(RUN_NAME, self.run_name) != self.run_name:
            raise Invalid(
                "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values"
                f" (run_name='{self.run_name}', mlflow.runName='{tags[RUN_NAME]}')."
            )
        run = ids.new_run()
        name = self.run_name or tags.get(RUN_NAME) or f"run-{hexadecimal(run)[-8:]}"
        return verbs.NewRun(
            id=run,
            name=name,
            experiment=ids.experiment(self.experiment_id),
            started_at=self.start_time,
            started_by=self.user_id,
            tags={**tags, RUN_NAME: name},
        )


class Named(msgspec.Struct, kw_only=True):
    """A request about one run, whose id stands in one of two fields."""

    run_id: str = ""
    run_uuid: str = ""

    @property
    def run(self) -> str:
        """The id of the run. Raises Invalid, NotFound."""
        if not (text := self.run_id or self.run_uuid):
            raise lacking("run_id")
        return ids.run_id(text)


class _Update(Named, kw_only=True):
    status: str | int = ""
    end_time: int | None = None
    run_name: str = ""


class _Told(NamedTuple):
    """What a run tells of itself."""

    points: tuple[Point, ...] = ()
    model_points: tuple[ModelPoint, ...] = ()
    params: dict[str, str] = {}
    tags: dict[str, str] = {}


class _Telling(Named, kw_only=True, dict=True):
    """A request by which a run tells of itself."""

    @cached_property
    def told(self) -> _Told:
        """What it tells, looked at once; nothing by itself. Raises Invalid."""
        return _Told()


class _LogMetric(_Telling, kw_only=True):
    key: str
    value: float | str
    timestamp: int
    step: int = 0
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""

    @cached_property
    def told(self) -> _Told:
        """Likewise."""
        limits.check_key(self.key, "metric")
        return _Told((_point(self),), _of_models([self]))


class _LogParam(_Telling, kw_only=True):
    key: str
    value: str = ""

    @cached_property
    def told(self) -> _Told:
        """Likewise."""
        limits.check_key(self.key, "parameter")
        return _Told(params={self.key: limits.cut(self.value, limits.PARAM_CHARACTERS_MAX)})


class _SetTag(_Telling, kw_only=True):
    key: str
    value: str = ""

    @cached_property
    def told(self) -> _Told:
        """Likewise."""
        return _Told(tags={self.key: _tag(Tag(self.key, self.value))})


class _DeleteTag(Named, kw_only=True):
    key: str


class _LogBatch(_Telling, kw_only=True):
    metrics: list[Metric] = []
    params: list[Tag] = []
    tags: list[Tag] = []

    @cached_property
    def told(self) -> _Told:
        """Likewise."""
        limits.check_batch(self.metrics, self.params, self.tags)
        for key in {each.key for each in self.metrics}:
            limits.check_key(key, "metric")
        return _Told(
            tuple(map(_point, self.metrics)),
            _of_models(self.metrics),
            _params(self.params),
            {each.key: _tag(each) for each in self.tags},
        )


def _create(repository: LocalRepository, asked: _Create) -> _Shown:
    return _Shown(shown(verbs.create(repository, asked.new)))


def _foretell_create(repository: LocalRepository, asked: _Create) -> bool:
    return foretelling.create(repository.store, asked.new)


def _get(repository: LocalRepository, asked: Named) -> _Shown:
    return _Shown(shown(verbs.tracked(repository, asked.run)))


def _update(repository: LocalRepository, asked: _Update) -> _Updated:
    if asked.run_name:
        verbs.record(repository, asked.run, tags={RUN_NAME: asked.run_name})
    status = _STATUS_NUMBERS.get(asked.status, "") if isinstance(asked.status, int) else asked.status
    if status and status not in _STATES:
        raise Invalid(f"Invalid value \"{status}\" for parameter 'status' supplied: it is one of {', '.join(_STATES)}.")
    found = verbs.update(
        repository, asked.run, name=asked.run_name, state=_STATES[status] if status else "", ended_at=asked.end_time
    )
    return _Updated(_info(found))


def _foretell_update(repository: LocalRepository, asked: _Update) -> bool:
    state = _STATES.get(asked.status, "") if isinstance(asked.status, str) else ""
    is_known = bool(state) and not asked.run_name
    return is_known and foretelling.update(repository.store, asked.run, state=state, ended_at=asked.end_time)


def _delete(repository: LocalRepository, asked: Named) -> Nothing:
    verbs.delete(repository, asked.run)
    return NOTHING


def _restore(repository: LocalRepository, asked: Named) -> Nothing:
    verbs.restore(repository, asked.run)
    return NOTHING


def _tell(repository: LocalRepository, asked: _Telling) -> Nothing:
    told = asked.told
    verbs.record(
        repository,
        asked.run,
        points=told.points,
        model_points=told.model_points,
        params=told.params,
        tags=told.tags,
    )
    if name := told.tags.get(RUN_NAME):
        verbs.update(repository, asked.run, name=name)
    return NOTHING


def _foretell_telling(repository: LocalRepository, asked: _Telling) -> bool:
    told = asked.told
    is_few = measures_only(told.points, told.model_points, told.params, told.tags)
    return not told.model_points and foretelling.record(
        repository.store, asked.run, points=len(told.points), measures_only=is_few
    )


def _delete_tag(repository: LocalRepository, asked: _DeleteTag) -> Nothing:
    verbs.record(repository, asked.run, untag=(asked.key,))
    return NOTHING


def _params(params: list[Tag]) -> dict[str, str]:
    """Return params by their key. Raises Invalid when one is given twice with different values."""
    found: dict[str, str] = {}
    for each in params:
        limits.check_key(each.key, "parameter")
        value = limits.cut(each.value, limits.PARAM_CHARACTERS_MAX)
        if found.setdefault(each.key, value) != value:
            raise Invalid(
                f"Duplicate parameter keys have been submitted: ['{each.key}']. Please ensure the request contains only"
                " one param value per param key."
            )
    return found


def _tag(tag: Tag) -> str:
    limits.check_key(tag.key, "tag")
    return limits.cut(tag.value, limits.TAG_CHARACTERS_MAX)


def _point(metric: Metric | _LogMetric) -> Point:
    value = metric.value
    # Nearly all are numbers, and finite.
    if value.__class__ is not float or value - value != 0:
        value = number(value)
    return Point(metric.key, metric.step, value, metric.timestamp)


def _of_models(metrics: Sequence[Metric | _LogMetric]) -> tuple[ModelPoint, ...]:
    """Return those that are of logged models too."""
    return tuple(
        ModelPoint(each.model_id, _point(each), each.dataset_name, each.dataset_digest)
        for each in metrics
        if each.model_id
    )


def number(value: float | str) -> Number:
    """Return a value as we keep it: a finite number, or the word for what is none. Raises Invalid."""
    try:
        found = float(value)
    except ValueError:
        raise Invalid(f"Invalid value \"{value}\" for parameter 'value' supplied: it is no number.") from None
    if found - found == 0:
        return found
    if found != found:  # noqa: PLR0124 - only what is no number differs from itself
        return "NaN"
    return "Infinity" if found > 0 else "-Infinity"


def shown(found: TrackedRun) -> Run:
    """Return a run as MLflow writes it."""
    metrics = bytes(found.metrics)
    for word, largest in zip(_INFINITE, _LARGEST, strict=True):
        if word in metrics:
            # No key of MLflow's holds a quote, so nothing but a value looks like this.
            metrics = metrics.replace(b'"value":' + word, b'"value":' + largest)
    data = _Data(*(_unless_empty(each) for each in (metrics, found.params, found.tags)))
    return Run(_info(found), data, found.inputs, found.outputs)


def _unless_empty(text: bytes | msgspec.Raw) -> msgspec.Raw | None:
    return None if bytes(text) == b"[]" else msgspec.Raw(text)


def _info(found: RunInfo) -> Info:
    run = hexadecimal(found.id)
    return Info(
        run_uuid=run,
        experiment_id=str(found.experiment),
        run_name=found.name,
        user_id=found.started_by,
        status=_STATUSES[found.state],
        start_time=found.started_at,
        artifact_uri=run_root(found),
        lifecycle_stage="active" if found.deleted_at is None else "deleted",
        run_id=run,
        end_time=found.ended_at,
    )


ENDPOINTS = (
    Endpoint("POST", "/2.0/mlflow/runs/create", _Create, _create, is_quick=True, foretell=_foretell_create),
    Endpoint("GET", "/2.0/mlflow/runs/get", Named, _get, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/runs/update", _Update, _update, is_quick=True, foretell=_foretell_update),
    Endpoint("POST", "/2.0/mlflow/runs/delete", Named, _delete, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/runs/restore", Named, _restore, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/runs/log-metric", _LogMetric, _tell, is_quick=True, foretell=_foretell_telling),
    Endpoint("POST", "/2.0/mlflow/runs/log-parameter", _LogParam, _tell, is_quick=True, foretell=_foretell_telling),
    Endpoint("POST", "/2.0/mlflow/runs/set-tag", _SetTag, _tell, is_quick=True, foretell=_foretell_telling),
    Endpoint("POST", "/2.0/mlflow/runs/delete-tag", _DeleteTag, _delete_tag, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/runs/log-batch", _LogBatch, _tell, is_quick=True, foretell=_foretell_telling),
)
