"""MLflow's endpoints of experiments."""

from __future__ import annotations

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid
from lineal.operations.answers.tracking import ExperimentAnswer
from lineal.operations.recording import experiments as verbs
from lineal.protocols.mlflow import ids, limits
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.wire import lacking


class Tag(msgspec.Struct):
    """A tag of anything."""

    key: str = ""
    value: str = ""


class Experiment(msgspec.Struct, omit_defaults=True):
    """An experiment as MLflow writes it."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    last_update_time: int
    creation_time: int
    tags: list[Tag] = []
    workspace: str = ""


class _Create(msgspec.Struct):
    name: str
    artifact_location: str = ""
    tags: list[Tag] = []


class _Created(msgspec.Struct):
    experiment_id: str


class _ById(msgspec.Struct):
    experiment_id: str


class _ByName(msgspec.Struct):
    experiment_name: str


class _Update(msgspec.Struct):
    experiment_id: str
    new_name: str = ""


class _SetTag(msgspec.Struct):
    experiment_id: str
    key: str
    value: str = ""


class _DeleteTag(msgspec.Struct):
    experiment_id: str
    key: str


class _Shown(msgspec.Struct):
    experiment: Experiment


class Nothing(msgspec.Struct, frozen=True):
    """The answer that says nothing."""


NOTHING = Nothing()


def _create(repository: LocalRepository, asked: _Create) -> _Created:
    _check_name(asked.name)
    for tag in asked.tags:
        _check_tag(tag.key, tag.value)
    made = verbs.create(
        repository,
        asked.name,
        artifact_location=asked.artifact_location.rstrip("/"),
        tags={each.key: each.value for each in asked.tags},
    )
    return _Created(str(made.number))


def _get(repository: LocalRepository, asked: _ById) -> _Shown:
    return _Shown(shown(verbs.shown(repository, number=ids.experiment(asked.experiment_id))))


def _get_by_name(repository: LocalRepository, asked: _ByName) -> _Shown:
    if not asked.experiment_name:
        raise lacking("experiment_name")
    return _Shown(shown(verbs.shown(repository, name=asked.experiment_name)))


def _update(repository: LocalRepository, asked: _Update) -> Nothing:
    if asked.new_name:
        _check_name(asked.new_name)
    verbs.update(repository, ids.experiment(asked.experiment_id), name=asked.new_name)
    return NOTHING


def _delete(repository: LocalRepository, asked: _ById) -> Nothing:
    verbs.delete(repository, ids.experiment(asked.experiment_id))
    return NOTHING


def _restore(repository: LocalRepository, asked: _ById) -> Nothing:
    verbs.restore(repository, ids.experiment(asked.experiment_id))
    return NOTHING


def _set_tag(repository: LocalRepository, asked: _SetTag) -> Nothing:
    _check_tag(asked.key, asked.value)
    verbs.update(repository, ids.experiment(asked.experiment_id), tags={asked.key: asked.value})
    return NOTHING


def _delete_tag(repository: LocalRepository, asked: _DeleteTag) -> Nothing:
    verbs.update(repository, ids.experiment(asked.experiment_id), untag=(asked.key,))
    return NOTHING


def shown(found: ExperimentAnswer) -> Experiment:
    """Return an experiment as MLflow writes it."""
    return Experiment(
        experiment_id=str(found.number),
        name=found.name,
        artifact_location=found.artifact_location or f"mlflow-artifacts:/{found.number}",
        lifecycle_stage=found.state,
        last_update_time=found.updated_at,
        creation_time=found.created_at,
        tags=[Tag(key, value) for key, value in found.tags.items()],
        workspace="default",
    )


def _check_name(name: str) -> None:
    if not name:
        raise Invalid("Invalid value \"\" for parameter 'name' supplied: experiment name must not be empty.")
    if len(name) > limits.EXPERIMENT_CHARACTERS_MAX:
        raise Invalid(f"'name' exceeds the maximum length of {limits.EXPERIMENT_CHARACTERS_MAX} characters")


def _check_tag(key: str, value: str) -> None:
    limits.check_key(key, "tag")
    if len(value) > limits.EXPERIMENT_TAG_CHARACTERS_MAX:
        most = limits.EXPERIMENT_TAG_CHARACTERS_MAX
        raise Invalid(f"'value' exceeds the maximum length of {most} characters: the tag {key!r} has {len(value)}")


ENDPOINTS = (
    Endpoint("POST", "/2.0/mlflow/experiments/create", _Create, _create),
    Endpoint("GET", "/2.0/mlflow/experiments/get", _ById, _get, is_quick=True),
    Endpoint("GET", "/2.0/mlflow/experiments/get-by-name", _ByName, _get_by_name, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/experiments/update", _Update, _update),
    Endpoint("POST", "/2.0/mlflow/experiments/delete", _ById, _delete),
    Endpoint("POST", "/2.0/mlflow/experiments/restore", _ById, _restore),
    Endpoint("POST", "/2.0/mlflow/experiments/set-experiment-tag", _SetTag, _set_tag),
    Endpoint("POST", "/2.0/mlflow/experiments/delete-experiment-tag", _DeleteTag, _delete_tag),
)
