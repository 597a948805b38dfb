"""Verbs of logged models: what a program calls a model before anybody registers it. A place for files, and facts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from lineal.objects.errors import Exists, Invalid, NotFound
from lineal.operations.answers.tracking import LoggedModelAnswer
from lineal.operations.operation import operation
from lineal.operations.people.sight import narrowed
from lineal.operations.recording import model_metrics
from lineal.operations.recording.artifacts import LOGGED, seal
from lineal.operations.recording.experiments import DEFAULT, active
from lineal.operations.recording.model_metrics import missing_model
from lineal.operations.recording.summaries import remove_tag, write_params, write_tags
from lineal.operations.references import Row, keep_production
from lineal.query.pages import read_page
from lineal.query.wanted import Wanted
from lineal.storage.store import Store

Status = Literal["PENDING", "READY", "FAILED", "UNSPECIFIED"]

_ID = re.compile(r"m-[0-9a-f]{32}")


class NewModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that begins to be logged.

    ``id`` is ``m-`` and 32 hexadecimal digits that nobody has used; ``run`` is the id of that which makes it.
    """

    id: str
    name: str
    experiment: int = DEFAULT
    model_type: str = ""
    run: str | None = None
    params: dict[str, str] = {}
    tags: dict[str, str] = {}


@operation("logged create", effect="shares", internal=True, about={"model": "new"})
def create(store: Store, model: NewModel) -> LoggedModelAnswer:
    """Begin to log a model.

    Args:
        model: what is known of it.

    Raises:
        NotFound: there is no such experiment.
        Invalid: the id is none, or the experiment was deleted.
        Exists: the id is taken.
    """
    check_id(model.id)
    experiment = active(store, model.experiment)
    made = store.database.run(
        "INSERT INTO logged_model"
        " (id, experiment, name, model_type, status, run, artifact_location, created_by, created_at, updated_at)"
        " VALUES (:id, :experiment, :name, :kind, 'PENDING', :run, :place, :by, :at, :at)"
        " ON CONFLICT (id) DO NOTHING RETURNING id",
        id=model.id,
        experiment=model.experiment,
        name=model.name,
        kind=model.model_type,
        run=model.run,
        place=experiment["artifact_location"],
        by=store.actor.name,
        at=store.clock.now(),
    )
    if not made:
        raise Exists(f"the logged model {model.id} exists already", hint="choose another id")
    write_params(store.database, model.id, model.params)
    write_tags(store.database, model.id, model.tags)
    return shown(store, model.id)


def check_id(text: str) -> None:
    """Refuse what is no id of a logged model. Raises Invalid."""
    if not _ID.fullmatch(text):
        raise Invalid(f"{text!r} is no id of a logged model", hint="it is m- and 32 hexadecimal digits")


@operation("logged show", effect="reads", internal=True, about={"model_id": "logged model"})
def show(store: Store, model_id: str) -> LoggedModelAnswer:
    """Show a logged model.

    Args:
        model_id: which.

    Raises:
        NotFound: there is none.
    """
    return shown(store, model_id)


@operation("logged finish", effect="writes", internal=True, about={"model_id": "logged model"})
def finish(store: Store, model_id: str, *, status: Status) -> LoggedModelAnswer:
    """Say how the logging of a model ended. Once it is ready, its files stay as they are for ever.

    Args:
        model_id: which.
        status: how it ended.

    Raises:
        NotFound: there is none.
    """
    _change(store, model_id, status=status)
    if status == "READY":
        seal(store, LOGGED + model_id)
    return shown(store, model_id)


@operation("logged delete", effect="writes", internal=True, about={"model_id": "logged model"})
def delete(store: Store, model_id: str) -> None:
    """Put a logged model out of sight.

    Args:
        model_id: which.

    Raises:
        NotFound: there is none.
        Conflict: a version that is in production was made of it.
    """
    keep_production(store, f"The logged model {model_id}", "logged_model = :model", model=model_id)
    _change(store, model_id, deleted_at=store.clock.now())


