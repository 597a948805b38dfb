"""MLflow's endpoints of logged models: what a program calls a model before anybody registers it."""

from __future__ import annotations

import os

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.canonical import Number
from lineal.objects.errors import Invalid
from lineal.objects.ulid import hexadecimal
from lineal.operations.answers.tracking import LoggedModelAnswer, ModelMetric
from lineal.operations.recording import logged_models as verbs
from lineal.operations.recording.logged_models import Status
from lineal.operations.recording.model_metrics import scoped
from lineal.protocols.mlflow import ids, limits
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.experiments import NOTHING, Nothing, Tag
from lineal.protocols.mlflow.filters import parse_filter, parse_order
from lineal.protocols.mlflow.metrics import LARGEST
from lineal.protocols.mlflow.places import model_root
from lineal.protocols.mlflow.subjects import SUBJECTS
from lineal.query.syntax import Condition, Every, Known, Measured, Not, Some, Sort
from lineal.query.wanted import Wanted

RESULTS_MAX = 1_000

_STATUSES: dict[str | int, Status] = {
    "LOGGED_MODEL_STATUS_UNSPECIFIED": "UNSPECIFIED",
    "LOGGED_MODEL_PENDING": "PENDING",
    "LOGGED_MODEL_READY": "READY",
    "LOGGED_MODEL_UPLOAD_FAILED": "FAILED",
    0: "UNSPECIFIED",
    1: "PENDING",
    2: "READY",
    3: "FAILED",
}
_SHOWN = {status: name for name, status in _STATUSES.items() if isinstance(name, str)}
_UNFIT = ("/", ":", ".", "%", '"', "'")
"""What no name of a logged model holds: it stands in addresses."""


class _Info(msgspec.Struct, omit_defaults=True):
    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    artifact_uri: str
    status: str
    model_type: str
    source_run_id: str | None = None
    tags: list[Tag] = []


class _Metric(msgspec.Struct, omit_defaults=True):
    key: str
    value: Number
    timestamp: int
    step: int
    dataset_name: str = ""
    dataset_digest: str = ""
    model_id: str = ""
    run_id: str = ""


class _Data(msgspec.Struct, omit_defaults=True):
    params: list[Tag] = []
    metrics: list[_Metric] = []


class LoggedModel(msgspec.Struct):
    """A logged model as MLflow writes it."""

    info: _Info
    data: _Data


class _Shown(msgspec.Struct):
    model: LoggedModel


class _Create(msgspec.Struct):
    experiment_id: str = "0"
    name: str | None = None
    model_type: str = ""
    source_run_id: str | None = None
    params: list[Tag] = []
    tags: list[Tag] = []


class _ById(msgspec.Struct):
    model_id: str = ""


class _Finalize(msgspec.Struct):
    model_id: str = ""
    status: str | int = ""


class _Tags(msgspec.Struct):
    model_id: str = ""
    tags: list[Tag] = []


class _Untag(msgspec.Struct):
    model_id: str = ""
    tag_key: str = ""


class _Params(msgspec.Struct):
    model_id: str = ""
    params: list[Tag] = []


class _Dataset(msgspec.Struct):
    dataset_name: str = ""
    dataset_digest: str = ""


class _OrderBy(msgspec.Struct):
    field_name: str = ""
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


class _Search(msgspec.Struct):
    experiment_ids: list[str] = []
    filter: str = ""
    datasets: list[_Dataset] = []
    max_results: int = 50
    order_by: list[_OrderBy] = []
    page_token: str = ""


class _Page(msgspec.Struct, omit_defaults=True):
    models: list[LoggedModel] = []
    next_page_token: str = ""


def _create(repository: LocalRepository, asked: _Create) -> _Shown:
    if asked.name is not None and (not asked.name or any(each in asked.name for each in _UNFIT)):
        raise Invalid(
            f"Invalid model name ({asked.name!r}) provided. Model name must be a non-empty string and cannot contain the"
            f" following characters: {_UNFIT}"
        )
    model_id = f"m-{os.urandom(16).hex()}"
    new = verbs.NewModel(
        id=model_id,
        name=asked.name or f"model-{model_id[-8:]}",
        experiment=ids.experiment(asked.experiment_id),
        model_type=asked.model_type,
        run=ids.foreign_run(asked.source_run_id) if asked.source_run_id else None,
        params=_params(asked.params),
        tags=_tags(asked.tags),
    )
    return _Shown(shown(verbs.create(repository, new)))


def _get(repository: LocalRepository, asked: _ById) -> _Shown:
    return _Shown(shown(verbs.show(repository, asked.model_id)))


def _finalize(repository: LocalRepository, asked: _Finalize) -> _Shown:
    if asked.status not in _STATUSES:
        raise Invalid(
            f"Invalid value \"{asked.status}\" for parameter 'status' supplied: it is one of {', '.join(_SHOWN.values())}."
        )
    return _Shown(shown(verbs.finish(repository, asked.model_id, status=_STATUSES[asked.status])))


def _delete(repository: LocalRepository, asked: _ById) -> Nothing:
    verbs.delete(repository, asked.model_id)
    return NOTHING


def _set_tags(repository: LocalRepository, asked: _Tags) -> Nothing:
    verbs.record(repository, asked.model_id, tags=_tags(asked.tags))
    return NOTHING


def _delete_tag(repository: LocalRepository, asked: _Untag) -> Nothing:
    verbs.record(repository, asked.model_id, untag=(asked.tag_key,))
    return NOTHING


