"""Verbs of moves: several versions at once, or at a time to come. All of a move is made, or nothing of it."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from lineal.objects.errors import Invalid, LinealError, NotFound
from lineal.operations.answers.registry import Moves, PlannedMove
from lineal.operations.messages.hook_runs import Move
from lineal.operations.operation import operation
from lineal.operations.people.access import EVERYONE
from lineal.operations.people.accounts import roles_of
from lineal.operations.references import STAGES, Row, find_version, near
from lineal.operations.versioning.promotions import PRODUCTION, prepare_gate, prepare_hooks, promoted
from lineal.operations.versioning.protection import check_move
from lineal.query.times import period
from lineal.storage.store import Actor, Store

_VERSIONS_MAX = 100


def _prepare(
    store: Store, versions: tuple[str, ...], *, to: str, force: bool = False, reason: str = "", **_: object
) -> None:
    """Do before the transaction what the gates will need and takes long."""
    rows = _rows(store, versions, to)
    for row in rows:
        prepare_gate(store, row, to)
    prepare_hooks(store, [Move(row, to, force, reason) for row in rows])


def _prepare_due(store: Store) -> None:
    """Do the same for the moves that are due; what is wrong with one is told when it is made."""
    prepare_hooks(store, [])
    for move in _due_now(store):
        with suppress(LinealError):
            acting = store.acting(actor_named(store, move["planned_by"]))
            for row in _rows(store, tuple(msgspec.json.decode(move["versions"])), move["stage"]):
                prepare_gate(store, row, move["stage"])
                planned = Move(row, move["stage"], bool(move["force"]), move["reason"])
                prepare_hooks(acting, [planned], more=True)


@operation("move make", effect="writes", prepare=_prepare, about={"versions": "version"})
def make(store: Store, versions: tuple[str, ...], *, to: str, force: bool = False, reason: str = "") -> Moves:
    """Move versions to a stage together, each through the gate: if one may not pass, none moves.

    Args:
        versions: the versions, each of a model of its own.
        to: staging, production or archived.
        force: move them even if the gate refuses, as in promote.
        reason: why.

    Raises:
        Refused: the gate said no to one; the message says to which, and why.
        Invalid: there is no such stage, or two are versions of the same model.
    """
    moved = promoted(store, _rows(store, versions, to), to, force=force, reason=reason)
    return Moves(reference=", ".join(each.reference for each in moved), promotions=moved)


@operation("move plan", effect="writes", about={"versions": "version"})
def plan(
    store: Store, versions: tuple[str, ...], *, to: str, at: str, force: bool = False, reason: str = ""
) -> PlannedMove:
    """Plan to move versions to a stage at a time. The gate is asked then, with the roles that you have then.

    A server makes planned moves when they are due; elsewhere ``lineal move due`` does, from a timer for instance.

    Args:
        versions: the versions, each of a model of its own.
        to: staging, production or archived.
        at: when, in UTC, for example 2026-12-01T09:00.
        force: move them even if the gate refuses, as in promote.
        reason: why.

    Raises:
        Invalid: there is no such stage, the time cannot be read or is over, or two are versions of the same model.
        Denied: you may not move versions there.
    """
    rows = _rows(store, versions, to)
    for row in rows:
        check_move(store, row, to, force=force, reason=reason)
    found = store.database.run(
        "INSERT INTO planned_move (id, versions, stage, due_at, force, reason, planned_by, planned_at, state)"
        " VALUES (:id, :versions, :stage, :due, :force, :reason, :by, :at, 'planned') RETURNING *",
        id=store.clock.new_id(),
        versions=msgspec.json.encode([f"{row['model']}:#{row['number']}" for row in rows]).decode(),
        stage=to,
        due=_due(store, at),
        force=int(force),
        reason=reason,
        by=store.actor.name,
        at=store.clock.now(),
    )
    return _show(found[0])


@operation("move list", effect="reads", about={})
def list_moves(store: Store, *, all: bool = False, limit: int = 100) -> tuple[PlannedMove, ...]:  # noqa: A002 - a word of the command
    """List the moves that are planned, the next one first.

    Args:
        all: also those that were made, refused or cancelled, newest first.
        limit: at most so many.
    """
    where, order = ("", "due_at DESC") if all else ("WHERE state = 'planned'", "due_at")
    rows = store.database.run(f"SELECT * FROM planned_move {where} ORDER BY {order}, id LIMIT :limit", limit=limit)
    return tuple(map(_show, rows))


@operation("move cancel", effect="writes", about={"move": "planned move"})
def cancel(store: Store, move: str) -> PlannedMove:
    """Cancel a move that is planned.

    Args:
        move: its id, or how that begins.

    Raises:
        NotFound: none is planned that is called so.
    """
    rows = store.database.run(
        "UPDATE planned_move SET state = 'cancelled', ended_at = :at, detail = :by, revision = revision + 1"
        " WHERE state = 'planned' AND id = (SELECT id FROM planned_move WHERE id LIKE :prefix AND state = 'planned'"
        " ORDER BY id LIMIT 1) RETURNING *",
        at=store.clock.now(),
        by=f"by {store.actor.name}",
        prefix=move.removeprefix("move:").replace("%", "").replace("_", "") + "%",
    )
    if not rows:
        raise NotFound(f"no move {move} is planned", hint="lineal move list shows what is")
    return _show(rows[0])


@operation("move due", effect="writes", role="admin", prepare=_prepare_due)
def due(store: Store) -> tuple[PlannedMove, ...]:
    """Make the moves that are due, each as whoever planned it, with the role they have now. Says what came of each."""
    return tuple(_make_due(store, row) for row in _due_now(store))


def _due_now(store: Store) -> list[Row]:
    return store.database.run(
        "SELECT * FROM planned_move WHERE state = 'planned' AND due_at <= :now ORDER BY due_at, id",
        now=store.clock.now(),
    )


def _make_due(store: Store, row: Row) -> PlannedMove:
    state, detail = "made", ""
    try:
        with store.database.transaction():
            acting = store.acting(actor_named(store, row["planned_by"]))
            chosen = _rows(acting, tuple(msgspec.json.decode(row["versions"])), row["stage"])
            for each in chosen:
                _check_writer(acting, each)
            promoted(acting, chosen, row["stage"], force=bool(row["force"]), reason=row["reason"])
    except LinealError as error:
        # What the gate said goes with the transaction; why it was refused stays here and in the journal.
        state, detail = "refused", error.message
    ended = store.database.run(
        "UPDATE planned_move SET state = :state, detail = :detail, ended_at = :at, revision = revision + 1"
        " WHERE id = :id RETURNING *",
        id=row["id"],
        state=state,
        detail=detail,
        at=store.clock.now(),
    )
    return _show(ended[0])


def _check_writer(store: Store, row: Row) -> None:
    if not store.actor.may("writer", f"model:{row['model']}"):
        raise Invalid(
            f"{store.actor.name}, who planned it, may not move versions of {row['model']} any more",
            hint="somebody who may must plan it anew",
        )


def actor_named(store: Store, name: str) -> Actor:
    """Return somebody with the role that they have now; where there are no accounts, whoever uses the directory owns it."""
    rows = store.database.run("SELECT role FROM account WHERE name = :name", name=name)
    if rows:
        role = rows[0]["role"]
        return Actor(name, role, {} if role == "admin" else roles_of(store, EVERYONE) | roles_of(store, name))
    return Actor(name, store.actor.role if not store.database.run("SELECT 1 FROM account LIMIT 1") else "none")


def _rows(store: Store, versions: tuple[str, ...], to: str) -> list[Row]:
    if to not in STAGES:
        raise Invalid(f"there is no stage {to!r}", hint=near(to, STAGES, "stages: " + ", ".join(STAGES)))
    if not 1 <= len(versions) <= _VERSIONS_MAX:
        raise Invalid(
            f"a move has 1 to {_VERSIONS_MAX} versions, not {len(versions)}", hint="name them, one after another"
        )
    rows = [find_version(store, each) for each in versions]
    models = [row["model"] for row in rows]
    if to == PRODUCTION and (twice := next((each for each in models if models.count(each) > 1), "")):
        raise Invalid(f"two of them are versions of {twice}", hint=f"one version of a model stands in {to}")
    return rows


def _due(store: Store, at: str) -> int:
    found = period(at, store.clock.now())
    if found is None:
        raise Invalid(f"{at!r} is no time", hint="write it as 2026-12-01T09:00, in UTC")
    if found.start_at < store.clock.now():
        raise Invalid(f"{at} is over", hint="lineal promote moves at once")
    return found.start_at


def _show(row: Row) -> PlannedMove:
    return PlannedMove(
        reference=f"move:{row['id']}",
        id=row["id"],
        versions=tuple(msgspec.json.decode(row["versions"])),
        stage=row["stage"],
        due_at=row["due_at"],
        force=bool(row["force"]),
        reason=row["reason"],
        planned_by=row["planned_by"],
        planned_at=row["planned_at"],
        state=row["state"],
        detail=row["detail"],
        ended_at=row["ended_at"],
    )
