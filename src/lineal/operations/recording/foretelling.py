"""What the verbs of a run that goes on begin with, for whoever carries out those of several runs together.

Each locks the run's row and reads what is known of it. Sent before the first of them is carried out, all of that is waited for
once. Who has to be asked first whether somebody may do it foretells nothing.
"""

from __future__ import annotations

from lineal.operations.recording.run_rows import MEASURING, MOVING, NEW, TELLING, moved
from lineal.operations.recording.summaries import SAID
from lineal.operations.recording.tracking import NewRun, new_row
from lineal.storage.store import Store


def create(store: Store, run: NewRun) -> bool:
    """Have sent what ``runs create`` begins with; tell whether it was."""
    if is_sure := store.actor.may("writer"):
        store.database.foretell(NEW, **new_row(store, run))
    return is_sure


def record(store: Store, run_id: str, *, points: int = 0, measures_only: bool = False) -> bool:
    """Have sent what ``runs record`` begins with, for so many points, and whether these are all; likewise."""
    if is_sure := store.actor.may("writer"):
        store.database.foretell(MEASURING if measures_only else TELLING, id=run_id, points=points)
        if not measures_only:
            store.database.foretell(SAID, run=run_id)
    return is_sure


def update(store: Store, run_id: str, *, state: str, ended_at: int | None) -> bool:
    """Have sent what ``runs update`` begins with that gives no name; likewise."""
    if is_sure := store.actor.may("writer"):
        store.database.foretell(MOVING, id=run_id, **moved("", state, ended_at))
    return is_sure
