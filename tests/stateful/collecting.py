"""Two writers, a collector and a reader on one store, step by step in any order, each of which may die at any step.

Every actor is a generator that stops between the steps of its work, so that the steps of all of them interleave as chance
has it; a death leaves whatever the actor had open as a killed process would. What was named is kept in a dictionary, and
must be readable, byte for byte, at every moment.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from lineal.formats import trees
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.objects.files import Entry
from lineal.operations import every
from lineal.operations.operation import Upload
from lineal.operations.perform import perform
from lineal.storage import checking
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.collecting import Collector
from lineal.storage.database import migrations
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.progress import Silent
from lineal.storage.store import Actor, Store
from lineal.testing.faults import Crash

NAMES = ("a", "b", "c")
LARGE = 1 << 20


class Ticking:
    """A clock that goes on by a second whenever it is looked at, far in the future: every file on the disk is old."""

    def __init__(self) -> None:
        self.at = 4_000_000_000_000

    def now(self) -> int:
        self.at += 1_000
        return self.at


class Dying:
    """A database on which the program dies at the n-th statement that changes something."""

    def __init__(self, inner: Sqlite) -> None:
        self.inner = inner
        self.dialect = inner.dialect
        self.left = -1

    def run(self, sql: str, /, **values: object) -> list[dict[str, object]]:
        self._step(sql)
        return self.inner.run(sql, **values)

    def later(self, sql: str, /, **values: object):
        self._step(sql)
        return self.inner.later(sql, **values)

    def many(self, sql: str, rows: object, /) -> None:
        self._step(sql)
        self.inner.many(sql, rows)  # type: ignore[arg-type]

    def gather(self, sql: str, rows: object, /) -> None:
        self._step(sql)
        self.inner.gather(sql, rows)  # type: ignore[arg-type]

    def transaction(self):
        return self.inner.transaction()

    def notes(self, write, /):
        return self.inner.notes(write)

    def close(self) -> None:
        self.inner.close()

    def _step(self, sql: str) -> None:
        if sql.lstrip()[:6] in {"INSERT", "UPDATE", "DELETE"} and self.left >= 0:
            self.left -= 1
            if self.left < 0:
                raise Crash


class World:
    """A store, those who work on it, and what must be in it.

    Args:
        directory: where the store is.
        seed: of everything that happens by chance.
    """

    def __init__(self, directory: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = Ticking()
        self.database = Dying(Sqlite(directory / "database.sqlite"))
        migrations.migrate(self.database, phase="pre")
        self.blobs = PackedBlobs(directory / "blobs", directory / "tmp", self.database, self.clock)
        self.store = Store(
            blobs=self.blobs, database=self.database, clock=self.clock, actor=Actor("ada", "admin"), root=directory
        )
        self.directory = directory
        self.newest = 0
        self.noise = self.chance.randbytes(LARGE)
        self.before: Digest | None = None
        self.named: dict[str, dict[str, bytes]] = {}
        self.actors: dict[str, Iterator[None]] = {}
        self.deaths = self.commits = self.collections = self.refusals = 0

    def step(self) -> None:
        """Let one actor do one step, or die at it."""
        kind = self.chance.choice(("writer 1", "writer 2", "writer 1", "writer 2", "collector", "reader"))
        if kind not in self.actors:
            self.actors[kind] = {"collector": self.collect, "reader": self.read}.get(kind, self.write)()
        if self.chance.random() < 0.02:
            self.database.left = self.chance.randrange(6)
        try:
            next(self.actors[kind])
        except StopIteration:
            del self.actors[kind]
        except Crash:
            self.deaths += 1
            del self.actors[kind]
        finally:
            self.database.left = -1
        if self.chance.random() < 0.01 and self.actors:
            # Killed between two steps: what it had open is gone, and nobody cleans up.
            self.actors.pop(self.chance.choice(sorted(self.actors)))
            self.deaths += 1

    def content(self) -> dict[str, bytes]:
        """Return files, some new, some that another writer has just now, some that were taken and never named."""
        self.newest += 1
        kinds = [self.chance.randrange(self.newest, self.newest + 12) for _ in range(self.chance.randrange(1, 25))]
        files = [b"%d " % kind * (1 + kind % 90) for kind in kinds]
        if self.chance.random() < 0.1:
            files.append(self.large(self.chance.randrange(self.newest, self.newest + 3)))
        return {f"{index:02}": data for index, data in enumerate(files)}

    def large(self, kind: int) -> bytes:
        """Return a large file that differs little from the others, so that it is kept as a recipe."""
        if self.chance.random() < 0.3:
            self.noise, self.before = self.chance.randbytes(LARGE), None
        data = bytearray(self.noise)
        data[1_000:1_008] = kind.to_bytes(8, "big")
        return bytes(data)

    def write(self) -> Iterator[None]:
        """Take files and name them, as a client does: bytes, nodes, rows, name."""
        files = self.content()
        epoch = self.store.epoch
        yield
        present = self.blobs.has(digest_of(each) for each in files.values())
        yield
        with self.blobs.bundle(few=self.chance.choice((0, 16))) as bundle:
            for data in files.values():
                if digest_of(data) not in present and len(data) < LARGE:
                    bundle.put(digest_of(data), data)
        yield
        for data in files.values():
            if len(data) >= LARGE and digest_of(data) not in present:
                self.put_version(data)
        yield
        entries = (
            Entry(path=path, digest=digest_of(each), size_bytes=len(each)) for path, each in sorted(files.items())
        )
        nodes = list(trees.grow(entries))
        with self.blobs.bundle() as bundle:
            for node in nodes:
                bundle.put(node.digest, node.body)
        yield
        try:
            self.store.keep_tree(nodes[-1].digest, epoch=epoch)
            yield
            self.name(nodes[-1].digest, files)
        except (Conflict, NotFound, Invalid):
            self.refusals += 1  # the client would begin again

    def put_version(self, data: bytes) -> None:
        """Store a large file, beside the one before it."""
        path = self.directory / "large"
        path.write_bytes(data)
        self.blobs.put_file(path, base=self.before)
        self.before = digest_of(data)

    def name(self, tree: Digest, files: dict[str, bytes]) -> None:
        """Give files their name: from here on they must never be lost."""
        operation = every()["data add"]
        request = operation.request(path=Upload(tree, "x"), name=self.chance.choice(NAMES), message="")
        answer = perform(self.store, operation, request)
        self.named[answer.reference] = files
        self.commits += 1

    def collect(self) -> Iterator[None]:
        """Let go of what nothing names, however young it is."""
        collector = Collector(self.store, self.blobs, grace_ms=self.chance.choice((0, 60_000)), quarantine_ms=0)
        for _ in collector.steps(delete=True):
            yield
        self.collections += 1

    def read(self) -> Iterator[None]:
        """Read something that was named."""
        if self.named:
            self.check(self.chance.choice(sorted(self.named)))
        yield

    def check(self, reference: str) -> None:
        """Compare what is stored under a name with what was named."""
        number = int(reference.rpartition("@")[2])
        name = reference.removeprefix("data:").rpartition("@")[0]
        rows = self.store.database.run(
            "SELECT tree FROM dataset WHERE name = :name AND number = :number", name=name, number=number
        )
        found = {each.path: self.blobs.get(each.digest) for each in self.store.entries(rows[0]["tree"])}
        assert self.named[reference] == found, reference

    def check_all(self) -> None:
        """Compare everything, and look that nothing in the store is damaged."""
        for reference in self.named:
            self.check(reference)
        assert () == checking.check(self.blobs, sample=1, progress=Silent()).damages
