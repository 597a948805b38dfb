"""Run the hooks of the policy: those that are told, from the outbox, and those that are asked before a move.

They run on the machine and as the user of whoever holds the repository's directory, in the directory of its policy. So a
server runs them only where who started it said so, and never what a caller sent along.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Any, NamedTuple

import msgspec

from lineal.checks.policies.hooks import GIT, MOVED, HookPolicy
from lineal.executors.commands import Ended, run_command
from lineal.formats.webhook_messages import TYPE_PREFIX, Event, body
from lineal.objects.errors import LinealError, Refused
from lineal.operations.messages import outbox
from lineal.operations.messages.hooking import PREFIX, hooks_of, stage_of
from lineal.operations.messages.outbox import Delivery, Sent
from lineal.operations.messages.retrying import again
from lineal.operations.references import Row, version_reference
from lineal.storage.store import Store

NOT_HERE = "this server runs no programs; start it with --policy-commands"

_LEASE_REST_MS = 60_000
_ROUNDS_MAX = 100

_ASKED: ContextVar[dict[tuple[str, str, str], Ended]] = ContextVar("asked")
"""What hooks said before the transaction that is about to need it, by the version's digest, the stage and the hook."""

_log = logging.getLogger("lineal")


def claim(store: Store, *, count: int) -> list[Delivery]:
    """Take messages to hooks that are due, at most one for each; none where no programs run."""
    if store.programs == "none" or count < 1:
        return []
    now = store.clock.now()
    due = store.database.run(
        "SELECT d.* FROM delivery d WHERE d.id IN (SELECT min(x.id) FROM delivery x WHERE x.due_at <= :now"
        " AND x.webhook >= 'hook:' AND x.webhook < 'hook;' GROUP BY x.webhook) AND NOT EXISTS (SELECT 1 FROM delivery y"
        " WHERE y.webhook = d.webhook AND y.due_at > :now AND y.state = 'sending') ORDER BY d.due_at, d.id LIMIT :count",
        now=now,
        count=count,
    )
    if not due:
        return []
    longest = {PREFIX + each.name: each.timeout_s for each in _known(store)}
    return [
        _taken(row)
        for row in due
        if outbox.take(store, row, now + int(2_000 * longest.get(row["webhook"], 0)) + _LEASE_REST_MS)
    ]


def _known(store: Store) -> tuple[HookPolicy, ...]:
    try:
        return hooks_of(store)
    except LinealError:  # told when it is run
        return ()


def _taken(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        webhook=row["webhook"],
        event=row["event"],
        body=row["body"],
        url="",
        secret="",
        format="cloudevents",
        attempt_count=row["attempt_count"] + 1,
        revision=row["revision"] + 1,
    )


def deliver(store: Store, delivery: Delivery) -> Sent:
    """Run the hook of a message, write down what came of it, and return that."""
    sent = _delivered(store, delivery)
    outbox.settle(store, delivery, sent)
    if sent.state != outbox.DELIVERED:
        what = "nobody runs it any more" if sent.state == outbox.DEAD else "it is run again"
        _log.warning("the hook %s failed after %s: %s; %s", hook_name(delivery), delivery.event, sent.problem, what)
    return sent


def _delivered(store: Store, delivery: Delivery) -> Sent:
    now, attempts_max = store.clock.now(), store.reach.attempts_max
    name = hook_name(delivery)
    try:
        hook = next((each for each in hooks_of(store) if each.name == name), None)
        if hook is None:
            return Sent(state="dead", problem=f"the policy has no hook {name!r} any more")
        ended = _recorded(store, delivery) if name == GIT else run(store, hook, delivery)
    except LinealError as error:
        ended = Ended(1, error.message)
    if ended.status == 0:
        return Sent(state="delivered", status=0)
    return again(
        said(ended),
        delivery.attempt_count,
        attempts_max=attempts_max,
        now=store.clock.now() or now,
        status=ended.status,
    )


def _recorded(store: Store, delivery: Delivery) -> Ended:
    from lineal.operations.versioning import git_records  # noqa: PLC0415 - few repositories record moves

    told = msgspec.json.decode(delivery.body)
    git_records.write(store, by=told["data"]["by"], model=told["data"]["name"], id_=delivery.id)
    return Ended(0, "")


def hook_name(delivery: Delivery) -> str:
    """Return the name of the hook that a message is for."""
    return delivery.webhook.removeprefix(PREFIX)


def said(ended: Ended) -> str:
    """Return how a program ended, and what it said last, for people."""
    if ended.status is None:
        return ended.last_lines
    how = f"it was ended by signal {-ended.status}" if ended.status < 0 else f"exit status {ended.status}"
    return f"{how}\n{ended.last_lines}" if ended.last_lines else how


