"""Verbs of holds, and the removal of a version: what must be kept can't be removed, and what is removed leaves a record."""

from __future__ import annotations

from lineal.checks.policies.policy import Policy
from lineal.objects.errors import Conflict, Invalid, NotFound, Refused
from lineal.operations.answers.registry import HoldAnswer, RemovedVersion
from lineal.operations.messages.outbox import tell_version
from lineal.operations.operation import operation
from lineal.operations.references import Row, find_version, semantic, subject_of, version_reference
from lineal.operations.versioning.policies import policy_of
from lineal.storage.store import Store

LEGAL, PRODUCTION = "legal", "production"

_DAY_MS = 86_400_000


@operation("hold place", effect="writes", role="approver", about={"version": "version"})
def place(store: Store, version: str, *, reason: str) -> HoldAnswer:
    """See that a version is not removed until somebody releases the hold: for a case at law, an audit, a customer.

    Args:
        version: the version.
        reason: why.

    Raises:
        Invalid: there is no reason.
    """
    row = find_version(store, version)
    if not reason.strip():
        raise Invalid("a hold needs a reason", hint="--reason 'case 17'")
    _insert(
        store,
        row,
        id_=store.clock.new_id(),
        kind=LEGAL,
        reason=reason,
        placed_by=store.actor.name,
        at=store.clock.now(),
    )
    tell_version(store, "version.held", row, reason=reason)
    return _show(_held(store, row)[0])


@operation("hold release", effect="writes", role="admin", about={"version": "version"})
def release(store: Store, version: str, *, reason: str, hold: str = "") -> tuple[HoldAnswer, ...]:
    """Let go of what keeps a version. It is not removed by that, and who released what and why stays known.

    Args:
        version: the version.
        reason: why it need not be kept any more.
        hold: the id of one hold; by default all that it has.

    Raises:
        Invalid: there is no reason.
        NotFound: nothing holds it.
    """
    row = find_version(store, version)
    if not reason.strip():
        raise Invalid("the release of a hold needs a reason", hint="--reason 'the case was closed'")
    found = [each for each in _held(store, row) if hold in {"", each["id"]}]
    if not found:
        raise NotFound(f"nothing holds {version_reference(row)}", hint="lineal hold list --all shows old ones too")
    for each in found:
        if each["kind"] == PRODUCTION:
            _insert(
                store, row, id_=each["id"], kind=PRODUCTION, reason=each["reason"], placed_by="", at=each["placed_at"]
            )
        store.database.run(
            "UPDATE hold SET released_by = :by, released_at = :at, released_because = :reason WHERE id = :id",
            by=store.actor.name,
            at=store.clock.now(),
            reason=reason,
            id=each["id"],
        )
    tell_version(store, "version.released", row, reason=reason)
    ids = {each["id"] for each in found}
    return tuple(_show(each) for each in _holds(store, row) if each["id"] in ids)


@operation("hold list", effect="reads", about={"version": "version"})
def list_holds(store: Store, version: str = "", *, all: bool = False) -> tuple[HoldAnswer, ...]:  # noqa: A002 - a word of the command
    """List what keeps versions from being removed, newest first.

    Args:
        version: only those of this version.
        all: also those that were released.
    """
    row = find_version(store, version) if version else None
    return tuple(_show(each) for each in (_holds if all else _held)(store, row))


def _held(store: Store, row: Row | None) -> list[Row]:
    """Return what holds a version, or any."""
    return [each for each in _holds(store, row) if each["released_at"] is None]


def _holds(store: Store, row: Row | None) -> list[Row]:
    """Return what holds a version, or any, and what did, newest first."""
    return store.database.run(_HOLDS, model=row["model"] if row else "", number=row["number"] if row else 0)


