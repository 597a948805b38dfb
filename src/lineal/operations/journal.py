"""The journal: one entry for each act, and for each that was denied, chained by digests."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Literal

import msgspec

from lineal.objects.canonical import canonical_bytes
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import LinealError
from lineal.objects.journal import JournalEntry
from lineal.storage import entries
from lineal.storage.database.database import Row
from lineal.storage.store import Actor, Store

Outcome = Literal["done", "began", "failed", "denied"]

_REQUEST_BYTES_MAX = 4096
"""Longer requests (a run's long list of files) are in the journal by their digest only."""

_DETAIL_CHARACTERS_MAX = 2_000
_SUBJECT_CHARACTERS_MAX = 500

_NAMED = ("statement", "version", "card", "dataset", "run")
"""The kinds of objects that an entry names, in this order: code and runtimes are named by the runs."""

_NAMED_MAX = 400
"""An entry of a transparency log has 65,535 bytes at most; imports bring 200 runs at once."""


UNKNOWN = "unknown"
"""Who somebody is that has no account."""


def write_entry(
    store: Store,
    words: str,
    request: bytes,
    outcome: Outcome,
    *,
    subject: str = "",
    result: Digest | None = None,
    detail: str = "",
) -> None:
    """Append one entry to the chain, in a transaction: the lock of its head puts concurrent writers in an order.

    Args:
        store: where, and as whom.
        words: which act.
        request: what it was given, without secrets.
        outcome: how it ended.
        subject: what it was about.
        result: the digest of its answer.
        detail: what there is to say.
    """
    from lineal.capture.secrets import mask, mask_bytes  # noqa: PLC0415 - a question is not journalled

    body, _ = mask_bytes(request)
    if len(body) > _REQUEST_BYTES_MAX:
        body = msgspec.json.encode({"digest": digest_of(body), "size_bytes": len(body)})
    entry = JournalEntry(
        sequence=0,
        at=store.clock.now(),
        by=store.actor.name,
        operation=words,
        request=body.decode(),
        outcome=outcome,
        previous=None,
        subject=mask(subject)[0][:_SUBJECT_CHARACTERS_MAX],
        result=result,
        detail=detail[:_DETAIL_CHARACTERS_MAX],
        objects=_made(store),
    )
    entries.append(store.database, partial(_row, entry))


def _row(entry: JournalEntry, last: Row) -> Row:
    """Return the row of an entry behind the last one."""
    # The clocks of several machines differ, and one may be set back: the journal's time does not go back.
    sequence, at = last["sequence"] + 1, max(entry.at, last["at"])
    body = canonical_bytes(msgspec.structs.replace(entry, sequence=sequence, at=at, previous=last["digest"]))
    return {
        "sequence": sequence,
        "digest": digest_of(body),
        "at": at,
        "made_by": entry.by,
        "operation": entry.operation,
        "subject": entry.subject,
        "body": body.decode(),
    }


def _made(store: Store) -> tuple[Digest, ...]:
    """Return what the act made, in an order that does not depend on chance."""
    found = [(_NAMED.index(kind), digest) for digest, kind in (store.made or {}).items() if kind in _NAMED]
    return tuple(digest for _, digest in sorted(found)[:_NAMED_MAX])


def note_denied_login(store: Store, name: str, why: str) -> None:
    """Journal a login that failed. Where even that cannot be written, it failed all the same.

    Args:
        store: where.
        name: whose account it was tried with. One that nobody has is not written down: people type passwords there.
        why: what was wrong, and from where.
    """
    known = store.database.run("SELECT 1 AS one FROM account WHERE name = :name", name=name)
    tried = store.acting(Actor(name if known else UNKNOWN, "none"))
    subject = f"account:{name}" if known else ""
    with suppress(LinealError), tried.writing():
        write_entry(tried, "user login", b"{}", "denied", subject=subject, detail=why)
