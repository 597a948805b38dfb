"""Whether the journal is what was written: each entry, the chain, the log's tree, and what entries name."""

from __future__ import annotations

from typing import Any

import msgspec

from lineal.formats.transparency.merkle import EMPTY, Growing, leaf_hash
from lineal.formats.transparency.notes import Checkpoint
from lineal.objects.canonical import canonical_bytes, decode
from lineal.objects.digest import digest_of
from lineal.objects.errors import LinealError
from lineal.objects.journal import JournalEntry
from lineal.operations.answers.upkeep import Problem
from lineal.storage.database.database import Row
from lineal.storage.store import Store

_PAGE = 4_096
_ASKED_AT_ONCE = 500

_SKEW_MS = 300_000
"""How far the clocks of servers may have differed that wrote before the journal's time was kept from going back."""

_DECIDING = ("gate", "approval")
"""Statements that let a version through: one that no act made was put there by somebody."""

_IN_ROW = {"sequence": "sequence", "at": "at", "made_by": "by", "operation": "operation", "subject": "subject"}
"""The columns of a row of the journal that repeat a field of its entry."""


class Reading(msgspec.Struct):
    """What was found by walking the journal from its beginning.

    Args:
        problems: what is wrong.
        kept: checkpoints that were kept elsewhere, which the journal must begin with.
    """

    problems: list[Problem]
    kept: tuple[Checkpoint, ...] = ()
    count: int = 0
    root: bytes = EMPTY
    tree: Growing = msgspec.field(default_factory=Growing)
    over: dict[tuple[int, int], str] = {}
    named: set[str] = set()
    since: int | None = None
    """When the first entry was written that names what it made."""

    def add(self, what: str, sequence: int | None = None) -> None:
        """Take note of what is wrong with an entry, or with the journal."""
        where = "journal" if sequence is None else f"journal entry {sequence}"
        self.problems.append(Problem(what=what, where=where))


def read_journal(store: Store, problems: list[Problem], kept: tuple[Checkpoint, ...] = ()) -> Reading:
    """Walk the journal and check all of it; return what was found.

    Args:
        store: where.
        problems: gets what is wrong, in the order of the entries.
        kept: checkpoints that were kept elsewhere.
    """
    found = Reading(problems=problems, kept=kept, over={}, named=set())
    waiting = {each.size: each.root for each in kept}
    _compare_root(found, waiting)
    previous: Row | None = None
    at = 0
    while rows := store.database.run(
        "SELECT * FROM journal WHERE sequence > :after ORDER BY sequence LIMIT :page", after=found.count, page=_PAGE
    ):
        named = set[str]()
        for row in rows:
            at = _check_entry(found, row, previous, at, named)
            previous = row
            if waiting and found.tree.size in waiting:
                _compare_root(found, waiting)
        _check_named(store, found, named)
    _check_end(store, found, previous, waiting)
    _check_tiles(store, found)
    _check_statements(store, found)
    found.root = found.tree.root()
    return found


def _check_entry(found: Reading, row: Row, previous: Row | None, at: int, named: set[str]) -> int:
    """Check one row of the journal, put it into the tree, and return when it was written."""
    sequence, body = row["sequence"], row["body"].encode()
    for level, number, over in found.tree.add(leaf_hash(body)):
        found.over[level, number] = over.hex()
    expected, found.count = found.count + 1, sequence
    try:
        entry = decode(body, JournalEntry)
    except LinealError as error:
        found.add(error.message, sequence)
        return at
    if sequence != expected:
        gone = f"entry {expected}" if sequence == expected + 1 else f"entries {expected} to {sequence - 1}"
        found.add(f"{gone} before it {'was' if ' to ' not in gone else 'were'} removed", sequence)
    elif entry.previous != (previous and previous["digest"]):
        found.add(_unchained(entry, row, previous), sequence)
    if digest_of(body) != row["digest"]:
        found.add(f"the entry was changed after it was written: {_differing(entry, row)}", sequence)
    elif canonical_bytes(entry) != body or _differing_columns(entry, row):
        found.add(f"the row and the entry in it differ: {_differing(entry, row)}", sequence)
    if entry.at < at - (_SKEW_MS if found.since is None else 0):
        found.add(f"it is dated {at - entry.at} ms before the entry before it: {entry.at}, and that one {at}", sequence)
    if entry.objects:
        found.since = entry.at if found.since is None else found.since
        named.update(entry.objects)
    return entry.at


