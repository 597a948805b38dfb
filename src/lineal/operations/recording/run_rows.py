"""The rows of runs that tell of themselves: what locks one, changes it, and gives what is needed of it."""

from __future__ import annotations

from collections.abc import Callable

from lineal.objects.errors import Invalid, NotFound
from lineal.objects.ulid import hexadecimal, is_ulid
from lineal.operations.answers.tracking import RunInfo
from lineal.operations.references import Row
from lineal.storage.store import Store

INFO = RunInfo.__struct_fields__

NEW = (
    "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision, experiment, artifact_location)"
    " VALUES (:id, :name, :state, '[]', :by, '', :at, 1, :experiment, COALESCE(NULLIF(:place, ''),"
    " (SELECT artifact_location FROM experiment WHERE number = :experiment), ''))"
    " ON CONFLICT (id) DO NOTHING"
    " RETURNING artifact_location, (SELECT state FROM experiment WHERE number = :experiment) AS experiment_state"
)
_MOVED = "name = COALESCE(:name, name), state = COALESCE(:state, state), ended_at = COALESCE(:ended_at, ended_at)"


def _changing(change: str, columns: str) -> str:
    return f"UPDATE run SET revision = revision + 1, {change} WHERE id = :id RETURNING {columns}"


_NEEDED = "experiment, revision, recent_points, deleted_at, digest, is_behind"
TELLING = _changing("recent_points = recent_points + :points", _NEEDED)
MEASURING = _changing("recent_points = recent_points + :points, is_behind = 1", _NEEDED)
MOVING = _changing(_MOVED, ", ".join((*INFO, "recent_points", "revision", "is_behind")))
"""What locks the row of a run of which something is told, or which comes further, and gives what is needed of it."""


def missing(run_id: str) -> NotFound:
    """Return the error for a run that is not here."""
    known = hexadecimal(run_id) if is_ulid(run_id) else run_id
    return NotFound(f"Run with id={known} not found", hint="lineal runs lists them")


def locked(store: Store, run_id: str, *, points: int = 0) -> Callable[[], Row]:
    """Have nobody else change a run until the transaction ends; return what gives what writers need of its row.

    That raises NotFound, and Invalid if the run was deleted.
    """
    return changed(store, TELLING, run_id, points=points)


def moved(name: str, state: str, ended_at: int | None) -> Row:
    """Return the values that ``MOVING`` takes besides the run's id."""
    return {"name": name or None, "state": state or None, "ended_at": ended_at}


def changed(store: Store, sql: str, run_id: str, **values: object) -> Callable[[], Row]:
    """Change the row of a run, and return what gives columns of it as they are then; likewise."""
    rows = store.database.later(sql, id=run_id, **values)
    return lambda: _active(rows(), run_id)


def _active(rows: list[Row], run_id: str) -> Row:
    if not rows:
        raise missing(run_id)
    if rows[0]["deleted_at"] is not None:
        raise Invalid(
            f"The run {hexadecimal(run_id)} must be in the 'active' state. Current state is deleted.",
            hint="restore it first",
        )
    return rows[0]
