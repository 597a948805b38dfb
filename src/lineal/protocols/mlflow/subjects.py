"""What MLflow's searches search: which keys each of them knows, and where those stand in our tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from lineal.query.fields import EXPERIMENT, Field
from lineal.query.sources import EXPERIMENTS, RUNS_INDEXED, RUNS_WITHIN, STATE, Source
from lineal.query.syntax import Among, Condition, Some, Sort

SubjectName = Literal["runs", "experiments", "registered models", "model versions", "logged models"]
Entity = Literal["attribute", "metric", "param", "tag", "dataset"]


STATUS_OF = {
    "scheduled": "SCHEDULED",
    "running": "RUNNING",
    "finished": "FINISHED",
    "failed": "FAILED",
    "killed": "KILLED",
    "lost": "FAILED",
}
"""What MLflow calls each state of a run; it has no word for one that nobody heard of any more."""

_STATUS = " ".join(["CASE r.state", *(f"WHEN '{ours}' THEN '{theirs}'" for ours, theirs in STATUS_OF.items()), "END"])


def with_status(words: Collection[str]) -> Condition:
    """Return that a run has one of those words of MLflow's as its status."""
    states = tuple(ours for ours, theirs in STATUS_OF.items() if theirs in words)
    return Among(STATE, states) if states else Some(())


class Subject(msgspec.Struct, frozen=True):
    """What one of MLflow's searches searches.

    Args:
        name: what it is called.
        entities: what stands before the dot of a key, and what it means.
        attributes: its own fields by each of their names.
        source: where its rows are.
        ordered: what its rows can be put in order by besides attributes.
        has_prompts: whether some of its rows are prompts, which have a tag.
        order: fields that only an order takes, or takes in another way.
    """

    name: SubjectName
    entities: dict[str, Entity]
    attributes: dict[str, Field]
    source: Source
    ordered: tuple[Entity, ...] = ()
    has_prompts: bool = False
    order: dict[str, Field] = {}


def _text(name: str, column: str, *, is_nullable: bool = False) -> Field:
    return Field(name, "text", (column,), is_nullable=is_nullable)


def _number(name: str, column: str, *, is_nullable: bool = False) -> Field:
    return Field(name, "number", (column,), is_nullable=is_nullable)


def _named(*table: tuple[Field, tuple[str, ...]]) -> dict[str, Field]:
    return {name: field for field, others in table for name in (field.name, *others)}


_ATTRIBUTE: dict[str, Entity] = dict.fromkeys(("attribute", "attributes", "attr"), "attribute")
_METRIC: dict[str, Entity] = dict.fromkeys(("metric", "metrics"), "metric")
_PARAM: dict[str, Entity] = dict.fromkeys(("param", "params", "parameter", "parameters"), "param")
_TAG: dict[str, Entity] = dict.fromkeys(("tag", "tags"), "tag")
_DATASET: dict[str, Entity] = dict.fromkeys(("dataset", "datasets"), "dataset")
_OF_RUN: dict[str, Entity] = {"run": "attribute"}

_RUN_ID, _STARTED = _text("run_id", "r.id"), _number("start_time", "r.started_at")
_MODEL, _MODEL_CREATED = _text("name", "m.name"), _number("creation_timestamp", "m.created_at")
_VERSION_NAME, _VERSION_NUMBER = _text("name", "v.model"), _number("version_number", "v.number")
_VERSION_CREATED = _number("creation_timestamp", "v.created_at")
_VERSION_UPDATED = _number("last_updated_timestamp", "v.updated_at")
_LOGGED_ID, _LOGGED_CREATED = _text("model_id", "l.id"), _number("creation_timestamp", "l.created_at")

