"""Verbs of hooks: which the policy has, what they were told, and what they could not be told."""

from __future__ import annotations

from typing import Any

from lineal.checks.policies.hooks import GIT, MOVED, HookPolicy
from lineal.formats.webhook_messages import EVENTS
from lineal.objects.errors import Invalid, NotFound
from lineal.operations.answers.registry import DeliveryLine, HookAnswer, WebhookTest
from lineal.operations.messages import hook_runs
from lineal.operations.messages.hooking import PREFIX, hooks_of
from lineal.operations.messages.webhooks import example_of
from lineal.operations.operation import operation
from lineal.operations.references import near
from lineal.storage.store import Store


@operation("hooks", effect="reads")
def hooks(store: Store) -> tuple[HookAnswer, ...]:
    """List the programs that the policy's ``[[hook]]`` tables name, and how many acts each is still to be told of."""
    counts = store.database.run(
        "SELECT webhook, state, count(*) AS number FROM delivery WHERE webhook >= 'hook:' AND webhook < 'hook;'"
        " GROUP BY webhook, state"
    )
    found: dict[tuple[str, str], int] = {(each["webhook"], each["state"]): each["number"] for each in counts}
    return tuple(_shown(store, each, found) for each in hooks_of(store))


def _shown(store: Store, hook: HookPolicy, counts: dict[tuple[str, str], int]) -> HookAnswer:
    receiver = PREFIX + hook.name
    return HookAnswer(
        reference=receiver,
        name=hook.name,
        on=hook.on or (MOVED,),
        run=hook.run if isinstance(hook.run, str) else " ".join(hook.run),
        before=hook.before,
        stages=hook.stages,
        models=hook.models,
        timeout_s=hook.timeout_s,
        runs_here=store.programs != "none",
        waiting=counts.get((receiver, "waiting"), 0) + counts.get((receiver, "sending"), 0),
        dead=counts.get((receiver, "dead"), 0),
    )


@operation("hook deliveries", effect="reads")
def deliveries(store: Store, hook: str, *, state: str = "", limit: int = 100) -> tuple[DeliveryLine, ...]:
    """List what a hook was told, or is to be told, newest first.

    Args:
        hook: its name.
        state: only what is waiting, sending, delivered or dead.
        limit: at most so many.

    Raises:
        NotFound: the policy has no such hook, and nothing was left for it.
    """
    rows = store.database.run(
        "SELECT id, webhook, event, state, attempt_count, due_at, status, problem, created_at, ended_at FROM delivery"
        " WHERE webhook = :webhook AND (state = :state OR :state = '') ORDER BY created_at DESC, id DESC LIMIT :limit",
        webhook=PREFIX + _bare(hook),
        state=state,
        limit=limit,
    )
    if not rows:
        _find(store, hook)
    return tuple(DeliveryLine(**row) for row in rows)


@operation("hook retry", effect="writes", role="admin")
def retry(store: Store, hook: str) -> tuple[DeliveryLine, ...]:
    """Tell a hook again what nobody tries to tell it any more.

    Args:
        hook: its name.

    Raises:
        NotFound: the policy has no such hook.
    """
    _find(store, hook)
    rows = store.database.run(
        "UPDATE delivery SET state = 'waiting', attempt_count = 0, due_at = :at, ended_at = NULL, revision = revision + 1"
        " WHERE webhook = :webhook AND state = 'dead' RETURNING id, webhook, event, state, attempt_count, due_at, status,"
        " problem, created_at, ended_at",
        webhook=PREFIX + _bare(hook),
        at=store.clock.now(),
    )
    return tuple(DeliveryLine(**row) for row in sorted(rows, key=lambda row: row["id"]))


@operation("hook run", effect="acts", role="admin")
def run(store: Store) -> tuple[DeliveryLine, ...]:
    """Run the hooks that are due, where no server does; from a timer for instance. Says what came of each.

    Raises:
        Invalid: no programs run here.
    """
    _check_runs(store)
    ran = [each.id for each, _ in hook_runs.run_due(store)]
    rows = [
        store.database.run(
            "SELECT id, webhook, event, state, attempt_count, due_at, status, problem, created_at, ended_at"
            " FROM delivery WHERE id = :id",
            id=each,
        )
        for each in ran
    ]
    return tuple(DeliveryLine(**found[0]) for found in rows if found)


@operation("hook test", effect="acts", role="admin")
def send_example(store: Store, hook: str, *, event: str = "") -> WebhookTest:
    """Run a hook now with an example, once, and tell what it said.

    Args:
        hook: its name.
        event: what the example tells of; by default the first event that it wants to hear of.

    Raises:
        NotFound: the policy has no such hook.
        Invalid: there is no such event, it is not run here, or it is the one that records moves in Git.
    """
    _check_runs(store)
    found = _find(store, hook)
    if found.name == GIT:
        raise Invalid("the record in Git has no example", hint="lineal git record writes it now")
    chosen = event or next(each for each in EVENTS if found.hears(each))
    if chosen not in EVENTS:
        raise Invalid(f"there is no event {chosen!r}", hint=near(chosen, EVENTS, "events: " + ", ".join(EVENTS)))
    data: dict[str, Any] = example_of(chosen)
    ended = hook_runs.example(store, found, chosen, data)
    return WebhookTest(
        reference=PREFIX + found.name,
        success=ended.status == 0,
        status=ended.status,
        body=ended.last_lines if ended.status is not None else "",
        problem="" if ended.status == 0 else hook_runs.said(ended).partition("\n")[0],
    )


def _check_runs(store: Store) -> None:
    if store.programs == "none":
        raise Invalid(hook_runs.NOT_HERE, hint="or run this command where the repository is")


def _find(store: Store, name: str) -> HookPolicy:
    known = {each.name: each for each in hooks_of(store)}
    if found := known.get(_bare(name)):
        return found
    raise NotFound(f"the policy has no hook {_bare(name)!r}", hint=near(name, known, "lineal hooks lists them"))


def _bare(name: str) -> str:
    return name.removeprefix(PREFIX)
