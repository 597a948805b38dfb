"""Verbs that change versions in a registry, as programs ask for it: register, describe, move, point at them.

A version that is registered so is a version like every other: its files are sealed, its run is kept as it is known then,
its semantic version follows from what differs.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

import msgspec

from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.versions import Version
from lineal.operations.answers.registry import RegisteredVersion
from lineal.operations.messages import hook_runs
from lineal.operations.messages.hook_runs import Move
from lineal.operations.messages.outbox import emit, is_prompt_tagged
from lineal.operations.operation import operation
from lineal.operations.recording import artifacts
from lineal.operations.recording.summaries import remove_tag, write_tags
from lineal.operations.references import NO_STAGE, STAGES, Row, subject_of
from lineal.operations.versioning import bumps, registration, sealing
from lineal.operations.versioning.holds import check_seen
from lineal.operations.versioning.promotions import (
    PRODUCTION,
    move_stage,
    pass_gate,
    prepare_gate,
    prepare_hooks,
    set_alias,
)
from lineal.operations.versioning.protection import check_move
from lineal.operations.versioning.registered_models import touch
from lineal.operations.versioning.registry import find_model, show_version
from lineal.operations.versioning.signed_versions import sign_here
from lineal.operations.versioning.structures import structure_of_tree
from lineal.operations.versioning.weights import Weights, find, resolve
from lineal.storage.made_with import note_stage
from lineal.storage.store import Store

Stage = Literal["none", "staging", "production", "archived"]

ALIAS_CHARACTERS_MAX = 255


class NewVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that a program registers.

    ``source`` is where it says that the files are; ``run`` and ``logged_model`` are the ids of what made it, where it names
    them.
    """

    source: str
    run: str = ""
    logged_model: str = ""
    run_link: str = ""
    description: str = ""
    tags: dict[str, str] = {}


def _store_tree(store: Store, name: str, version: NewVersion) -> None:  # noqa: ARG001 - it gets what the verb gets
    """Store the nodes of a large tree and read its files before the transaction, which then finds what was found."""
    weights = _weights(store, version)
    if weights.subject:
        with suppress(NotFound):  # nothing is there yet
            files = sealing.read_files(store, artifacts.tree_of(store, weights.subject, weights.under))
            structure_of_tree(store, files.tree, files.main)


@operation(
    "version create",
    effect="writes",
    internal=True,
    prepare=_store_tree,
    about={"name": "model", "version": "read source"},
)
def create(store: Store, name: str, version: NewVersion) -> RegisteredVersion:
    """Register files as the next version of a model. It stands in no stage, and nobody can change its files any more.

    A version that is copied is the same value under another number; its files are not copied.

    Args:
        name: the model.
        version: what is registered.

    Raises:
        NotFound: there is no such model, run, logged model or version.
        Invalid: the files are not those of the run that is named, or the server should sign them and has no key.
    """
    find_model(store, name)
    weights = _weights(store, version)
    label = registration.Label(
        stage=NO_STAGE,
        description=version.description,
        source=version.source,
        location=weights.location,
        run=weights.run,
        run_link=version.run_link,
        logged_model=weights.logged_model,
        tags=version.tags,
    )
    value = _copied(store, weights.copied) if weights.copied else sealed(store, weights)
    row = registration.place(store, name, lambda _: value, lambda before, it: bumps.derived(store, before, it), label)
    sealing.copy_numbers(store, weights.run, row["digest"])
    sign_here(store, row)
    return show_version(store, row)


def _weights(store: Store, version: NewVersion) -> Weights:
    is_prompt = is_prompt_tagged(version.tags)
    return resolve(store, version.source, run=version.run, logged_model=version.logged_model, is_prompt=is_prompt)


def _copied(store: Store, row: Row) -> Version:
    return store.get_object(row["digest"], Version)


def sealed(store: Store, weights: Weights, tree: Digest | None = None) -> Version:
    """Return the version that files make, with the run that made them; from now on nobody changes either.

    Args:
        store: where.
        weights: whose files they are.
        tree: the files, where they are nobody's.
    """
    tree = tree or store.put_tree(sealing.NO_FILES)
    if weights.subject:
        with suppress(NotFound):  # nothing is there yet, and what is not there is not sealed
            tree = artifacts.tree_of(store, weights.subject, weights.under)
            artifacts.seal(store, weights.subject, weights.under)
    files = sealing.read_files(store, tree)
    rows = store.database.run("SELECT * FROM run WHERE id = :run", run=weights.run)
    made_by, run = sealing.seal_run(store, rows[0] if rows else None, files, weights.under)
    return sealing.version_of_files(store, made_by, run, files, "" if files.entries else weights.location)


