"""MLflow's endpoints of model versions."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from lineal import operations as o
from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, NotFound
from lineal.operations.answers.registry import RegisteredVersion
from lineal.operations.messages.outbox import STAGE_NAMES, run_shown
from lineal.operations.recording import logged_models
from lineal.protocols.mlflow import ids, limits
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.experiments import NOTHING, Nothing, Tag
from lineal.protocols.mlflow.filters import parse_model_filter, parse_order
from lineal.protocols.mlflow.subjects import SUBJECTS
from lineal.protocols.mlflow.wire import lacking
from lineal.query.wanted import Wanted

if TYPE_CHECKING:
    from lineal.operations.versioning.registered_versions import Stage

RESULTS_MAX = 200_000

_STAGES: dict[str, Stage] = {
    "none": "none",
    "staging": "staging",
    "production": "production",
    "archived": "archived",
}
_ACTIVE = ("staging", "production")
_STATUSES = {"ready": "READY", "pending": "PENDING_REGISTRATION", "failed": "FAILED_REGISTRATION"}
_VERSIONS_TAG = "mlflow.modelVersions"
_NUMBER = re.compile(r"[0-9]{1,18}")


class ModelVersion(msgspec.Struct, omit_defaults=True):
    """A version of a registered model as MLflow writes it."""

    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int
    current_stage: str
    description: str
    source: str
    run_id: str
    status: str
    run_link: str
    status_message: str = ""
    tags: list[Tag] = []
    aliases: list[str] = []


class _Shown(msgspec.Struct):
    model_version: ModelVersion


class _Versions(msgspec.Struct, omit_defaults=True):
    model_versions: list[ModelVersion] = []
    next_page_token: str = ""


class _Place(msgspec.Struct):
    artifact_uri: str


class _Create(msgspec.Struct):
    name: str
    source: str
    run_id: str = ""
    tags: list[Tag] = []
    run_link: str = ""
    description: str = ""
    model_id: str = ""


class _Numbered(msgspec.Struct):
    name: str
    version: str | int


class _Update(_Numbered):
    description: str = ""


class _SetTag(msgspec.Struct):
    name: str
    version: str | int
    key: str
    value: str = ""


class _DeleteTag(msgspec.Struct):
    name: str
    version: str | int
    key: str


class _Transition(msgspec.Struct):
    name: str
    version: str | int
    stage: str
    archive_existing_versions: bool = False


class _Search(msgspec.Struct):
    filter: str = ""
    max_results: int = RESULTS_MAX
    order_by: list[str] = []
    page_token: str = ""


def _create(repository: LocalRepository, asked: _Create) -> _Shown:
    if not asked.source:
        raise lacking("source")
    new = o.registered_versions.NewVersion(
        source=asked.source,
        run=ids.foreign_run(asked.run_id),
        logged_model=asked.model_id,
        run_link=asked.run_link,
        description=asked.description,
        tags={each.key: limits.checked_registry_tag(each.key, each.value) for each in asked.tags},
    )
    made = o.registered_versions.create(repository, asked.name, new)
    if made.logged_model:
        _note(repository, made)
    return _Shown(shown_version(made))


def _note(repository: LocalRepository, made: RegisteredVersion) -> None:
    """Have a logged model say which versions are made of it, in the tag where MLflow's clients look for that."""
    with suppress(NotFound):  # it was on another server
        known = logged_models.show(repository, made.logged_model).tags.get(_VERSIONS_TAG, "[]")
        listed = [*json.loads(known), {"name": made.model, "version": made.number}]
        logged_models.record(repository, made.logged_model, tags={_VERSIONS_TAG: json.dumps(listed)})


def _get(repository: LocalRepository, asked: _Numbered) -> _Shown:
    return _Shown(shown_version(o.registry.version(repository, asked.name, number=number_of(asked.version))))


def _update(repository: LocalRepository, asked: _Update) -> _Shown:
    found = o.registered_versions.update(
        repository, asked.name, number_of(asked.version), description=asked.description
    )
    return _Shown(shown_version(found))


