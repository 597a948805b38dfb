"""A store: bytes, rows and a clock, held together for whoever acts on them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

import msgspec

from lineal.formats import trees as formats
from lineal.objects.canonical import Object, canonical_bytes, decode
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, Invalid, NotFound
from lineal.objects.files import Entry, Tree
from lineal.objects.ulid import ulid
from lineal.storage import entries, trees
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.clock import Clock
from lineal.storage.database.database import Database
from lineal.storage.progress import Progress, Silent

if TYPE_CHECKING:
    from lineal.formats.signatures.certificates import Certificate
    from lineal.formats.signatures.keys import PrivateKey
    from lineal.storage.remotes.addresses import Addresses
    from lineal.storage.remotes.staging import Staging

T = TypeVar("T", bound=Object)

Role = Literal["none", "reader", "writer", "approver", "admin"]

ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the greatest; each may do what those before it may, and ``none`` nothing."""


class Actor(msgspec.Struct, frozen=True):
    """Who acts, and what they may do.

    Args:
        name: who.
        role: what they may do wherever nothing else is said.
        grants: their roles on single experiments and models, as ``experiment:#7`` and ``model:churn``.
    """

    name: str
    role: Role
    grants: dict[str, Role] = {}

    def role_on(self, thing: str) -> Role:
        """Return the role on one experiment, model or account. Everybody administers their own account."""
        if self.role == "admin" or thing == f"account:{self.name}":
            return "admin"
        return self.grants.get(thing, self.role)

    def may(self, needed: Role, thing: str = "") -> bool:
        """Tell whether the role on ``thing``, or on everything, is ``needed`` or a greater one."""
        if thing or self.role == "admin" or not self.grants:
            return ROLES.index(self.role_on(thing)) >= ROLES.index(needed)
        return min(ROLES.index(each) for each in (self.role, *self.grants.values())) >= ROLES.index(needed)

    def may_somewhere(self, needed: Role) -> bool:
        """Tell whether the role on anything at all is ``needed`` or a greater one."""
        return any(ROLES.index(each) >= ROLES.index(needed) for each in (self.role, *self.grants.values()))


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Which addresses that others name may be called from here: by default encrypted ones that everybody can reach.

    Args:
        plain: also without encryption.
        private: also those of a network of our own, where others could not reach.
        timeout_s: how long an answer may take.
        attempts_max: how often a message is sent until nobody tries any more.
    """

    plain: bool = False
    private: bool = False
    timeout_s: int = 10
    attempts_max: int = 12


Programs = Literal["none", "own", "all"]
"""Programs that policies name: none run, those of the repository's own policy, also those of a policy sent along."""


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operation needs. ``root`` is the ``.lineal`` directory, None where there is none.

    ``programs`` tells which programs that a policy names may run here.

    Objects and trees are values: storing one again changes nothing. Bytes come before the rows that name them, so a
    crash leaves bytes without a name and never a name without bytes.
    """

    blobs: BlobStore
    database: Database
    clock: Clock
    actor: Actor
    root: Path | None = None
    progress: Progress = Silent()
    reach: Reach = Reach()
    programs: Programs = "none"
    made: dict[Digest, str] | None = None
    log_key: Callable[[], PrivateKey] | None = None
    """Gives the key that signs checkpoints of the journal, where there is one."""
    secrets_key: Callable[[], str] | None = None
    """Gives the key by which secrets in rows are sealed, as text, where it stands in no file of the repository."""
    signer: Callable[[], tuple[PrivateKey, tuple[Certificate, ...]]] | None = None
    """Gives the key by which a server signs versions that programs register, and its certificates, where there is one."""
    addresses: Addresses | None = None
    """Gives addresses of an object store at which clients get what is whole there, where a server hands them out."""
    staging: Staging | None = None
    """Gives addresses of an object store to which clients send parts of files, where a server hands them out."""

    def noting(self) -> Store:
        """Return this store with ``made`` taking note of every object that is put into it: its digest and kind."""
        return msgspec.structs.replace(self, made={})

    def acting(self, actor: Actor) -> Store:
        """Return this store as ``actor`` uses it."""
        return msgspec.structs.replace(self, actor=actor)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Give a transaction in which no other writer of this repository is at work: what it reads stays true.

        SQLite has one writer anyway. PostgreSQL would let two promote at once, each blind to the other, so writers take
        the journal's head, which every act needs in the end, at their beginning.
        """
        with self.database.transaction():
            entries.lock(self.database)
            yield

    @property
    def epoch(self) -> int:
        """A number that grows whenever the store lets go of bytes."""
        return trees.epoch_of(self.database)

    @property
    def identity(self) -> str:
        """Who this repository is where several share a remote. Made when it is first asked for."""
        ask = "SELECT identity FROM store WHERE id = 1"
        if not (known := str(self.database.run(ask)[0]["identity"])):
            new = ulid(self.clock.now(), os.urandom(10))
            self.database.run("UPDATE store SET identity = :new WHERE id = 1 AND identity = ''", new=new)
            known = str(self.database.run(ask)[0]["identity"])
        return known

    def put_object(self, value: Object) -> Digest:
        """Keep a value and return its digest."""
        body = canonical_bytes(value)
        digest = digest_of(body)
        if self.made is not None:
            self.made[digest] = kind_of(type(value))
        self.database.run(
            "INSERT INTO object (digest, kind, size_bytes, body, created_at)"
            " VALUES (:digest, :kind, :size_bytes, :body, :at) ON CONFLICT (digest) DO NOTHING",
            digest=digest,
            kind=kind_of(type(value)),
            size_bytes=len(body),
            body=body.decode(),
            at=self.clock.now(),
        )
        return digest

    def get_object(self, digest: Digest, kind: type[T]) -> T:
        """Return the value that ``digest`` names.

        Raises:
            NotFound: there is none, or it is of another kind.
            Corrupt: its bytes are not those that the digest names.
            Unsupported: a newer Lineal wrote it.
        """
        rows = self.database.run("SELECT kind, body FROM object WHERE digest = :digest", digest=digest)
        if not rows:
            raise NotFound(f"there is no object {digest}", hint="lineal verify tells what else is missing")
        if (found := digest_of(rows[0]["body"].encode())) != digest:
            raise Corrupt(
                f"the row of the {rows[0]['kind']} {digest} in the table object holds other bytes: they are {found}",
                hint="restore the database from a copy",
            )
        if rows[0]["kind"] != kind_of(kind):
            raise NotFound(f"{digest} is a {rows[0]['kind']}, not a {kind_of(kind)}", hint="name another digest")
        return decode(rows[0]["body"], kind)

    def put_tree(self, tree: Tree) -> Digest:
        """Keep a tree of entries: its nodes, and a row for each entry. Returns its digest.

        Raises:
            Invalid: a path leaves the tree, or the entries are not sorted by path.
        """
        epoch = self.epoch
        digest = trees.put(self.blobs, tree.entries)
        self.keep_tree(digest, epoch=epoch)
        return digest

    def keep_tree(
        self, digest: Digest, *, epoch: int | None = None, anew: bool = False, made: Mapping[Digest, Tree] = {}
    ) -> None:
        """Write the rows of a tree whose nodes are stored already.

        Args:
            digest: the tree.
            epoch: that of the store when its files were last known to be there; without it they are looked for.
            anew: whether those parts are looked at too that are known, because they may have been lost.
            made: nodes that the caller made itself and need not be read.

        Raises:
            NotFound: a node is not here.
            Corrupt: one is no node.
            Invalid: one holds paths that cannot be in a tree, or a file is not here.
        """
        trees.keep(self.database, self.blobs, digest, at=self.clock.now(), epoch=epoch, anew=anew, made=made)

    def entries(self, tree: Digest, *, under: str = "") -> Iterator[Entry]:
        """Yield the entries of a tree in the order of their paths, without holding them all.

        Args:
            tree: its digest.
            under: only this path and what is below it.

        Raises:
            NotFound: a part of it is not here.
            Corrupt: a part of it is no tree.
        """
        return formats.entries(tree, self.blobs.get, under=under)

    def get_tree(self, digest: Digest) -> Tree:
        """Return a tree with all its entries at once. Raises NotFound, Corrupt, Unsupported."""
        return Tree(entries=tuple(self.entries(digest)))


def kind_of(kind: type[Object]) -> str:
    """Return the word for a kind of object: its tag. Raises Invalid for a part, which cannot stand alone."""
    tag = kind.__struct_config__.tag
    if not isinstance(tag, str):
        raise Invalid(f"a {kind.__name__} is a part of an object and is not kept alone")
    return tag
