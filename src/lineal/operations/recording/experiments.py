"""Verbs of experiments: names that runs are gathered under."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from lineal.objects.errors import Exists, Invalid, NotFound
from lineal.operations.answers.tracking import ExperimentAnswer
from lineal.operations.operation import operation
from lineal.operations.people.sight import narrowed
from lineal.operations.recording.summaries import read_tags, remove_tag, write_tags
from lineal.operations.references import Row, keep_production
from lineal.query.pages import read_page
from lineal.query.wanted import Wanted
from lineal.storage.store import Store

DEFAULT = 0
"""The number of the experiment of runs that name none."""


@operation("experiments", effect="reads", about={})
def experiments(
    store: Store, *, deleted: bool = False, limit: int = 100, after: int = -1
) -> tuple[ExperimentAnswer, ...]:
    """List experiments, oldest first.

    Args:
        deleted: those that were deleted and can be restored, in place of the others.
        limit: at most so many.
        after: only those with a greater number, for the next page.
    """
    rows = store.database.run(
        "SELECT e.*, (SELECT count(*) FROM run r WHERE r.experiment = e.number AND r.deleted_at IS NULL) AS runs"
        " FROM experiment e WHERE e.state = :state AND e.number > :after ORDER BY e.number LIMIT :limit",
        state="deleted" if deleted else "active",
        after=after,
        limit=limit,
    )
    return tuple(msgspec.structs.replace(show(store, row), run_count=row["runs"]) for row in rows)


@operation("experiment create", effect="writes", internal=True, about={})
def create(store: Store, name: str, *, artifact_location: str = "", tags: dict[str, str] = {}) -> ExperimentAnswer:  # noqa: B006 - never changed
    """Make an experiment.

    Args:
        name: what people call it.
        artifact_location: where its runs keep their files; by default in the store.
        tags: anything else that should be known of it.

    Raises:
        Exists: one has that name, perhaps among those that were deleted.
    """
    if not name:
        raise Invalid("an experiment needs a name", hint="give it one")
    if rows := store.database.run("SELECT state FROM experiment WHERE name = :name", name=name):
        raise Exists(
            f"Experiment(name={name}) already exists.",
            hint="it was deleted: restore it, or choose another name" if rows[0]["state"] == "deleted" else "use it",
        )
    number = next_number(store, "experiment")
    store.database.run(
        "INSERT INTO experiment"
        " (number, name, state, artifact_location, created_by, created_at, updated_at, revision)"
        " VALUES (:number, :name, 'active', :place, :by, :at, :at, 1)",
        number=number,
        name=name,
        place=artifact_location,
        by=store.actor.name,
        at=store.clock.now(),
    )
    write_tags(store.database, subject(number), tags)
    return show(store, find(store, number))


@operation("experiment show", effect="reads", internal=True, about={"number": "experiment", "name": "experiment name"})
def shown(store: Store, *, number: int = -1, name: str = "") -> ExperimentAnswer:
    """Show one experiment, by its number or its name.

    Args:
        number: which.
        name: which, by what people call it.

    Raises:
        NotFound: there is none.
    """
    return show(store, named(store, name) if name else find(store, number))


@operation("experiment update", effect="writes", internal=True, about={"number": "experiment"})
def update(
    store: Store,
    number: int,
    *,
    name: str = "",
    tags: dict[str, str] = {},  # noqa: B006 - never changed
    untag: tuple[str, ...] = (),
) -> ExperimentAnswer:
    """Give an experiment another name, or other tags.

    Args:
        number: which.
        name: the new name.
        tags: tags that it gets.
        untag: tags that it loses.

    Raises:
        NotFound: there is none, or it has no such tag.
        Exists: another one has that name.
        Invalid: it was deleted.
    """
    row = active(store, number)
    if name and name != row["name"]:
        if store.database.run("SELECT 1 AS one FROM experiment WHERE name = :name", name=name):
            raise Exists(f"Experiment(name={name}) already exists.", hint="choose another name")
        row["name"] = name
    write_tags(store.database, subject(number), tags)
    for key in untag:
        if not remove_tag(store.database, subject(number), key):
            raise NotFound(f"No tag with name: {key} in experiment with id {number}", hint="look at its tags")
    return _change(store, number, name=row["name"])


@operation("experiment delete", effect="writes", internal=True, about={"number": "experiment"})
def delete(store: Store, number: int) -> ExperimentAnswer:
    """Put an experiment and its runs out of sight; ``experiment restore`` brings them back.

    Args:
        number: which.

    Raises:
        NotFound: there is none, or it was deleted already.
        Invalid: it is the default one.
        Conflict: a version that is in production was made of one of its runs.
    """
    if number == DEFAULT:
        raise Invalid("Cannot delete the default experiment", hint="delete its runs")
    if find(store, number)["state"] != "active":
        raise NotFound(f"No Experiment with id={number} exists", hint="it was deleted already")
    keep_production(
        store,
        f"The experiment {number}",
        "run IN (SELECT id FROM run WHERE experiment = :number AND deleted_at IS NULL)",
        number=number,
    )
    # By the time that both have, the runs are known that were deleted with it.
    at = store.clock.now()
    store.database.run(
        "UPDATE run SET deleted_at = :at WHERE experiment = :number AND deleted_at IS NULL", number=number, at=at
    )
    return _change(store, number, at=at, state="deleted")


@operation("experiment restore", effect="writes", internal=True, about={"number": "experiment"})
def restore(store: Store, number: int) -> ExperimentAnswer:
    """Bring back an experiment that was deleted, with those of its runs that were deleted with it.

    Args:
        number: which.

    Raises:
        NotFound: there is none that was deleted.
    """
    row = find(store, number)
    if row["state"] != "deleted":
        raise NotFound(f"No deleted experiment with id={number} exists", hint="it is not deleted")
    store.database.run(
        "UPDATE run SET deleted_at = NULL WHERE experiment = :number AND deleted_at = :at",
        number=number,
        at=row["updated_at"],
    )
    return _change(store, number, state="active")


def find(store: Store, number: int) -> Row:
    """Return the row of an experiment. Raises NotFound."""
    if rows := store.database.run("SELECT * FROM experiment WHERE number = :number", number=number):
        return rows[0]
    raise NotFound(f"No Experiment with id={number} exists", hint="lineal experiments lists them")


def named(store: Store, name: str) -> Row:
    """Return the row of the experiment with a name. Raises NotFound."""
    if rows := store.database.run("SELECT * FROM experiment WHERE name = :name", name=name):
        return rows[0]
    raise NotFound(f"Could not find experiment with name '{name}'", hint="lineal experiments lists them")


def active(store: Store, number: int) -> Row:
    """Return the row of an experiment that was not deleted. Raises NotFound, Invalid."""
    row = find(store, number)
    if row["state"] != "active":
        raise Invalid(
            f"The experiment {number} must be in the 'active' state. Current state is {row['state']}.",
            hint="restore it first",
        )
    return row


def subject(number: int) -> str:
    """Return the subject of an experiment's tags."""
    return f"experiment:{number}"


