"""Verbs that make room and mend: let go of bytes that nothing names, fetch anew what is damaged."""

from __future__ import annotations

from lineal.objects.errors import Invalid, LinealError
from lineal.operations.answers.upkeep import Collection, Problem, Repair
from lineal.operations.data import transfers
from lineal.operations.data.stores import every_remote, packed_of, remote_of
from lineal.operations.data.upkeep import verify_store
from lineal.operations.operation import operation
from lineal.storage import checking
from lineal.storage.collecting import Collector
from lineal.storage.remotes.checking import check as check_remote
from lineal.storage.remotes.checking import mend as mend_remote
from lineal.storage.remotes.collecting import collect as collect_remote
from lineal.storage.remotes.staging import KEPT_MS
from lineal.storage.store import Store

_DAY_MS = 24 * 3_600_000


@operation("gc", effect="acts")
def gc(
    store: Store, *, delete: bool = False, grace_days: float = 14.0, undo_days: float = 7.0, remote: str = ""
) -> Collection:
    """Let go of bytes that nothing names: what crashes left, and what was taken and never named.

    Says what would go; only --delete lets it go. No version, dataset or run ever loses a byte, and writers need not stop.

    Args:
        delete: let go of it. In the repository files go to the quarantine first.
        grace_days: younger bytes stay, since somebody may be about to name them.
        undo_days: how long the quarantine keeps what was let go of; lineal repair takes it back when it is needed.
        remote: collect in this remote instead, by what all repositories say that it holds for them.

    Raises:
        Invalid: the days are negative.
        Conflict: somebody writes to the remote at this moment.
        Corrupt: a tree cannot be read, so nobody knows what it needs; nothing is let go of.
    """
    if grace_days < 0 or undo_days < 0:
        raise Invalid("days cannot be negative", hint="--grace-days 14")
    grace_ms, undo_ms = int(grace_days * _DAY_MS), int(undo_days * _DAY_MS)
    if remote:
        found = remote_of(store, remote)
        found.check(make=False)
        with found.collecting(store.actor.name):
            now = store.clock.now()
            done = collect_remote(found, before=now - grace_ms, given_up_before=now - KEPT_MS, delete=delete)
        return Collection(
            where=found.url,
            deleted=delete,
            packs=done.packs,
            blobs=done.blobs,
            temporary=done.temporary,
            size_bytes=done.size_bytes,
        )
    went = Collector(store, packed_of(store), grace_ms=grace_ms, quarantine_ms=undo_ms).collect(delete=delete)
    return Collection(
        where="repository",
        deleted=delete,
        packs=went.packs,
        blobs=went.blobs,
        recipes=went.recipes,
        temporary=went.temporary,
        size_bytes=went.size_bytes,
        purged_bytes=went.purged_bytes,
    )


@operation("repair", effect="acts")
def repair(store: Store, *, source: str = "", remote: str = "") -> Repair:
    """Mend what lineal verify finds damaged or missing, from remotes that have it whole; the damaged is put aside.

    Args:
        source: the remote's name or address to ask first; by default the default remote, then all others.
        remote: mend this remote instead, from what is whole here: its name or address.
    """
    blobs = packed_of(store)
    if remote:
        return _mend_remote(store, remote)
    indexed = checking.index_anew(blobs)
    remotes = every_remote(store, source)
    mended = list[str]()
    for damage in checking.check(blobs, sample=1, progress=store.progress).damages:
        if where := checking.mend(blobs, damage.kind, damage.digest, [each.bucket for each in remotes]):
            mended.append(f"{damage.kind} {damage.digest} from {where}")
    left = verify_store(store)
    for name in sorted({user for each in left for user in each.used_by if user.startswith("data:")}):
        try:
            transfers.pull_from(store, remotes, name)
        except LinealError:
            continue
        mended.append(name)
    return Repair(mended=tuple(mended), indexed_packs=indexed, problems=_still(store, left, mended))


def _mend_remote(store: Store, name: str) -> Repair:
    found, blobs = remote_of(store, name), packed_of(store)
    with found.writing(store.actor.name):
        damages = check_remote(found, blobs.scratch, sample=1, progress=store.progress).damages
        sent = {each.key for each in mend_remote(found, blobs, damages)}
    return Repair(
        mended=tuple(f"{each} in {found.url}" for each in sorted(sent)),
        problems=tuple(
            Problem(what=each.message, where=found.url, used_by=each.used_by)
            for each in damages
            if each.key not in sent
        ),
    )


def _still(store: Store, before: tuple[Problem, ...], mended: list[str]) -> tuple[Problem, ...]:
    return verify_store(store) if before and mended else before