_HOLDS = (
    "SELECT h.id, h.kind, h.reason, h.placed_by, h.placed_at, h.released_by, h.released_at, h.released_because,"
    " v.model, v.number, v.major, v.minor, v.patch, v.pre FROM ("
    " SELECT id, model, number, kind, reason, placed_by, placed_at, released_by, released_at, released_because FROM hold"
    # One that was released, and came to production again, is held again.
    " UNION ALL SELECT 'production/' || p.model || '/' || CAST(p.number AS TEXT) || '/' || CAST(max(p.since) AS TEXT),"
    " p.model, p.number, 'production', 'it stood in production', '', max(p.since), NULL, NULL, ''"
    " FROM stage_period p WHERE p.stage = 'production' AND NOT EXISTS (SELECT 1 FROM hold r WHERE r.model = p.model"
    " AND r.number = p.number AND r.kind = 'production' AND r.placed_at >= p.since) GROUP BY p.model, p.number"
    ") h JOIN version v ON v.model = h.model AND v.number = h.number"
    " WHERE :model = '' OR (h.model = :model AND h.number = :number) ORDER BY h.placed_at DESC, h.id DESC"
)


def _insert(store: Store, row: Row, *, id_: str, kind: str, reason: str, placed_by: str, at: int) -> None:
    store.database.run(
        "INSERT INTO hold (id, model, number, kind, reason, placed_by, placed_at)"
        " VALUES (:id, :model, :number, :kind, :reason, :by, :at)",
        id=id_,
        model=row["model"],
        number=row["number"],
        kind=kind,
        reason=reason,
        by=placed_by,
        at=at,
    )


def _show(row: Row) -> HoldAnswer:
    return HoldAnswer(
        reference=version_reference(row),
        id=row["id"],
        kind=row["kind"],
        reason=row["reason"],
        placed_by=row["placed_by"],
        placed_at=row["placed_at"],
        released_by=row["released_by"] or "",
        released_at=row["released_at"],
        released_because=row["released_because"],
    )


@operation("model remove", effect="writes", role="admin", about={"version": "version"})
def remove(store: Store, version: str, *, reason: str) -> RemovedVersion:
    """Remove a version for good. That it was, what it was, who removed it and why stay known; its number is never used again.

    Its bytes go with the next ``lineal gc --delete``, unless a run, a dataset or another version names them too.

    Args:
        version: the version.
        reason: why.

    Raises:
        Invalid: there is no reason.
        Conflict: it stands in a stage, has an alias, or runs somewhere.
        Refused: something holds it, or the policy keeps it for longer.
    """
    row = find_version(store, version)
    if not reason.strip():
        raise Invalid("a removal needs a reason", hint="--reason 'trained on data that had to be deleted'")
    _check_free(store, row)
    _check_holds(store, row)
    _check_retention(store, row, policy_of(store)[0])
    return _remove(store, row, reason)


def _check_free(store: Store, row: Row) -> None:
    reference = version_reference(row)
    if row["stage"] in {"staging", "production"}:
        raise Conflict(
            f"{reference} stands in {row['stage']}", hint=f"lineal promote {reference} --to archived, then remove it"
        )
    known = {"model": row["model"], "number": row["number"]}
    for each in store.database.run("SELECT alias FROM alias WHERE model = :model AND number = :number", **known):
        raise Conflict(f"{row['model']}@{each['alias']} leads to {reference}", hint="point the alias elsewhere first")
    running = store.database.run(
        "SELECT id FROM deployment WHERE model = :model AND number = :number AND ended_at IS NULL LIMIT 1", **known
    )
    if running:
        raise Conflict(f"{reference} runs in deployment:{running[0]['id']}", hint="lineal undeploy it first")


def _check_holds(store: Store, row: Row) -> None:
    reference = version_reference(row)
    holds = _held(store, row)
    if holds:
        why = "; ".join(f"{each['reason']} ({each['kind']} hold {each['id']})" for each in holds)
        raise Refused(
            f"{reference} is held: {why}", hint=f"an administrator may lineal hold release {reference} --reason '…'"
        )


