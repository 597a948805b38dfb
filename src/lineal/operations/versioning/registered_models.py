"""Verbs that change models in a registry: make them, describe them, rename them, put them out of sight."""

from __future__ import annotations

from lineal.objects.errors import Exists, Invalid
from lineal.operations.answers.registry import RegisteredModel
from lineal.operations.messages.outbox import emit, is_prompt, is_prompt_tagged
from lineal.operations.operation import operation
from lineal.operations.people.sight import model_object
from lineal.operations.recording.summaries import remove_tag, write_tags
from lineal.operations.references import Row
from lineal.operations.versioning.holds import check_seen
from lineal.operations.versioning.protection import check_move
from lineal.operations.versioning.registry import find_model, show_model
from lineal.storage.made_with import note_stage
from lineal.storage.store import Store


@operation("model create", effect="writes", internal=True, about={})
def create(store: Store, name: str, *, description: str = "", tags: dict[str, str] = {}) -> RegisteredModel:  # noqa: B006 - never changed
    """Make a model that has no version yet. One that was deleted begins anew, and its numbers go on.

    Args:
        name: what people call it.
        description: what they should know of it.
        tags: anything else that should be known of it.

    Raises:
        Exists: one has that name.
    """
    if not name:
        raise Invalid("Registered model name cannot be empty.", hint="give it a name")
    at = store.clock.now()
    made = store.database.run(
        "INSERT INTO model (name, last_number, created_by, created_at, updated_at, description)"
        " VALUES (:name, 0, :by, :at, :at, :description) ON CONFLICT (name) DO UPDATE SET created_by = excluded.created_by,"
        " created_at = excluded.created_at, updated_at = excluded.updated_at, description = excluded.description,"
        " deleted_at = NULL, renamed_to = '' WHERE model.deleted_at IS NOT NULL RETURNING *",
        name=name,
        by=store.actor.name,
        at=at,
        description=description,
    )
    if not made:
        raise _taken(name, was_prompt=is_prompt(store, name), is_prompt=is_prompt_tagged(tags))
    # What the one that was deleted was called stays known in the journal.
    store.database.run("DELETE FROM tag WHERE subject = :subject", subject=subject(name))
    write_tags(store.database, subject(name), tags)
    emit(store, "registered_model.created", {"name": name, "tags": tags, "description": description or None})
    return show_model(store, made[0])


@operation("model update", effect="writes", internal=True, about={"name": "model"})
def update(
    store: Store,
    name: str,
    *,
    description: str | None = None,
    tags: dict[str, str] = {},  # noqa: B006 - never changed
    untag: tuple[str, ...] = (),
) -> RegisteredModel:
    """Describe a model, or give it other tags.

    Args:
        name: which.
        description: what people should know of it, in place of what is said now.
        tags: tags that it gets.
        untag: tags that it loses.

    Raises:
        NotFound: there is none.
    """
    row = find_model(store, name)
    prompt = is_prompt(store, name)
    write_tags(store.database, subject(name), tags)
    gone = [key for key in untag if remove_tag(store.database, subject(name), key)]
    if prompt:
        # MLflow tells of the tags of prompts, and not of those of other models.
        for key, value in tags.items():
            emit(store, "prompt_tag.set", {"name": name, "key": key, "value": value})
        for key in gone:
            emit(store, "prompt_tag.deleted", {"name": name, "key": key})
    if description is not None:
        row = store.database.run(
            "UPDATE model SET description = :description, updated_at = :at WHERE name = :name RETURNING *",
            name=name,
            description=description,
            at=store.clock.now(),
        )[0]
    return show_model(store, row)


@operation("model rename", effect="writes", internal=True, about={"name": "model"})
def rename(store: Store, name: str, new_name: str) -> RegisteredModel:
    """Give a model another name, with its versions, aliases and deployments. Numbers and history stay.

    Args:
        name: which.
        new_name: the name that it gets.

    Raises:
        NotFound: there is none.
        Exists: another one has that name, or had it and left versions behind.
    """
    row = find_model(store, name)
    if not new_name:
        raise Invalid("Registered model name cannot be empty.", hint="give it a name")
    if new_name == name:
        return show_model(store, row)
    taken = store.database.run(
        "SELECT m.deleted_at FROM model m WHERE m.name = :name AND (m.deleted_at IS NULL"
        " OR EXISTS (SELECT 1 FROM version v WHERE v.model = m.name))",
        name=new_name,
    )
    if taken:
        raise _exists(new_name, was_deleted=taken[0]["deleted_at"] is not None)
    at = store.clock.now()
    made = store.database.run(
        "INSERT INTO model (name, last_number, created_by, created_at, updated_at, description)"
        " VALUES (:new, :last, :by, :created_at, :at, :description) ON CONFLICT (name) DO UPDATE SET"
        " last_number = CASE WHEN model.last_number > excluded.last_number THEN model.last_number"
        " ELSE excluded.last_number END, created_by = excluded.created_by, created_at = excluded.created_at,"
        " updated_at = excluded.updated_at, description = excluded.description, deleted_at = NULL, renamed_to = ''"
        " RETURNING *",
        new=new_name,
        last=row["last_number"],
        by=row["created_by"],
        created_at=row["created_at"],
        description=row["description"],
        at=at,
    )
    _move(store, name, new_name, at)
    return show_model(store, made[0])


