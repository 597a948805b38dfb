"""Verbs by which MLflow's registry comes here: versions with the numbers that they have there, then their models.

A version that comes is a version like every other: its files are sealed, its run is kept as it is known, its semantic
version follows from what differs.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from lineal.formats.mlflow.records import ModelRecord, VersionRecord
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, NotFound
from lineal.objects.ulid import is_hexadecimal, ulid_of
from lineal.operations.answers.registry import RegisteredVersion
from lineal.operations.migration.imports import note
from lineal.operations.migration.tracking_imports import SYSTEM
from lineal.operations.operation import operation
from lineal.operations.recording import artifacts
from lineal.operations.recording.summaries import write_tags
from lineal.operations.references import NO_STAGE, STAGES, Row, subject_of
from lineal.operations.versioning import bumps, registration, sealing
from lineal.operations.versioning.promotions import set_alias
from lineal.operations.versioning.registered_models import subject
from lineal.operations.versioning.registered_versions import sealed
from lineal.operations.versioning.registry import show_version
from lineal.operations.versioning.weights import Weights, resolve
from lineal.storage.made_with import note_stage
from lineal.storage.store import Store


class ComingVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that comes.

    ``place`` is where its files are here, as a program would say it: ``runs:/…`` or ``models:/…``; ``tree`` holds them where
    they are of no run; both are empty for files that could not be had. ``state`` is what it is like there.
    """

    version: VersionRecord
    place: str = ""
    tree: Digest | None = None
    state: str = ""


def _store_tree(store: Store, version: ComingVersion) -> None:
    """Store the nodes of a large tree before the transaction, which then finds them."""
    weights = _weights(store, version)
    if weights.subject:
        with suppress(NotFound):  # nothing is there
            artifacts.tree_of(store, weights.subject, weights.under)


@operation("import numbered", effect="writes", role="admin", internal=True, prepare=_store_tree)
def numbered(store: Store, version: ComingVersion) -> RegisteredVersion:
    """Keep a version of a model with the number, the stage and the times that it has there; no gate is asked.

    One that came before gets the description, the tags and the stage that it has there now.

    Args:
        version: what comes.

    Raises:
        Conflict: another version has this number here.
        NotFound: there is no such run or logged model.
    """
    told = version.version
    item = f"version:{told.model}/{told.number}"
    rows = store.database.run(
        "SELECT * FROM version WHERE model = :name AND number = :number", name=told.model, number=told.number
    )
    if rows and not (_is_known(store, item) and rows[0]["created_at"] == told.created_at):
        raise Conflict(
            f"version {told.number} of {told.model} is another one here", hint="rename the model here or there"
        )
    row = rows[0] if rows else _place(store, version)
    if rows:
        write_tags(store.database, subject_of(row), told.tags)
    row = store.database.run(
        "UPDATE version SET description = :description, stage = :stage, status = :status, status_message = :message,"
        " updated_at = :at, revision = revision + 1 WHERE model = :name AND number = :number RETURNING *",
        name=told.model,
        number=told.number,
        description=told.description,
        stage=told.stage,
        status=told.status,
        message=told.status_message,
        at=told.updated_at or told.created_at,
    )[0]
    shown = show_version(store, row)
    note(store, SYSTEM, item, shown.reference, state=version.state)
    return shown


def _is_known(store: Store, item: str) -> bool:
    found = store.database.run(
        "SELECT 1 FROM imported WHERE system = :system AND item = :item", system=SYSTEM, item=item
    )
    return bool(found)


def _place(store: Store, version: ComingVersion) -> Row:
    told, weights = version.version, _weights(store, version)
    label = registration.Label(
        stage=told.stage,
        by=told.user,
        at=told.created_at,
        description=told.description,
        source=told.source,
        location=weights.location,
        run=weights.run,
        run_link=told.run_link,
        logged_model=weights.logged_model,
        tags=told.tags,
        number=told.number,
    )
    value = sealed(store, weights, version.tree)
    row = registration.place(
        store, told.model, lambda _: value, lambda before, it: bumps.derived(store, before, it), label
    )
    sealing.copy_numbers(store, weights.run, row["digest"])
    return row


def _weights(store: Store, version: ComingVersion) -> Weights:
    told = version.version
    if version.place:
        return resolve(store, version.place, run="", logged_model="")
    # Where nothing is ours, programs go on looking where it is; a tree has a place by its version.
    run = ulid_of(told.run) if is_hexadecimal(told.run) else told.run
    return Weights("" if version.tree else told.place or told.source, run=run, logged_model=told.logged_model)


@operation("import registered", effect="writes", role="admin", internal=True)
def registered(store: Store, model: ModelRecord, *, state: str = "") -> None:
    """Keep a registered model whose versions are here: its description, tags, aliases and times.

    Args:
        model: what comes.
        state: what it is like there.
    """
    store.database.run(
        "INSERT INTO model (name, last_number, created_by, created_at, updated_at, description)"
        " VALUES (:name, 0, :by, :created_at, :at, :description) ON CONFLICT (name) DO UPDATE SET deleted_at = NULL,"
        " renamed_to = '', description = excluded.description, created_at = CASE WHEN model.created_at <"
        " excluded.created_at THEN model.created_at ELSE excluded.created_at END, updated_at = excluded.updated_at",
        name=model.name,
        by=store.actor.name,
        created_at=model.created_at,
        at=model.updated_at or model.created_at,
        description=model.description,
    )
    write_tags(store.database, subject(model.name), model.tags)
    for alias, number in sorted(model.aliases.items()):
        _point(store, model.name, alias, number)
    note(store, SYSTEM, f"model:{model.name}", model.name, state=state)


def _point(store: Store, name: str, alias: str, number: int) -> None:
    rows = store.database.run(
        "SELECT v.*, a.number AS pointed FROM version v LEFT JOIN alias a ON a.model = v.model AND a.alias = :alias"
        " WHERE v.model = :name AND v.number = :number",
        name=name,
        number=number,
        alias=alias,
    )
    if not rows or rows[0]["pointed"] == number:
        return
    set_alias(store, rows[0], alias)
    if (stage := alias.lower()) in STAGES and rows[0]["stage"] == NO_STAGE:
        # As for programs that point such an alias: it is the stage.
        moved = store.database.run(
            "UPDATE version SET stage = :stage, revision = revision + 1 WHERE model = :name AND number = :number RETURNING *",
            name=name,
            number=number,
            stage=stage,
        )
        note_stage(store.database, moved[0], moved[0]["updated_at"])
