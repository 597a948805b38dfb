"""What was derived from bytes, kept so that it is derived once. All of it can be derived again."""

from __future__ import annotations

from typing import TypeVar

from lineal.objects.canonical import Object, object_digest
from lineal.objects.digest import Digest
from lineal.objects.errors import NotFound, Unavailable
from lineal.storage.store import Store

T = TypeVar("T", bound=Object)


def known(store: Store, subject: Digest, kind: type[T]) -> T | None:
    """Return what was derived from ``subject``, or None when it has to be derived."""
    rows = store.database.run("SELECT digest FROM profile WHERE subject = :subject", subject=subject)
    try:
        return store.get_object(rows[0]["digest"], kind) if rows else None
    except NotFound:
        return None  # it was removed, as may be


def keep(store: Store, subject: Digest, value: Object) -> Digest:
    """Keep what was derived from ``subject`` and return its digest; a repository that only reads keeps nothing."""
    try:
        digest = store.put_object(value)
        store.database.run(
            "INSERT INTO profile (subject, digest, created_at) VALUES (:subject, :digest, :at)"
            " ON CONFLICT (subject) DO UPDATE SET digest = :digest, created_at = :at",
            subject=subject,
            digest=digest,
            at=store.clock.now(),
        )
    except Unavailable:
        return object_digest(value)
    return digest
