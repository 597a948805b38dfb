"""Lock in a remote what a version that must be kept is made of, and let go of it when nothing keeps it any more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from lineal.formats import holding as format_
from lineal.formats.holding import Holding, Key
from lineal.objects.digest import Digest
from lineal.operations.references import Row, find_version
from lineal.operations.versioning.holds import held, kept_until
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.policies import policy_of
from lineal.storage.buckets.locks import Mode, ObjectLock
from lineal.storage.remotes.remote import Remote
from lineal.storage.store import Store

_AT_ONCE = 8


def lock(store: Store, remote: Remote, line: str, reference: str) -> str:
    """Lock the objects of a version that was pushed, as it must be kept; return what was done, or why nothing could be.

    Args:
        store: where the version is.
        remote: where its bytes are.
        line: what the versions of its model have in common there.
        reference: the version.

    Raises:
        Denied: the remote does not let us.
        Unavailable: it cannot be reached.
    """
    row = find_version(store, reference)
    tree = version_of(store, row).weights
    mode, until = _retention(store, row)
    kept = _held_trees(store)
    found = ObjectLock.of(remote.bucket)
    if isinstance(found, str):
        return f"not locked there: {found}" if mode or tree in kept else ""
    key = Key(line, 0, tree, store.identity)
    holding = remote.holding(key)
    objects = {**_objects(holding), _holding_key(key): ""}
    on = tree in kept
    shared = set() if on else _needed_elsewhere(remote, store.identity, kept, key)
    wanted = [(each, version) for each, version in sorted(objects.items()) if on or each not in shared]
    with ThreadPoolExecutor(_AT_ONCE, "lineal-lock") as pool:
        changed = sum(pool.map(lambda each: found.hold(*each, on=on), wanted))
        if mode and until:
            list(pool.map(partial(_retain, found, mode, until), objects.items()))
    said = [
        f"legal hold on {len(objects)} objects"
        if on
        else f"legal hold lifted from {changed} objects"
        if changed
        else ""
    ]
    if mode and until:
        said.append(f"kept until {datetime.fromtimestamp(until / 1_000, UTC):%Y-%m-%d} ({mode})")
    return ", ".join(filter(None, said))


def _retain(found: ObjectLock, mode: Mode, until: int, each: tuple[str, str]) -> bool:
    return found.retain(*each, mode, until)


def _retention(store: Store, row: Row) -> tuple[Mode | None, int]:
    policy, _ = policy_of(store)
    mode = policy.retention.object_lock
    until = max((at for at, _ in kept_until(store, row, policy)), default=0) if mode else 0
    return mode or None, until if until > store.clock.now() else 0


def _held_trees(store: Store) -> set[Digest]:
    return {version_of(store, find_version(store, each)).weights for each in held(store)}


def _objects(holding: Holding) -> dict[str, str]:
    """Return the keys of the objects that a holding needs, each with the store's id of its bytes."""
    named = [("pack", each) for each in holding.packs] + [("blob", each) for each in holding.blobs]
    return {format_.bytes_key(kind, each): holding.versions.get(each, "") for kind, each in named}  # type: ignore[arg-type]  # the two kinds


def _holding_key(key: Key) -> str:
    return format_.holding_key(key.line, key.number, key.tree, key.repository)


def _needed_elsewhere(remote: Remote, ours: str, kept: set[Digest], but: Key) -> set[str]:
    """Return the keys of objects that other versions which are held need too, or that another repository may hold."""
    found = set[str]()
    for key in remote.holdings():
        if key != but and (key.repository != ours or key.tree in kept):
            found |= _objects(remote.holding(key)).keys()
    return found
