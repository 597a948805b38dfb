"""The journal: what was done here, one entry an act."""

from __future__ import annotations

from typing import Literal

from lineal.objects.canonical import Object
from lineal.objects.digest import Digest


class JournalEntry(Object, frozen=True, tag="journal"):
    """One act in the repository's append-only, hash-chained log.

    ``request`` is the operation's arguments as JSON text; ``result`` the digest of its answer;
    ``previous`` the digest of the entry before, so that no entry can be changed or removed unseen.
    ``objects`` are the statements, versions, runs, datasets and cards that the act made.
    """

    sequence: int
    at: int
    by: str
    operation: str
    request: str
    outcome: Literal["done", "began", "failed", "denied"]
    previous: Digest | None = None
    subject: str = ""
    result: Digest | None = None
    detail: str = ""
    objects: tuple[Digest, ...] = ()