def run(store: Store, hook: HookPolicy, delivery: Delivery) -> Ended:
    """Run a hook once with a message, and return how it ended."""
    if store.root is None:
        return Ended(None, "this repository is held in memory, so nothing runs beside it")
    variables = _variables(hook, msgspec.json.decode(delivery.body), delivery, str(store.root.parent))
    return run_command(
        hook.command,
        directory=store.root.parent,
        variables=variables,
        timeout_s=hook.timeout_s,
        inherited=hook.environment,
        told=delivery.body.encode(),
    )


def _variables(hook: HookPolicy, told: dict[str, Any], delivery: Delivery, directory: str) -> dict[str, str]:
    data = told["data"]
    values = {
        "HOOK": hook.name,
        "EVENT": told["type"].removeprefix(TYPE_PREFIX),
        "EVENT_ID": told["id"],
        "ATTEMPT": str(delivery.attempt_count),
        "MODEL": data.get("name"),
        "VERSION": data.get("reference"),
        "DIGEST": data.get("digest"),
        "STAGE": stage_of(data),
        "FROM_STAGE": str(data.get("from_stage") or "").lower(),
        "ALIAS": data.get("alias"),
        "ACTOR": data.get("by"),
        "REASON": data.get("reason"),
        "REPOSITORY": directory,
    }
    return {f"LINEAL_{name}": str(value).replace("\0", "") for name, value in values.items() if value}


def run_due(store: Store) -> list[tuple[Delivery, Sent]]:
    """Run the hooks that are due now, one after the other, and return what came of each."""
    ran = list[tuple[Delivery, Sent]]()
    for _ in range(_ROUNDS_MAX):
        if not (taken := claim(store, count=1)):
            break
        ran += ((each, deliver(store, each)) for each in taken)
    return ran


class Move(NamedTuple):
    """A move that somebody wants to make: the version of a row, where to, and why."""

    row: Row
    stage: str
    force: bool = False
    reason: str = ""


def prepare(store: Store, moves: list[Move], *, more: bool = False) -> None:
    """Ask the hooks about moves, for the transaction that follows in this thread: nobody may wait for them to write.

    Args:
        store: where, and as whom.
        moves: what they are asked.
        more: keep also what they said before.
    """
    found = dict(_ASKED.get({})) if more else {}
    for move in moves:
        if move.row["stage"] != move.stage:
            found.update({_key(move, hook): _ask(store, hook, move) for hook in _before(store, move)})
    _ASKED.set(found)


def ask(store: Store, moves: list[Move]) -> None:
    """Let hooks refuse moves, before any is made.

    Raises:
        Refused: one did, could not be run, or may not run here; the message has what it said.
    """
    known = _ASKED.get({})
    for move in moves:
        for hook in _before(store, move):
            ended = known.pop(_key(move, hook), None) or _ask(store, hook, move)
            if ended.status != 0:
                raise Refused(
                    f"the hook {hook.name} does not let {version_reference(move.row)} move to {move.stage}: {said(ended)}",
                    hint=f'the [[hook]] called "{hook.name}" in the policy is asked before; mend what it says',
                )


def _before(store: Store, move: Move) -> list[HookPolicy]:
    return [each for each in hooks_of(store) if each.before and each.wants(MOVED, move.row["model"], move.stage)]


def _key(move: Move, hook: HookPolicy) -> tuple[str, str, str]:
    return (move.row["digest"], move.stage, hook.name)


def _ask(store: Store, hook: HookPolicy, move: Move) -> Ended:
    if store.programs == "none":
        return Ended(None, NOT_HERE)
    row, id_ = move.row, store.clock.new_id()
    data = {
        "name": row["model"],
        "version": str(row["number"]),
        "from_stage": outbox.STAGE_NAMES[row["stage"]],
        "to_stage": outbox.STAGE_NAMES[move.stage],
        "by": store.actor.name,
        "forced": move.force,
        "reason": move.reason,
    }
    return _told(store, hook, id_, MOVED, outbox.happening(MOVED, data, store.clock.now(), row))


def example(store: Store, hook: HookPolicy, event: str, data: dict[str, Any]) -> Ended:
    """Run a hook now with an example, and return how it ended."""
    if store.programs == "none":
        return Ended(None, NOT_HERE)
    id_ = store.clock.new_id()
    happened = outbox.happening(event, {**data, "by": store.actor.name}, store.clock.now())
    return _told(store, hook, id_, event, happened)


def _told(store: Store, hook: HookPolicy, id_: str, event: str, happened: Event) -> Ended:
    """Run a hook now with what happened, or is about to; nothing of it is kept in the outbox."""
    told = Delivery(
        id=id_,
        webhook=PREFIX + hook.name,
        event=event,
        body=body("cloudevents", happened, delivery=id_, source=outbox.source_of(store)),
        url="",
        secret="",
        format="cloudevents",
        attempt_count=1,
        revision=1,
    )
    return run(store, hook, told)