@operation("version update", effect="writes", internal=True, about={"name": "model"})
def update(
    store: Store,
    name: str,
    number: int,
    *,
    description: str | None = None,
    tags: dict[str, str] = {},  # noqa: B006 - never changed
    untag: tuple[str, ...] = (),
) -> RegisteredVersion:
    """Describe a version, or give it other tags. What it is stays as it is.

    Args:
        name: the model.
        number: which version.
        description: what people should know of it, in place of what is said now.
        tags: tags that it gets.
        untag: tags that it loses.

    Raises:
        NotFound: there is none.
    """
    row = find(store, name, number)
    write_tags(store.database, subject_of(row), tags)
    told = {"name": name, "version": str(number)}
    for key, value in tags.items():
        emit(store, "model_version_tag.set", {**told, "key": key, "value": value}, row)
    for key in untag:
        if remove_tag(store.database, subject_of(row), key):
            emit(store, "model_version_tag.deleted", {**told, "key": key}, row)
    if description is not None:
        row = store.database.run(
            "UPDATE version SET description = :description, updated_at = :at WHERE model = :name AND number = :number"
            " RETURNING *",
            name=name,
            number=number,
            description=description,
            at=store.clock.now(),
        )[0]
    return show_version(store, row)


@operation("version delete", effect="writes", internal=True, about={"name": "model"})
def delete(store: Store, name: str, number: int) -> RegisteredVersion:
    """Put a version out of the sight of MLflow's programs. What it is, and its history, stays; its number is used up.

    No alias leads to it any more, and what nobody sees is archived.

    Args:
        name: the model.
        number: which version.

    Raises:
        NotFound: there is none.
        Refused: it stands in production, or somebody holds it.
    """
    row = find(store, name, number)
    if row["stage"] != "archived":
        check_move(store, row, "archived")
    check_seen(store, row)
    shown = show_version(store, row)
    store.database.run("DELETE FROM alias WHERE model = :name AND number = :number", name=name, number=number)
    at = store.clock.now()
    archived = store.database.run(
        "UPDATE version SET deleted_at = :at, updated_at = :at, stage = 'archived', revision = revision + 1"
        " WHERE model = :name AND number = :number RETURNING *",
        name=name,
        number=number,
        at=at,
    )
    note_stage(store.database, archived[0], at)
    touch(store, row)
    return shown


def _prepare_transition(store: Store, name: str, number: int, *, to: Stage, **_: object) -> None:
    """Do before the transaction what the gate will need and takes long."""
    _prepare_move(store, name, number, to)


def _prepare_alias(store: Store, name: str, number: int, *, alias: str) -> None:
    _prepare_move(store, name, number, alias.lower())


def _prepare_move(store: Store, name: str, number: int, stage: str) -> None:
    if stage in STAGES:
        row = find(store, name, number)
        prepare_gate(store, row, stage, by_default=False)
        prepare_hooks(store, [Move(row, stage)])


@operation("version transition", effect="writes", internal=True, prepare=_prepare_transition, about={"name": "model"})
def transition(store: Store, name: str, number: int, *, to: Stage, archive_others: bool = False) -> RegisteredVersion:
    """Move a version to a stage, if the gate that the policy has for the stage lets it pass.

    Programs that speak MLflow's protocol know no gates: the one that holds where the policy says nothing of the stage does
    not hold for them, so that they work as they did until somebody writes a policy.

    Args:
        name: the model.
        number: which version.
        to: the stage.
        archive_others: archive what stands there.

    Raises:
        NotFound: there is none.
        Refused: the gate said no; the message holds the reasons.
    """
    row = find(store, name, number)
    if to != row["stage"]:
        check_move(store, row, to)
    if to not in {NO_STAGE, row["stage"]}:
        pass_gate(store, row, to, by_default=False)
    if to != row["stage"]:
        hook_runs.ask(store, [Move(row, to)])
    move_stage(store, row, to, alone=archive_others)
    return show_version(store, find(store, name, number))


@operation("version alias", effect="writes", internal=True, prepare=_prepare_alias, about={"name": "model"})
def alias(store: Store, name: str, number: int, *, alias: str) -> RegisteredVersion:
    """Point an alias at a version. One that is called as a stage moves the version there first, through its gate.

    Args:
        name: the model.
        number: which version.
        alias: the alias.

    Raises:
        NotFound: there is none.
        Refused: the gate said no; the message holds the reasons.
    """
    find_model(store, name)
    row = find(store, name, number)
    if len(alias) > ALIAS_CHARACTERS_MAX:
        raise Invalid(f"an alias has at most {ALIAS_CHARACTERS_MAX} characters", hint="choose a shorter one")
    stage = alias.lower()
    if stage in STAGES and row["stage"] != stage:
        check_move(store, row, stage)
        pass_gate(store, row, stage, by_default=False)
        hook_runs.ask(store, [Move(row, stage)])
        move_stage(store, row, stage, alone=stage == PRODUCTION)
        row = find(store, name, number)
    set_alias(store, row, alias)
    return show_version(store, row)


@operation("version unalias", effect="writes", internal=True, about={"name": "model"})
def unalias(store: Store, name: str, *, alias: str) -> None:
    """Let go of an alias; nothing happens when there is none. The version stays in its stage.

    Args:
        name: the model.
        alias: the alias.

    Raises:
        NotFound: there is no such model.
    """
    find_model(store, name)
    gone = store.database.run(
        "DELETE FROM alias WHERE model = :name AND alias = :alias RETURNING number", name=name, alias=alias
    )
    if gone:
        emit(store, "model_version_alias.deleted", {"name": name, "alias": alias})
