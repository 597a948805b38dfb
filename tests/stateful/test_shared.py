"""Whatever is done to files that a store shares with the workspace: it gives right bytes or none, and changes no file."""

from __future__ import annotations

import mmap
import os
import random
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lineal.client.connect import init
from lineal.objects import chains
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, LinealError, NotFound
from lineal.storage import checking
from lineal.storage.blobs import chained, shared, shared_notes, sharing
from lineal.storage.remotes import pushing
from lineal.storage.repository import on_disk

CONTENT = {"a.bin": random.Random(1).randbytes(1_100_000), "b.bin": random.Random(2).randbytes(2_300_001)}
DIGESTS = {name: digest_of(data) for name, data in CONTENT.items()}
RACY_NS = 40_000_000
TICK_S = 0.012
"""Longer than any kernel takes from one time of a file to the next."""

names = st.sampled_from(sorted(CONTENT))
places = st.integers(0, 2_300_000)


class SharedHistory(RuleBasedStateMachine):
    """Pulls two files into a directory, does anything to them there, and asks the store for them in every way."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.top = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.before = shared.RACY_NS, sharing.RACY_NS, shared.LARGE_BYTES, shared.NOT_WAITED_FOR_BYTES
        self.chained_before = chains._PIECE_BYTES_MIN, chained.CHAINED_BYTES, pushing.CHAINED_BYTES
        chains._PIECE_BYTES_MIN = 1 << 18
        chained.CHAINED_BYTES = pushing.CHAINED_BYTES = 1 << 20
        shared.RACY_NS = sharing.RACY_NS = RACY_NS
        shared.LARGE_BYTES = 1 << 20
        self.mine: dict[Path, bytes] = {}
        """What is in the workspace, by whoever put it there last."""
        self.boots, self.boot_before = 0, shared_notes.boot
        self.memories: list[tuple[int, mmap.mmap]] = []

    @initialize()
    def push(self) -> None:
        for name in ("here", "there", "remote"):
            (self.top / name).mkdir()
        (self.top / "here" / "data").mkdir()
        for name, data in CONTENT.items():
            (self.top / "here" / "data" / name).write_bytes(data)
        with init(self.top / "here") as here:
            here.remote.add("r", str(self.top / "remote"), default=True)
            here.data.add(self.top / "here" / "data", name="x")
            here.data.push(("data:x",))
        self.there = self.stack.enter_context(init(self.top / "there"))
        self.there.remote.add("r", str(self.top / "remote"), default=True)
        self.data = self.top / "there" / "data"
        self.pull(force=True)

    def teardown(self) -> None:
        self.memories.clear()
        self.stack.close()
        shared.RACY_NS, sharing.RACY_NS, shared.LARGE_BYTES, shared.NOT_WAITED_FOR_BYTES = self.before
        chains._PIECE_BYTES_MIN, chained.CHAINED_BYTES, pushing.CHAINED_BYTES = self.chained_before
        shared_notes.boot = self.boot_before

    @property
    def blobs(self):
        found = on_disk(self.there.store)
        assert found
        return found

    # What a user does.

    @rule(force=st.booleans(), waits=st.booleans())
    def pull(self, force: bool, waits: bool = False) -> None:
        shared.NOT_WAITED_FOR_BYTES = 0 if waits else 2_000_000
        with self.there.placing(self.data, "data:x"):
            self.there.data.pull(("data:x",))
            self.put(force)

    @rule(force=st.booleans())
    def get(self, force: bool) -> None:
        try:
            self.put(force)
        except NotFound:  # the store's copy of one may have gone; the other may be in place
            for name, data in CONTENT.items():
                if (path := self.data / name).exists() and path.read_bytes() == data:
                    self.mine[path] = data

    def put(self, force: bool) -> None:
        try:
            self.there.data.get("data:x", self.data, force=force)
        except Conflict:
            assert not force
        else:
            self.mine.update({self.data / name: data for name, data in CONTENT.items()})

    @rule(name=names, at=places)
    def write(self, name: str, at: int) -> None:
        self.edit(name, lambda data: data[:at].ljust(at, b"\0") + b"edit" + data[at + 4 :], at, b"edit")

    @rule(name=names, at=places)
    def write_and_set_the_time_back(self, name: str, at: int) -> None:
        if (path := self.data / name).exists():
            before = path.stat()
            self.write(name, at)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(name=names, at=places)
    def stop_the_machine(self, name: str, at: int) -> None:
        """Start it anew, and take from a file what the disk did not get: its end, with the time as it was."""
        path = self.data / name
        if path.exists() and not self.memories:
            before = path.stat()
            os.truncate(path, min(at, before.st_size))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
            self.mine[path] = self.mine[path][:at]
            self.see_other_names(path)
        self.boots += 1
        shared_notes.boot = lambda: f"the start {self.boots}"

    @rule(name=names)
    def append(self, name: str) -> None:
        self.edit(name, lambda data: data + b"more", None, b"more")

    def edit(self, name: str, changed, at: int | None, data: bytes) -> None:
        path = self.data / name
        if path.exists():
            time.sleep(TICK_S)
            with path.open("r+b") as file:
                file.seek(at) if at is not None else file.seek(0, os.SEEK_END)
                file.write(data)
            self.mine[path] = changed(self.mine[path])
            self.see_other_names(path)

    def see_other_names(self, path: Path) -> None:
        for other in self.mine:
            if other.exists() and other.samefile(path):
                self.mine[other] = self.mine[path]

    @rule(name=names, size=st.integers(0, 2_400_000))
    def truncate(self, name: str, size: int) -> None:
        path = self.data / name
        if path.exists() and not any(each == path.stat().st_ino for each, _ in self.memories):
            time.sleep(TICK_S)
            os.truncate(path, size)
            self.mine[path] = self.mine[path][:size].ljust(size, b"\0")
            self.see_other_names(path)

    @rule(name=names)
    def open_in_memory(self, name: str) -> None:
        path = self.data / name
        if path.exists() and path.stat().st_size >= 1_000_000:
            with path.open("r+b") as file:
                self.memories.append((path.stat().st_ino, mmap.mmap(file.fileno(), 1_000_000)))

    @precondition(lambda self: self.memories)
    @rule(at=st.integers(0, 999_000), chance=st.randoms(use_true_random=False))
    def write_in_memory(self, at: int, chance: random.Random) -> None:
        inode, memory = chance.choice(self.memories)
        time.sleep(TICK_S)
        memory[at : at + 3] = b"mem"
        # It is that file, whatever it is called by now.
        for path, data in self.mine.items():
            if path.exists() and path.stat().st_ino == inode:
                self.mine[path] = data[:at] + b"mem" + data[at + 3 :]

    @rule(name=names, mode=st.sampled_from([0o600, 0o644, 0o444]))
    def chmod(self, name: str, mode: int) -> None:
        if (path := self.data / name).exists():
            path.chmod(mode)

    @rule(name=names)
    def replace(self, name: str) -> None:
        if (path := self.data / name).exists():
            (self.data / "new").write_bytes(b"mine")
            (self.data / "new").replace(path)
            self.mine[path] = b"mine"

    @rule(name=names)
    def give_another_name(self, name: str) -> None:
        path, other = self.data / name, self.top / "there" / f"other-{name}"
        if path.exists() and not other.exists():
            path.rename(other)
            self.mine[other] = self.mine.pop(path)

    @rule(name=names)
    def remove(self, name: str) -> None:
        (self.data / name).unlink(missing_ok=True)
        self.mine.pop(self.data / name, None)

    # What is asked of the store.

    @rule(name=names)
    def read(self, name: str) -> None:
        digest = DIGESTS[name]
        held = self.blobs.has((digest,))
        try:
            assert self.blobs.get(digest) == CONTENT[name]
            assert held == {digest}
        except NotFound:
            assert held == set()

    @rule(name=names, start=places, size=st.none() | st.integers(0, 1_500_000))
    def read_a_part(self, name: str, start: int, size: int | None) -> None:
        end = None if size is None else start + size
        with suppress(NotFound):
            assert b"".join(self.blobs.open(DIGESTS[name], start=start, size=size)) == CONTENT[name][start:end]

    @rule(name=names, at=places)
    def edit_while_a_part_is_read(self, name: str, at: int) -> None:
        given = b""
        with suppress(NotFound):
            for piece in self.blobs.open(DIGESTS[name], start=1):
                given += piece
                self.write(name, at)
        assert CONTENT[name][1:].startswith(given)

    @rule(name=names)
    def fetch(self, name: str) -> None:
        copy = self.top / "copy"
        with suppress(NotFound):
            self.blobs.fetch_to(DIGESTS[name], copy)
            assert copy.read_bytes() == CONTENT[name]
            copy.unlink()
        assert not copy.exists()

    @rule(name=names)
    def ask_for_the_size(self, name: str) -> None:
        with suppress(NotFound):
            assert self.blobs.size(DIGESTS[name]) == len(CONTENT[name])

    @rule()
    def verify(self) -> None:
        lost = {digest for digest in DIGESTS.values() if not self.blobs.has((digest,))}
        said = " ".join(f"{each.what} {each.where}" for each in self.there.verify().problems)
        assert all((digest in said) == (digest in lost) for digest in DIGESTS.values())

    @rule()
    def repair(self) -> None:
        assert self.there.repair().problems == ()
        assert self.blobs.has(DIGESTS.values()) == set(DIGESTS.values())

    @rule()
    def collect(self) -> None:
        held = self.blobs.has(DIGESTS.values())
        self.there.gc(delete=True, grace_days=0, undo_days=0)
        assert self.blobs.has(DIGESTS.values()) == held

    @rule(name=names)
    def keep_a_copy(self, name: str) -> None:
        with suppress(NotFound):
            self.blobs.own(DIGESTS[name])

    @rule()
    def push_elsewhere(self) -> None:
        other = self.top / f"remote-{time.time_ns()}"
        other.mkdir()
        with suppress(LinealError):
            self.there.data.push(("data:x",), to=str(other))
        for path in other.rglob("blobs/*/*"):
            digest = Digest(f"sha256:{path.parent.name}{path.name}")
            assert digest_of(path.read_bytes()) == digest

    @rule()
    def add_again(self) -> None:
        if self.data.exists() and any(self.data.iterdir()):
            self.there.data.add(self.data, name="again")
            for path in self.data.iterdir():
                assert self.blobs.get(digest_of(self.mine[path])) == self.mine[path]

    @rule()
    def look_for_changes(self) -> None:
        with suppress(NotFound):
            self.there.data.status(self.data)

    @invariant()
    def no_file_of_the_user_was_changed(self) -> None:
        for path, data in self.mine.items():
            assert path.read_bytes() == data

    @invariant()
    def nothing_in_the_store_has_bytes_that_it_was_not_asked_for(self) -> None:
        if self.mine:
            for kind, digest in checking._containers(self.blobs):
                if kind == "blob" and self.blobs.files.has((digest,)):
                    assert self.blobs.files.path(digest).stat().st_nlink == 1


TestSharedHistory = SharedHistory.TestCase
TestSharedHistory.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