def check_seen(store: Store, row: Row) -> None:
    """Refuse that a version is put out of sight which stands in production, or which somebody holds.

    Raises:
        Refused: it does, or somebody does; the message says why.
    """
    reference = version_reference(row)
    if row["stage"] == PRODUCTION:
        raise Refused(
            f"{reference} stands in production, so it can't be deleted",
            hint="move another version there, or this one to archived; then delete it",
        )
    if held := [each for each in _held(store, row) if each["kind"] == LEGAL]:
        raise Refused(
            f"{reference} is held, so it can't be deleted: {held[0]['reason']}",
            hint=f"an administrator may lineal hold release {reference} --reason '…'",
        )


def held(store: Store) -> list[str]:
    """Return the references of the versions that something holds."""
    return sorted({version_reference(row) for row in _held(store, None)})


def kept_until(store: Store, row: Row, policy: Policy) -> list[tuple[int, str]]:
    """Return until when the policy keeps a version, in milliseconds since 1970, with why: from when it was made, and left production.

    One that still stands in production is kept as if it left now.
    """
    stays = store.database.run(
        "SELECT until FROM stage_period WHERE model = :model AND number = :number AND stage = 'production'",
        model=row["model"],
        number=row["number"],
    )
    left = max((store.clock.now() if each["until"] is None else each["until"] for each in stays), default=None)
    kept = policy.retention
    return [
        (since + days * _DAY_MS, f"{days} days after {said}")
        for since, days, said in (
            (row["created_at"], kept.version_days, "it was made"),
            (left, kept.production_days, "it left production"),
        )
        if since is not None and days
    ]


def _check_retention(store: Store, row: Row, policy: Policy) -> None:
    """Refuse what the policy keeps: every version from when it was made, one of production from when it left there."""
    now = store.clock.now()
    for until, said in kept_until(store, row, policy):
        if now < until:
            raise Refused(
                f"{version_reference(row)} is kept for {said}: {-(-(until - now) // _DAY_MS)} more",
                hint="[retention] in the policy says so",
            )


def _remove(store: Store, row: Row, reason: str) -> RemovedVersion:
    run, at = store.database.run, store.clock.now()
    known = {"model": row["model"], "number": row["number"]}
    run(
        "INSERT INTO removed_version (model, number, digest, major, minor, patch, pre, created_by, created_at,"
        " removed_by, removed_at, reason) VALUES (:model, :number, :digest, :major, :minor, :patch, :pre, :created_by,"
        " :created_at, :by, :at, :reason)",
        **known,
        **{name: row[name] for name in ("digest", "major", "minor", "patch", "pre", "created_by", "created_at")},
        by=store.actor.name,
        at=at,
        reason=reason,
    )
    tell_version(store, "version.removed", row, reason=reason)
    run("DELETE FROM tag WHERE subject = :subject", subject=subject_of(row))
    run("DELETE FROM version WHERE model = :model AND number = :number", **known)
    if not run("SELECT 1 FROM version WHERE digest = :digest LIMIT 1", digest=row["digest"]):
        # The value itself goes, so that nothing leads to its weights; statements about it, and edges, stay.
        run("DELETE FROM object WHERE digest = :digest AND kind = 'version'", digest=row["digest"])
    return RemovedVersion(
        reference=version_reference(row),
        digest=row["digest"],
        number=row["number"],
        removed_by=store.actor.name,
        removed_at=at,
        reason=reason,
    )


def removed(store: Store, model: str) -> tuple[RemovedVersion, ...]:
    """Return what is left of the versions of a model that were removed, newest first."""
    rows = store.database.run("SELECT * FROM removed_version WHERE model = :model ORDER BY number DESC", model=model)
    return tuple(
        RemovedVersion(
            reference=f"{model}:{semantic(row)}",
            digest=row["digest"],
            number=row["number"],
            removed_by=row["removed_by"],
            removed_at=row["removed_at"],
            reason=row["reason"],
        )
        for row in rows
    )