@operation("logged record", effect="records", internal=True, about={"model_id": "logged model"})
def record(
    store: Store,
    model_id: str,
    *,
    params: dict[str, str] = {},  # noqa: B006 - never changed
    tags: dict[str, str] = {},  # noqa: B006 - never changed
    untag: tuple[str, ...] = (),
) -> LoggedModelAnswer:
    """Keep what is told of a logged model: all of it, or nothing.

    Args:
        model_id: which.
        params: its parameters; each keeps its first value.
        tags: tags that it gets.
        untag: tags that it loses.

    Raises:
        NotFound: there is none, or it has no such tag.
        Invalid: a parameter has another value already.
    """
    _change(store, model_id)
    known = {row["key"]: row["value"] for row in _notes(store, "param", [model_id])[model_id]}
    for key, value in params.items():
        if known.get(key, value) != value:
            raise Invalid(
                f"Changing param values is not allowed. Param with key='{key}' was already logged with"
                f" value='{known[key]}' for model ID='{model_id}'. Attempted logging new value '{value}'.",
                hint="log another model",
            )
    write_params(store.database, model_id, params)
    write_tags(store.database, model_id, tags)
    for key in untag:
        if not remove_tag(store.database, model_id, key):
            raise NotFound(f"No tag with key {key!r} found for model with ID {model_id!r}.", hint="look at its tags")
    return shown(store, model_id)


class LoggedModels(NamedTuple):
    """A page of logged models. ``next_token`` is empty when it is the last one."""

    found: list[LoggedModelAnswer]
    next_token: str


def page(store: Store, wanted: Wanted, *, limit: int, page_token: str = "") -> LoggedModels:
    """Return a page of the logged models that are wanted. Raises Invalid for a token of another search."""
    rows, token = read_page(narrowed(store, wanted), limit=limit, page_token=page_token, ask=store.database.run)
    return LoggedModels(_lines(store, rows), token)


def shown(store: Store, model_id: str) -> LoggedModelAnswer:
    """Return what is known of a logged model. Raises NotFound."""
    rows = store.database.run("SELECT * FROM logged_model WHERE id = :id AND deleted_at IS NULL", id=model_id)
    if not rows:
        raise missing_model(model_id)
    return _lines(store, rows)[0]


def _change(store: Store, model_id: str, **columns: Any) -> None:
    """Change a row that nobody else changes until the transaction ends. Raises NotFound."""
    sets = "".join(f", {name} = :{name}" for name in columns)
    rows = store.database.run(
        f"UPDATE logged_model SET updated_at = :at{sets} WHERE id = :id AND deleted_at IS NULL RETURNING id",
        id=model_id,
        at=store.clock.now(),
        **columns,
    )
    if not rows:
        raise missing_model(model_id)


def _lines(store: Store, rows: Sequence[Row]) -> list[LoggedModelAnswer]:
    ids = [row["id"] for row in rows]
    params, tags = _notes(store, "param", ids), _notes(store, "tag", ids)
    metrics = model_metrics.read(store.database, ids)
    return [
        LoggedModelAnswer(
            id=row["id"],
            experiment=row["experiment"],
            name=row["name"],
            model_type=row["model_type"],
            status=row["status"],
            run=row["run"],
            artifact_location=row["artifact_location"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            params={each["key"]: each["value"] for each in params[row["id"]]},
            tags={each["key"]: each["value"] for each in tags[row["id"]]},
            metrics=tuple(metrics[row["id"]]),
        )
        for row in rows
    ]


def _notes(store: Store, table: Literal["param", "tag"], models: Sequence[str]) -> dict[str, list[Row]]:
    """Return the params or tags of several models, by the model, in the order of their keys."""
    found = defaultdict[str, list[Row]](list)
    if models:
        marks = ", ".join(f":m{place}" for place in range(len(models)))
        rows = store.database.run(
            f"SELECT subject, key, value FROM {table} WHERE subject IN ({marks})",
            **{f"m{place}": each for place, each in enumerate(models)},
        )
        for row in sorted(rows, key=lambda row: str(row["key"])):
            found[row["subject"]].append(row)
    return found