_RUNS = Subject(
    "runs",
    {**_ATTRIBUTE, **_OF_RUN, **_METRIC, **_PARAM, **_TAG, **_DATASET},
    _named(
        (_RUN_ID, ()),
        (_text("run_name", "r.name"), ("run name", "Run name", "Run Name")),
        (_text("status", _STATUS), ()),
        (_text("user_id", "r.started_by"), ()),
        (_text("artifact_uri", "r.artifact_location"), ()),
        (_STARTED, ("created", "Created")),
        (_number("end_time", "r.ended_at", is_nullable=True), ()),
    ),
    Source(
        "runs",
        "run r",
        "r.id",
        order=(),
        ties=(Sort(_STARTED, ascending=False), Sort(_RUN_ID, ascending=True)),
        active="r.deleted_at IS NULL",
        deleted="r.deleted_at IS NOT NULL",
        experiment="r.experiment",
        walked="r.started_at",
        within=RUNS_WITHIN,
        indexed=RUNS_INDEXED,
        worded={_STATUS: tuple((each, with_status((each,))) for each in sorted(set(STATUS_OF.values())))},
        is_found_by_subject=True,
    ),
    ordered=("metric", "param", "tag"),
)
_EXPERIMENTS = Subject(
    "experiments",
    {**_ATTRIBUTE, **_TAG},
    _named(
        (_text("name", "e.name"), ()),
        # A text to be compared with, as MLflow's numbers of experiments are; a number to put in order by.
        (_text("experiment_id", "CAST(e.number AS TEXT)"), ()),
        (_number("creation_time", "e.created_at"), ()),
        (_number("last_update_time", "e.updated_at"), ()),
    ),
    EXPERIMENTS,
    order={"experiment_id": EXPERIMENT["number"]},
)
_REGISTERED_MODELS = Subject(
    "registered models",
    {**_ATTRIBUTE, **_TAG},
    _named(
        (_MODEL, ()),
        (_MODEL_CREATED, ()),
        (_number("last_updated_timestamp", "m.updated_at"), ("timestamp",)),
    ),
    Source(
        "registered models",
        "model m",
        "'model:' || m.name",
        order=(),
        ties=(Sort(_MODEL, ascending=True),),
        active="m.deleted_at IS NULL",
        deleted="m.deleted_at IS NOT NULL",
    ),
    has_prompts=True,
)
_MODEL_VERSIONS = Subject(
    "model versions",
    {**_ATTRIBUTE, **_TAG},
    _named(
        (_VERSION_NAME, ()),
        (_VERSION_NUMBER, ("version",)),
        (_text("run_id", "v.run", is_nullable=True), ()),
        (_text("source_path", "v.source"), ()),
        (_VERSION_CREATED, ()),
        (_VERSION_UPDATED, ()),
    ),
    Source(
        "model versions",
        "version v",
        "v.subject",
        order=(Sort(_VERSION_UPDATED, ascending=False),),
        ties=(Sort(_VERSION_NAME, ascending=True), Sort(_VERSION_NUMBER, ascending=False)),
        active="v.deleted_at IS NULL",
        deleted="v.deleted_at IS NOT NULL",
        walked="v.updated_at",
        within=_VERSION_NAME.columns,
        walked_within=("v.number",),
        is_found_by_subject=True,
    ),
    has_prompts=True,
)
_LOGGED_MODELS = Subject(
    "logged models",
    {**_ATTRIBUTE, **_METRIC, **_PARAM, **_TAG},
    _named(
        (_text("name", "l.name"), ()),
        (_LOGGED_ID, ()),
        (_text("model_type", "l.model_type"), ()),
        (_text("status", "l.status"), ()),
        (_text("source_run_id", "l.run", is_nullable=True), ()),
        (_LOGGED_CREATED, ("creation_time",)),
        (_number("last_updated_timestamp", "l.updated_at"), ("last_updated_time",)),
    ),
    Source(
        "logged models",
        "logged_model l",
        "l.id",
        order=(),
        ties=(Sort(_LOGGED_CREATED, ascending=False), Sort(_LOGGED_ID, ascending=True)),
        active="l.deleted_at IS NULL",
        deleted="l.deleted_at IS NOT NULL",
        experiment="l.experiment",
        walked="l.created_at",
    ),
    ordered=("metric", "param", "tag"),
)

SUBJECTS: dict[SubjectName, Subject] = {
    each.name: each for each in (_RUNS, _EXPERIMENTS, _REGISTERED_MODELS, _MODEL_VERSIONS, _LOGGED_MODELS)
}
"""What can be searched, by name."""
