"""MLflow's endpoints of registered models, and of the aliases that point at their versions."""

from __future__ import annotations

import msgspec

from lineal import operations as o
from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid
from lineal.operations.answers.registry import RegisteredModel
from lineal.protocols.mlflow import limits
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.experiments import NOTHING, Nothing, Tag
from lineal.protocols.mlflow.filters import parse_model_filter, parse_order
from lineal.protocols.mlflow.model_versions import ModelVersion, number_of, shown_version, stage_of
from lineal.protocols.mlflow.subjects import SUBJECTS
from lineal.protocols.mlflow.wire import lacking
from lineal.query.wanted import Wanted

RESULTS_MAX = 1_000


class Alias(msgspec.Struct):
    """An alias, and the version that it points at."""

    alias: str
    version: str


class Model(msgspec.Struct, omit_defaults=True):
    """A registered model as MLflow writes it."""

    name: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str = ""
    latest_versions: list[ModelVersion] = []
    tags: list[Tag] = []
    aliases: list[Alias] = []


class _Shown(msgspec.Struct):
    registered_model: Model


class _ShownVersion(msgspec.Struct):
    model_version: ModelVersion


class _Models(msgspec.Struct, omit_defaults=True):
    registered_models: list[Model] = []
    next_page_token: str = ""


class _Versions(msgspec.Struct, omit_defaults=True):
    model_versions: list[ModelVersion] = []


class _Create(msgspec.Struct):
    name: str
    tags: list[Tag] = []
    description: str = ""


class _Named(msgspec.Struct):
    name: str


class _Update(msgspec.Struct):
    name: str
    description: str = ""


class _Rename(msgspec.Struct):
    name: str
    new_name: str


class _Search(msgspec.Struct):
    filter: str = ""
    max_results: int = 100
    order_by: list[str] = []
    page_token: str = ""


class _Latest(msgspec.Struct):
    name: str
    stages: list[str] = []


class _SetTag(msgspec.Struct):
    name: str
    key: str
    value: str = ""


class _DeleteTag(msgspec.Struct):
    name: str
    key: str


class _SetAlias(msgspec.Struct):
    name: str
    alias: str
    version: str | int


class _AliasOf(msgspec.Struct):
    name: str
    alias: str


def _create(repository: LocalRepository, asked: _Create) -> _Shown:
    limits.check_model_name(asked.name)
    tags = {each.key: limits.checked_registry_tag(each.key, each.value) for each in asked.tags}
    return _Shown(_shown(o.registered_models.create(repository, asked.name, description=asked.description, tags=tags)))


def _get(repository: LocalRepository, asked: _Named) -> _Shown:
    return _Shown(_shown(o.registry.model(repository, _name(asked.name))))


def _update(repository: LocalRepository, asked: _Update) -> _Shown:
    return _Shown(_shown(o.registered_models.update(repository, _name(asked.name), description=asked.description)))


def _rename(repository: LocalRepository, asked: _Rename) -> _Shown:
    if not asked.new_name:
        raise lacking("new_name")
    limits.check_model_name(asked.new_name)
    return _Shown(_shown(o.registered_models.rename(repository, _name(asked.name), asked.new_name)))


def _delete(repository: LocalRepository, asked: _Named) -> Nothing:
    o.registered_models.delete(repository, _name(asked.name))
    return NOTHING


def _search(repository: LocalRepository, asked: _Search) -> _Models:
    limits.check_results(asked.max_results, RESULTS_MAX)
    wanted = Wanted(
        SUBJECTS["registered models"].source,
        parse_model_filter(asked.filter, "registered models"),
        parse_order(asked.order_by, "registered models"),
    )
    page = o.registry.models_page(repository.store, wanted, limit=asked.max_results, page_token=asked.page_token)
    return _Models(list(map(_shown, page.found)), page.next_token)


def _latest(repository: LocalRepository, asked: _Latest) -> _Versions:
    stages = tuple(dict.fromkeys(map(stage_of, asked.stages)))
    return _Versions(list(map(shown_version, o.registry.latest(repository, _name(asked.name), stages=stages))))


def _set_tag(repository: LocalRepository, asked: _SetTag) -> Nothing:
    value = limits.checked_registry_tag(asked.key, asked.value)
    o.registered_models.update(repository, _name(asked.name), tags={asked.key: value})
    return NOTHING


def _delete_tag(repository: LocalRepository, asked: _DeleteTag) -> Nothing:
    o.registered_models.update(repository, _name(asked.name), untag=(asked.key,))
    return NOTHING


def _set_alias(repository: LocalRepository, asked: _SetAlias) -> Nothing:
    limits.check_alias(asked.alias)
    o.registered_versions.alias(repository, _name(asked.name), number_of(asked.version), alias=asked.alias)
    return NOTHING


def _get_by_alias(repository: LocalRepository, asked: _AliasOf) -> _ShownVersion:
    if not asked.alias:
        raise lacking("alias")
    return _ShownVersion(shown_version(o.registry.version(repository, _name(asked.name), alias=asked.alias)))


def _delete_alias(repository: LocalRepository, asked: _AliasOf) -> Nothing:
    o.registered_versions.unalias(repository, _name(asked.name), alias=asked.alias)
    return NOTHING


def _name(name: str) -> str:
    if not name:
        raise Invalid("Registered model name cannot be empty.")
    return name


def _shown(found: RegisteredModel) -> Model:
    return Model(
        name=found.name,
        creation_timestamp=found.created_at,
        last_updated_timestamp=found.updated_at,
        description=found.description,
        latest_versions=[shown_version(each, aliases=False) for each in found.latest],
        tags=[Tag(key, value) for key, value in found.tags.items()],
        aliases=[Alias(alias, str(number)) for alias, number in found.aliases.items()],
    )


_AT = "/2.0/mlflow/registered-models"

ENDPOINTS = (
    Endpoint("POST", f"{_AT}/create", _Create, _create),
    Endpoint("GET", f"{_AT}/get", _Named, _get),
    Endpoint("PATCH", f"{_AT}/update", _Update, _update),
    Endpoint("POST", f"{_AT}/rename", _Rename, _rename),
    Endpoint("DELETE", f"{_AT}/delete", _Named, _delete),
    Endpoint("GET", f"{_AT}/search", _Search, _search),
    Endpoint("GET", f"{_AT}/get-latest-versions", _Latest, _latest),
    Endpoint("POST", f"{_AT}/get-latest-versions", _Latest, _latest),
    Endpoint("POST", f"{_AT}/set-tag", _SetTag, _set_tag),
    Endpoint("DELETE", f"{_AT}/delete-tag", _DeleteTag, _delete_tag),
    Endpoint("POST", f"{_AT}/alias", _SetAlias, _set_alias),
    Endpoint("GET", f"{_AT}/alias", _AliasOf, _get_by_alias),
    Endpoint("DELETE", f"{_AT}/alias", _AliasOf, _delete_alias),
)