def _unchained(entry: JournalEntry, row: Row, previous: Row | None) -> str:
    if entry.sequence != row["sequence"]:
        return f"it was written as entry {entry.sequence}, and stands here in the place of another"
    before = f"entry {previous['sequence']} is {previous['digest']}" if previous else "there is none before it"
    return f"it does not follow the entry before it: it names {entry.previous}, and {before}"


def _differing(entry: JournalEntry, row: Row) -> str:
    """Return what of a row differs from the entry in it, as far as the row tells."""
    told = [f"the row has {name} {row[name]!r}, the entry {value!r}" for name, value in _differing_columns(entry, row)]
    found = digest_of(row["body"].encode())
    return "; ".join(told or [f"its bytes are {found}, and what was written was {row['digest']}"])


def _differing_columns(entry: JournalEntry, row: Row) -> list[tuple[str, Any]]:
    return [(name, getattr(entry, field)) for name, field in _IN_ROW.items() if row[name] != getattr(entry, field)]


def _compare_root(found: Reading, waiting: dict[int, bytes]) -> None:
    """Compare the root over the entries so far with a checkpoint of that many."""
    kept = waiting.pop(found.tree.size, None)
    if kept is not None and kept != (root := found.tree.root()):
        found.add(
            f"the first {found.tree.size:,} entries are not those of the checkpoint that was kept: the root over them is"
            f" {root.hex()}, and was {kept.hex()}; with --tiles, what was exported then tells which entry differs"
        )


def _check_end(store: Store, found: Reading, last: Row | None, waiting: dict[int, bytes]) -> None:
    head = store.database.run("SELECT sequence, digest FROM journal_head WHERE id = 1")[0]
    if (head["sequence"], head["digest"]) != (found.count, last and last["digest"]):
        found.add(f"the journal ends at {found.count}, but {head['sequence']} acts were written")
    for size in sorted(waiting):
        found.add(
            f"the checkpoint that was kept has {size:,} entries, and the journal {found.tree.size:,}: some were removed"
        )


def _check_tiles(store: Store, found: Reading) -> None:
    """Compare the hashes that were kept over full tiles: they tell of entries that were changed with the whole chain."""
    for row in store.database.run("SELECT level, number, hash FROM journal_tile ORDER BY level, number"):
        over = found.over.get((row["level"], row["number"]))
        if over != row["hash"]:
            width = 256 ** (row["level"] + 1)
            first = row["number"] * width + 1
            what = (
                "are not all there" if over is None else "are not those that were there when the log was last asked for"
            )
            found.add(f"entries {first:,} to {first + width - 1:,} {what}")


def _check_named(store: Store, found: Reading, named: set[str]) -> None:
    """Look for what entries name: each object is there, and has the bytes that its digest says."""
    found.named |= named
    missing, digests = set(named), sorted(named)
    for start in range(0, len(digests), _ASKED_AT_ONCE):
        batch = {f"d{place}": each for place, each in enumerate(digests[start : start + _ASKED_AT_ONCE])}
        marks = ", ".join(f":{each}" for each in batch)
        for row in store.database.run(f"SELECT digest, kind, body FROM object WHERE digest IN ({marks})", **batch):
            missing.discard(row["digest"])
            if digest_of(row["body"].encode()) != row["digest"]:
                found.add(f"the {row['kind']} {row['digest']}, which an entry names, holds other bytes")
    # A version that was removed leaves a record, which is an act of its own.
    removed = {row["digest"] for row in store.database.run("SELECT digest FROM removed_version")} if missing else set()
    for each in sorted(missing - removed):
        found.add(f"{each}, which an entry names, is not here any more")


def _check_statements(store: Store, found: Reading) -> None:
    """Compare the statements with the acts: none is gone, and none that decides was made by nobody."""
    listed = dict[str, Row]()
    after = ""
    while rows := store.database.run(
        "SELECT * FROM statement WHERE digest > :after ORDER BY digest LIMIT :page", after=after, page=_PAGE
    ):
        after = rows[-1]["digest"]
        for row in rows:
            listed[row["digest"]] = row
            is_late = found.since is not None and row["made_at"] > found.since
            if is_late and row["kind"] in _DECIDING and row["digest"] not in found.named:
                found.add(
                    f"the {row['kind']} {row['digest']} about {row['subject']}, said to be by {row['made_by']}, was made by no act"
                )
    if not found.named:
        return
    for row in store.database.run("SELECT digest FROM object WHERE kind = 'statement'"):
        if row["digest"] in found.named and row["digest"] not in listed:
            found.add(f"the statement {row['digest']}, which an entry names, was taken out of the list of statements")