def _move(store: Store, old: str, new: str, at: int) -> None:
    """Let everything that names a model name it anew, and the old name say where it went."""
    run = store.database.run
    run("DELETE FROM tag WHERE subject = :subject", subject=subject(new))
    run("UPDATE tag SET subject = :new WHERE subject = :old", old=subject(old), new=subject(new))
    run("DELETE FROM role_grant WHERE object = :new", new=model_object(new))
    run("UPDATE role_grant SET object = :new WHERE object = :old", old=model_object(old), new=model_object(new))
    run(
        "UPDATE tag SET subject = 'version:' || :new || substr(subject, CAST(:length AS INTEGER)) WHERE subject IN"
        " (SELECT v.subject FROM version v WHERE v.model = :old)",
        old=old,
        new=new,
        length=len(f"version:{old}") + 1,
    )
    run("UPDATE version SET model = :new, updated_at = :at WHERE model = :old", old=old, new=new, at=at)
    for table in ("alias", "stage_period", "hold", "removed_version"):
        run(f"UPDATE {table} SET model = :new WHERE model = :old", old=old, new=new)
    run("UPDATE deployment SET model = :new WHERE model = :old", old=old, new=new)
    run("UPDATE model SET deleted_at = :at, renamed_to = :new WHERE name = :old", old=old, new=new, at=at)


@operation("model delete", effect="writes", internal=True, about={"name": "model"})
def delete(store: Store, name: str) -> RegisteredModel:
    """Put a model and its versions out of the sight of MLflow's programs. What the versions are, and their history, stays.

    No alias leads to them any more, and what nobody sees is archived.

    Args:
        name: which.

    Raises:
        NotFound: there is none.
        Refused: one of them stands in production, or somebody holds it.
    """
    row = find_model(store, name)
    shown = show_model(store, row)
    at = store.clock.now()
    for each in store.database.run("SELECT * FROM version WHERE model = :name AND deleted_at IS NULL", name=name):
        if each["stage"] != "archived":
            check_move(store, each, "archived")
        check_seen(store, each)
    store.database.run("DELETE FROM alias WHERE model = :name", name=name)
    archived = store.database.run(
        "UPDATE version SET deleted_at = :at, updated_at = :at, stage = 'archived', revision = revision + 1"
        " WHERE model = :name AND deleted_at IS NULL RETURNING *",
        name=name,
        at=at,
    )
    for each in archived:
        note_stage(store.database, each, at)
    store.database.run("UPDATE model SET deleted_at = :at, updated_at = :at WHERE name = :name", name=name, at=at)
    return shown


def subject(name: str) -> str:
    """Return the subject of the tags of a model."""
    return f"model:{name}"


def touch(store: Store, row: Row) -> None:
    """Note that something of the model of a version's row changed now."""
    store.database.run("UPDATE model SET updated_at = :at WHERE name = :name", name=row["model"], at=store.clock.now())


def _taken(name: str, *, was_prompt: bool, is_prompt: bool) -> Exists:
    """Return the error for a name that something has; prompts and models share their names."""
    if was_prompt == is_prompt:
        return Exists(f"Prompt (name={name}) already exists.", hint="use it") if is_prompt else _exists(name)
    wanted, found = ("prompt", "registered model") if is_prompt else ("registered model", "prompt")
    return Exists(
        f"Tried to create a {wanted} with name {name!r}, but the name is already taken by a {found}.",
        hint="choose another name",
    )


def _exists(name: str, *, was_deleted: bool = False) -> Exists:
    hint = "one that was deleted had it, and its versions are kept; choose another name" if was_deleted else "use it"
    return Exists(f"Registered Model (name={name}) already exists.", hint=hint)
