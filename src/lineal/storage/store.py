"""The store: bytes, rows and a clock, and who is using them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from lineal.objects.canonical import Object, canonical_bytes, decode
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, NotFound
from lineal.objects.files import Tree
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.clock import Clock
from lineal.storage.database.database import Database

T = TypeVar("T", bound=Object)

Role = Literal["reader", "writer", "approver", "admin"]
ROLES: tuple[Role, ...] = ("reader", "writer", "approver", "admin")
"""What a person may do; each may do what those before it may."""


class Actor(NamedTuple):
    """Who acts, and as what."""

    name: str
    role: Role


@dataclass(frozen=True)
class Store:
    """Everything an operation needs. ``root`` is the ``.lineal`` directory, absent for a repository in memory."""

    blobs: BlobStore
    database: Database
    clock: Clock
    actor: Actor
    root: Path | None = None

    def acting(self, actor: Actor) -> Store:
        """Return the same store, used by ``actor``."""
        return replace(self, actor=actor)

    def put_object(self, value: Object) -> Digest:
        """Store ``value`` and return its digest; storing it again changes nothing."""
        body = canonical_bytes(value)
        digest = digest_of(body)
        self.database.run(
            "INSERT INTO object (digest, kind, size_bytes, body, created_at)"
            " VALUES (:digest, :kind, :size_bytes, :body, :at) ON CONFLICT (digest) DO NOTHING",
            digest=digest,
            kind=str(value.__struct_config__.tag),
            size_bytes=len(body),
            body=body.decode(),
            at=self.clock.now(),
        )
        return digest

    def get_object(self, digest: str, kind: type[T]) -> T:
        """Return the object that ``digest`` names.

        Raises:
            NotFound: it is not here.
            Corrupt: another one is in its place.
            Unsupported: a newer Lineal wrote it.
        """
        rows = self.database.run("SELECT body FROM object WHERE digest = :digest", digest=digest)
        if not rows:
            raise NotFound(f"the database does not hold {digest}", hint="lineal verify tells what else is missing")
        body = rows[0]["body"].encode()
        if digest_of(body) != digest:
            raise Corrupt(f"the database holds another object than {digest} in its place", hint="lineal verify")
        return decode(body, kind)

    def put_tree(self, tree: Tree) -> Digest:
        """Store a tree as bytes, and its entries as rows; its files must be stored first."""
        digest = self.blobs.put(canonical_bytes(tree))
        self.database.many(
            "INSERT INTO entry (tree, path, digest, size_bytes, mode)"
            " VALUES (:tree, :path, :digest, :size_bytes, :mode) ON CONFLICT (tree, path) DO NOTHING",
            [
                {"tree": digest, "path": e.path, "digest": e.digest, "size_bytes": e.size_bytes, "mode": e.mode}
                for e in tree.entries
            ],
        )
        return digest

    def get_tree(self, digest: str) -> Tree:
        """Return the tree that ``digest`` names. Raises NotFound, Corrupt."""
        return decode(self.blobs.get(Digest(digest)), Tree)