def _log_params(repository: LocalRepository, asked: _Params) -> Nothing:
    verbs.record(repository, asked.model_id, params=_params(asked.params))
    return NOTHING


def _params(params: list[Tag]) -> dict[str, str]:
    for each in params:
        limits.check_key(each.key, "parameter")
    return {each.key: limits.cut(each.value, limits.PARAM_CHARACTERS_MAX) for each in params}


def _tags(tags: list[Tag]) -> dict[str, str]:
    for each in tags:
        limits.check_key(each.key, "tag")
    return {each.key: limits.cut(each.value, limits.TAG_CHARACTERS_MAX) for each in tags}


def _search(repository: LocalRepository, asked: _Search) -> _Page:
    if not 1 <= asked.max_results <= RESULTS_MAX:
        raise Invalid(
            f"Invalid value {asked.max_results} for parameter 'max_results' supplied: it must be at least 1 and at most"
            f" {RESULTS_MAX}"
        )
    if not all(each.dataset_name for each in asked.datasets):
        raise Invalid("`dataset_name` in the `datasets` clause must be specified.")
    wanted = Wanted(
        SUBJECTS["logged models"].source,
        measured_on(parse_filter(asked.filter, "logged models"), asked.datasets),
        tuple(map(_sort, asked.order_by)),
        experiments=tuple(ids.experiment(each) for each in asked.experiment_ids),
    )
    page = verbs.page(repository.store, wanted, limit=asked.max_results, page_token=asked.page_token)
    return _Page([shown(each) for each in page.found], page.next_token)


def measured_on(condition: Condition, datasets: list[_Dataset]) -> Condition:
    """Return a condition on metrics as they are on one of several datasets; without any on metrics, that there is one.

    Args:
        condition: what holds.
        datasets: where its metrics are measured; none: wherever.
    """
    if not datasets:
        return condition
    scopes = [(each.dataset_name, each.dataset_digest) for each in datasets]
    narrowed, is_on_metrics = _narrowed(condition, scopes)
    if is_on_metrics:
        return narrowed
    return Every((narrowed, Some(tuple(Known("metric", scoped("", *each)) for each in scopes))))


def _narrowed(condition: Condition, scopes: list[tuple[str, str]]) -> tuple[Condition, bool]:
    """Return a condition with its metrics on datasets, and whether there was one on metrics."""
    match condition:
        case Measured(metric, operator, value):
            return Some(tuple(Measured(scoped(str(metric), *each), operator, value) for each in scopes)), True
        case Not(inner):
            found, is_on_metrics = _narrowed(inner, scopes)
            return Not(found), is_on_metrics
        case Every(conditions) | Some(conditions):
            parts = [_narrowed(each, scopes) for each in conditions]
            return type(condition)(tuple(part for part, _ in parts)), any(is_on for _, is_on in parts)
        case _:
            return condition, False


def _sort(asked: _OrderBy) -> Sort:
    entity, dot, key = asked.field_name.partition(".")
    if dot and entity == "metrics":
        return Sort(Known("metric", scoped(key, asked.dataset_name, asked.dataset_digest)), asked.ascending)
    direction = "ASC" if asked.ascending else "DESC"
    try:
        return parse_order([f"{asked.field_name} {direction}"], "logged models")[0]
    except Invalid as error:
        raise Invalid(f"Invalid order by field name: {asked.field_name}. {error.message}", hint=error.hint) from None


def shown(found: LoggedModelAnswer) -> LoggedModel:
    """Return a logged model as MLflow writes it."""
    return LoggedModel(
        _Info(
            model_id=found.id,
            experiment_id=str(found.experiment),
            name=found.name,
            creation_timestamp_ms=found.created_at,
            last_updated_timestamp_ms=found.updated_at,
            artifact_uri=model_root(found),
            status=_SHOWN[found.status],
            model_type=found.model_type,
            source_run_id=ids.shown_run(found.run) if found.run else None,
            tags=[Tag(key, value) for key, value in found.tags.items()],
        ),
        _Data(
            [Tag(key, value) for key, value in found.params.items()],
            [_metric(found.id, each) for each in found.metrics],
        ),
    )


def _metric(model: str, found: ModelMetric) -> _Metric:
    return _Metric(
        key=found.key,
        # An infinity is the largest number there is to MLflow's clients; NaN has its word.
        value=LARGEST.get(found.value, found.value) if isinstance(found.value, str) else found.value,
        timestamp=found.timestamp,
        step=found.step,
        dataset_name=found.dataset_name,
        dataset_digest=found.dataset_digest,
        model_id=model,
        run_id=hexadecimal(found.run),
    )


ENDPOINTS = (
    Endpoint("POST", "/2.0/mlflow/logged-models", _Create, _create, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/logged-models/search", _Search, _search),
    Endpoint("GET", "/2.0/mlflow/logged-models/{model_id}", _ById, _get),
    Endpoint("PATCH", "/2.0/mlflow/logged-models/{model_id}", _Finalize, _finalize, is_quick=True),
    Endpoint("DELETE", "/2.0/mlflow/logged-models/{model_id}", _ById, _delete, is_quick=True),
    Endpoint("PATCH", "/2.0/mlflow/logged-models/{model_id}/tags", _Tags, _set_tags, is_quick=True),
    Endpoint("DELETE", "/2.0/mlflow/logged-models/{model_id}/tags/{tag_key}", _Untag, _delete_tag, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/logged-models/{model_id}/params", _Params, _log_params, is_quick=True),
)
