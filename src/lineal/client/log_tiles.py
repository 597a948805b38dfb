"""The log outside of the repository: its tiles in a directory or bucket, and what a witness makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from lineal.formats.signatures.keys import ed25519_public
from lineal.formats.transparency import merkle
from lineal.formats.transparency.notes import Checkpoint, key_id, parse_checkpoint, parse_verifier_key
from lineal.formats.transparency.tiles import ENTRIES, Tile, reading_subtrees, split_entries, tiles_of
from lineal.objects.errors import Corrupt, Invalid, NotFound
from lineal.operations import transparency
from lineal.operations.answers.upkeep import Problem
from lineal.operations.operation import Handle
from lineal.storage.buckets.bucket import Bucket

CHECKPOINT = "checkpoint"
"""Where a log's newest checkpoint is, beside its tiles."""

_ENTRIES_TOLD = 10


class Exported(NamedTuple):
    """What was written: the checkpoint, and how many tiles were new."""

    checkpoint: Checkpoint
    tiles: int
    key: str


def export_log(repository: Handle, bucket: Bucket) -> Exported:
    """Write the log into a bucket: the tiles that are missing there, and then the checkpoint.

    Raises:
        Corrupt: what is there is not the beginning of this log.
    """
    answer = transparency.checkpoint(repository)
    new, old = parse_checkpoint(answer.note), checkpoint_in(bucket)
    read = _reader(repository)
    if old is not None:
        _check_continues(old, new, read)
    count = 0
    for tile in tiles_of(new.size, after=old.size if old else 0):
        bucket.put(tile.path, read(tile))
        count += 1
    bucket.put(CHECKPOINT, answer.note.encode())
    return Exported(new, count, answer.key)


def _reader(repository: Handle) -> Callable[[Tile], bytes]:
    return lambda tile: transparency.tile(repository, tile.path).data


def checkpoint_in(bucket: Bucket) -> Checkpoint | None:
    """Return the checkpoint in a bucket, or None where none is."""
    try:
        return parse_checkpoint(bucket.get(CHECKPOINT).decode())
    except NotFound:
        return None


def _check_continues(old: Checkpoint, new: Checkpoint, read: Callable[[Tile], bytes]) -> None:
    """Prove with a log's tiles that it begins with what an earlier checkpoint had. Raises Corrupt, Invalid."""
    if old.origin != new.origin:
        raise Invalid(f"this is the log {new.origin}, and the checkpoint that of {old.origin}", hint="give its own")
    if old.size > new.size:
        raise Corrupt(
            f"the log of {new.origin} had {old.size:,} entries and has {new.size:,}: some were removed",
            hint="keep the older checkpoint: it is the evidence",
        )
    proof = merkle.consistency(old.size, new.size, reading_subtrees(new.size, read))
    if not merkle.proves_consistency(old.size, new.size, old.root, new.root, proof):
        raise Corrupt(
            f"the first {old.size:,} entries of the log {new.origin} are not those of the earlier checkpoint",
            hint="lineal verify --log --tiles, with what was exported before, tells which entry differs",
        )


def witness(bucket: Bucket, kept: Checkpoint | None, key: str = "") -> Checkpoint:
    """Return the checkpoint of a log, once it is proven that nothing before it was changed: by its tiles, and nothing else.

    Args:
        bucket: where the log was exported to, or a server of it.
        kept: the checkpoint that was seen last.
        key: the log's key, as ``NAME+ID+KEY``; empty where nobody signs.

    Raises:
        NotFound: there is no log.
        Corrupt: the log was changed.
        Invalid: the signature is missing or not that of the key.
    """
    new = checkpoint_in(bucket)
    if new is None:
        raise NotFound(f"there is no log at {bucket.url}", hint="lineal export log DIR writes one")
    if key:
        check_signature(new, key)

    def read(tile: Tile) -> bytes:
        return bucket.get(tile.path)

    if new.size and merkle.root(new.size, reading_subtrees(new.size, read)) != new.root:
        raise Corrupt(f"the tiles at {bucket.url} are not those of its checkpoint", hint="export the log anew")
    if kept is not None:
        _check_continues(kept, new, read)
    return new


def check_signature(checkpoint: Checkpoint, key: str) -> None:
    """Tell whether a checkpoint was signed by a key. Raises Invalid when it was not."""
    name, public = parse_verifier_key(key)
    mine = [each for each in checkpoint.signatures if (each.name, each.key_id) == (name, key_id(name, public))]
    if not any(ed25519_public(public).has_signed(each.signature, checkpoint.text.encode()) for each in mine):
        raise Invalid(
            f"the checkpoint of {checkpoint.origin} was not signed by the key {name}",
            hint="ask the log's owner for its key; LINEAL_LOG_KEY names it there",
        )


def compare_log(repository: Handle, bucket: Bucket) -> tuple[Problem, ...]:
    """Compare the journal with tiles that were exported before; return each entry that is not what it was.

    Raises:
        NotFound: there are none.
    """
    old = checkpoint_in(bucket)
    if old is None:
        raise NotFound(f"there is no log at {bucket.url}", hint="lineal export log DIR writes one")
    found = list[Problem]()
    for sequence, what in _differences(old, transparency.checkpoint(repository).size, bucket, _reader(repository)):
        found.append(Problem(what=what, where=f"journal entry {sequence}"))
        if len(found) == _ENTRIES_TOLD:
            found.append(Problem(what="more entries differ; only the first are told", where="journal"))
            break
    return tuple(found)


def _differences(
    old: Checkpoint, size: int, bucket: Bucket, read: Callable[[Tile], bytes]
) -> Iterator[tuple[int, str]]:
    for start in range(0, min(old.size, size), merkle.TILE_WIDTH):
        number, there = start // merkle.TILE_WIDTH, min(merkle.TILE_WIDTH, old.size - start)
        here = min(there, size - start)
        if _hashes(bucket.get(Tile(0, number, there).path), here) == _hashes(read(Tile(0, number, here)), here):
            continue
        was = split_entries(Tile(ENTRIES, number, there), bucket.get(Tile(ENTRIES, number, there).path))
        now = split_entries(Tile(ENTRIES, number, here), read(Tile(ENTRIES, number, here)))
        for place, (before, after) in enumerate(zip(was, now, strict=False)):
            if changed := _changed(before, after):
                yield start + place + 1, changed
    for sequence in range(size + 1, old.size + 1):
        yield sequence, "it was exported, and is not there any more"


def _hashes(tile: bytes, count: int) -> bytes:
    return tile[: count * len(merkle.EMPTY)]


def _changed(before: bytes, after: bytes) -> str:
    """Return in which fields an entry differs from what it was; nothing where it only names another entry before it."""
    try:
        was, now = (msgspec.json.decode(each, type=dict[str, object]) for each in (before, after))
    except msgspec.MsgspecError:
        return "its bytes are not those that were exported"
    names = [name for name in sorted(was.keys() | now.keys()) if was.get(name) != now.get(name)]
    if set(names) <= {"previous"}:
        return ""
    return "it is not what was exported: " + "; ".join(
        f"{name} was {was.get(name)!r} and is {now.get(name)!r}" for name in names
    )
