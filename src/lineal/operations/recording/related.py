"""What runs are to each other: parts of one, its continuation, branches of its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lineal.objects.ulid import is_hexadecimal, ulid_of
from lineal.operations.answers.models import RelatedRun
from lineal.operations.people.sight import experiment_object
from lineal.operations.recording.summaries import write_tags
from lineal.storage import parents
from lineal.storage.parents import PARENT_TAG
from lineal.storage.store import Store


class Relations(NamedTuple):
    """The ids of the runs that a new one is related to; see ``objects.runs.Run``."""

    parent: str = ""
    resumes: str = ""
    forks: str = ""
    from_step: int | None = None


_ROLES = {"parent": "child", "resumes": "resumed by", "forks": "forked by"}
"""What the one is to the other, and the other to the one."""


def relate(store: Store, run: str, related: Relations, tags: Mapping[str, str] = {}) -> None:
    """Write down what a run is to others; what is known already stays.

    A run is not connected to one that the actor may not read: it would show its points.

    Args:
        store: where.
        run: its id.
        related: what it is to others.
        tags: what its program told a tracker, which may be another's: a parent among them counts when its run is here.
    """
    if not related.parent and (value := tags.get(PARENT_TAG, "")) and is_hexadecimal(value):
        is_here = store.database.run("SELECT 1 FROM run WHERE id = :id", id=ulid_of(value))
        related = related._replace(parent=ulid_of(value) if is_here else "")
    store.database.many(
        "INSERT INTO run_relation (run, role, other, step) VALUES (:run, :role, :other, :step)"
        " ON CONFLICT (run, role) DO NOTHING",
        [
            {"run": run, "role": role, "other": other, "step": None if role == "parent" else related.from_step}
            for role in _ROLES
            if (other := getattr(related, role)) and other != run and _may_read(store, other)
        ],
    )
    write_tags(store.database, run, parents.tag(store.database, run))


def _may_read(store: Store, run: str) -> bool:
    if store.actor.may("reader"):
        return True
    rows = store.database.run("SELECT experiment FROM run WHERE id = :run", run=run)
    return bool(rows) and store.actor.may("reader", experiment_object(rows[0]["experiment"]))


def related_runs(store: Store, run: str) -> tuple[RelatedRun, ...]:
    """Return the runs that a run belongs to or goes on with, then those that do so with it, oldest first."""
    up = store.database.run(
        "SELECT x.role, x.other AS id, x.step, r.name, r.state FROM run_relation x LEFT JOIN run r ON r.id = x.other"
        " WHERE x.run = :run ORDER BY x.role",
        run=run,
    )
    down = store.database.run(
        "SELECT x.role, x.run AS id, x.step, r.name, r.state FROM run_relation x JOIN run r ON r.id = x.run"
        " WHERE x.other = :run ORDER BY r.started_at, r.id",
        run=run,
    )
    rows = [(row["role"], row) for row in up] + [(_ROLES[row["role"]], row) for row in down]
    return tuple(
        RelatedRun(
            role=role,
            reference=f"run:{row['id']}",
            name=row["name"] or "",
            state=row["state"] or "lost",
            step=row["step"],
        )
        for role, row in rows
        if _may_read(store, row["id"])
    )