def _delete(repository: LocalRepository, asked: _Numbered) -> Nothing:
    o.registered_versions.delete(repository, asked.name, number_of(asked.version))
    return NOTHING


def _search(repository: LocalRepository, asked: _Search) -> _Versions:
    limits.check_results(asked.max_results, RESULTS_MAX)
    wanted = Wanted(
        SUBJECTS["model versions"].source,
        parse_model_filter(asked.filter, "model versions"),
        parse_order(asked.order_by, "model versions"),
    )
    page = o.registry.versions_page(repository.store, wanted, limit=asked.max_results, page_token=asked.page_token)
    return _Versions([shown_version(each, aliases=False) for each in page.found], page.next_token)


def _download_uri(repository: LocalRepository, asked: _Numbered) -> _Place:
    return _Place(o.registry.version(repository, asked.name, number=number_of(asked.version)).location)


def _set_tag(repository: LocalRepository, asked: _SetTag) -> Nothing:
    tags = {asked.key: limits.checked_registry_tag(asked.key, asked.value)}
    o.registered_versions.update(repository, asked.name, number_of(asked.version), tags=tags)
    return NOTHING


def _delete_tag(repository: LocalRepository, asked: _DeleteTag) -> Nothing:
    o.registered_versions.update(repository, asked.name, number_of(asked.version), untag=(asked.key,))
    return NOTHING


def _transition(repository: LocalRepository, asked: _Transition) -> _Shown:
    stage = stage_of(asked.stage)
    if asked.archive_existing_versions and stage not in _ACTIVE:
        raise Invalid(
            "Model version transition cannot archive existing model versions because"
            f" '{STAGE_NAMES[stage]}' is not an Active stage. Valid stages are Staging, Production"
        )
    found = o.registered_versions.transition(
        repository,
        asked.name,
        number_of(asked.version),
        to=stage,
        archive_others=asked.archive_existing_versions,
    )
    return _Shown(shown_version(found))


def number_of(text: str | int) -> int:
    """Return the number of a version. Raises Invalid."""
    if isinstance(text, int):
        return text
    if not text:
        raise lacking("version")
    if not _NUMBER.fullmatch(text):
        raise Invalid(f"Parameter 'version' must be an integer, got '{text}'.")
    return int(text)


def stage_of(name: str) -> Stage:
    """Return the stage that MLflow's programs call so. Raises Invalid."""
    if name.lower() not in _STAGES:
        raise Invalid(
            f"Invalid Model Version stage: {name}. Value must be one of {', '.join(STAGE_NAMES.values())}.",
        )
    return _STAGES[name.lower()]


def shown_version(found: RegisteredVersion, *, aliases: bool = True) -> ModelVersion:
    """Return a version as MLflow writes it: where many are shown, without their aliases."""
    return ModelVersion(
        name=found.model,
        version=str(found.number),
        creation_timestamp=found.created_at,
        last_updated_timestamp=found.updated_at,
        current_stage=STAGE_NAMES[found.stage],
        description=found.description,
        source=found.source,
        run_id=run_shown(found.run),
        status=_STATUSES[found.status],
        run_link=found.run_link,
        status_message=found.status_message,
        tags=[Tag(key, value) for key, value in found.tags.items()],
        aliases=list(found.aliases) if aliases else [],
    )


_AT = "/2.0/mlflow/model-versions"

ENDPOINTS = (
    Endpoint("POST", f"{_AT}/create", _Create, _create),
    Endpoint("GET", f"{_AT}/get", _Numbered, _get),
    Endpoint("PATCH", f"{_AT}/update", _Update, _update),
    Endpoint("DELETE", f"{_AT}/delete", _Numbered, _delete),
    Endpoint("GET", f"{_AT}/search", _Search, _search),
    Endpoint("GET", f"{_AT}/get-download-uri", _Numbered, _download_uri),
    Endpoint("POST", f"{_AT}/set-tag", _SetTag, _set_tag),
    Endpoint("DELETE", f"{_AT}/delete-tag", _DeleteTag, _delete_tag),
    Endpoint("POST", f"{_AT}/transition-stage", _Transition, _transition),
)