def next_number(store: Store, kind: str) -> int:
    """Return a number that was never handed out for such a thing."""
    rows = store.database.run("UPDATE counter SET last = last + 1 WHERE kind = :kind RETURNING last", kind=kind)
    return int(rows[0]["last"])


def show(store: Store, row: Row) -> ExperimentAnswer:
    """Return what is known of the experiment of a row."""
    return ExperimentAnswer(
        number=row["number"],
        name=row["name"],
        state=row["state"],
        artifact_location=row["artifact_location"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        tags=read_tags(store.database, subject(row["number"])),
    )


class Experiments(NamedTuple):
    """A page of experiments. ``next_token`` is empty when it is the last one."""

    found: list[ExperimentAnswer]
    next_token: str


def page(store: Store, wanted: Wanted, *, limit: int, page_token: str = "") -> Experiments:
    """Return a page of the experiments that are wanted. Raises Invalid for a token of another search."""
    rows, token = read_page(narrowed(store, wanted), limit=limit, page_token=page_token, ask=store.database.run)
    return Experiments([show(store, row) for row in rows], token)


def _change(store: Store, number: int, *, at: int = 0, **columns: Any) -> ExperimentAnswer:
    sets = "".join(f", {name} = :{name}" for name in columns)
    store.database.run(
        f"UPDATE experiment SET updated_at = :at, revision = revision + 1{sets} WHERE number = :number",
        number=number,
        at=at or store.clock.now(),
        **columns,
    )
    return show(store, find(store, number))
