"""Large files of a directory: hashed by all cores when a holding tells how, and as right without it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from lineal.client.connect import init
from lineal.formats.holding import Holding, decode_holding, encode
from lineal.objects import chains
from lineal.objects.chains import Chain
from lineal.objects.digest import digest_of
from lineal.objects.errors import Corrupt
from lineal.storage.blobs import chained, shared, sharing
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.remotes import pushing

DATA = random.Random(11).randbytes((4 << 20) + 5)
DIGEST = digest_of(DATA)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a file of some mebibytes for a large one, and the tests' disk for one that files are shared on."""
    monkeypatch.setattr(chains, "_PIECE_BYTES_MIN", 1 << 20)
    for module in (chained, pushing):
        monkeypatch.setattr(module, "CHAINED_BYTES", 1 << 20)
    monkeypatch.setattr(shared, "LARGE_BYTES", 1 << 20)
    monkeypatch.setattr(sharing, "is_disk", lambda _: True)
    monkeypatch.setattr(sharing, "tells_of_writes", lambda _: True)


class Remote:
    """A directory to which a file was pushed."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.directory = top / "remote"
        self.directory.mkdir()
        self.add(DATA)

    def add(self, *files: bytes) -> None:
        """Push a version of a dataset with these files."""
        (self.top / "here" / "rows").mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(files):
            (self.top / "here" / "rows" / f"{number}.bin").write_bytes(data)
        with init(self.top / "here") as here:
            if not here.remote.list():
                here.remote.add("r", str(self.directory), default=True)
            here.data.add(self.top / "here" / "rows", name="rows")
            here.data.push(("data:rows",))

    @property
    def holding_path(self) -> Path:
        """Where the newest holding is."""
        return max(self.directory.glob("holdings/data/rows/*.json"))

    def holding(self) -> Holding:
        """Return the newest holding."""
        return decode_holding(self.holding_path.read_bytes(), "")

    def spoil(self, chain: Chain | None) -> None:
        """Put another chain into the newest holding, or none."""
        told = msgspec.structs.replace(self.holding(), chains={DIGEST: chain} if chain else {})
        path = self.holding_path
        path.chmod(0o644)
        path.write_bytes(encode(told))

    def pull(self) -> bytes:
        """Fetch the newest version elsewhere; return its first file."""
        place = self.top / "there" / "rows"
        place.mkdir(parents=True)
        with init(self.top / "there") as there:
            there.remote.add("r", str(self.directory), default=True)
            with there.placing(place, "data:rows"):
                there.data.pull(("data:rows",))
                there.data.get("data:rows", place)
            assert there.verify().problems == ()
        return (place / "0.bin").read_bytes()


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    """A directory to which a file was pushed."""
    return Remote(tmp_path)


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The digests of the files that are copied by all cores."""
    made, plain = list[str](), chained.copy_chained

    def noting(source: int, target: int, digest: str, *about: object) -> str:
        made.append(digest)
        return plain(source, target, digest, *about)

    monkeypatch.setattr(chained, "copy_chained", noting)
    return made


def test_a_push_tells_the_states_and_a_pull_uses_them(
    remote: Remote, copies: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remote.holding().chains[DIGEST].fits(len(DATA))
    monkeypatch.setattr(chained, "hash_file", None)
    assert remote.pull() == DATA
    assert copies == [DIGEST]


def _other_state(chain: Chain) -> Chain:
    return Chain(chain.piece_bytes, bytes(32) + chain.states[32:])


WRONG: dict[str, Callable[[Chain], Chain | None]] = {
    "a wrong state": _other_state,
    "too few": lambda chain: Chain(chain.piece_bytes, chain.states[:-32]),
    "pieces of no use": lambda chain: Chain(7, chain.states),
    "none": lambda _: None,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_nobody_has_to_believe_them(wrong: Callable[[Chain], Chain | None], remote: Remote) -> None:
    remote.spoil(wrong(remote.holding().chains[DIGEST]))
    assert remote.pull() == DATA


@pytest.mark.parametrize("has_chain", [True, False])
@pytest.mark.parametrize("at", [0, 1 << 20, len(DATA) - 1])
def test_other_bytes_are_refused_also_with_states_that_lead_to_them(at: int, has_chain: bool, remote: Remote) -> None:
    other = DATA[:at] + bytes([DATA[at] ^ 1]) + DATA[at + 1 :]
    blob = remote.directory / "blobs" / DIGEST[7:9] / DIGEST[9:]
    blob.chmod(0o644)
    blob.write_bytes(other)
    hasher = chained.ChainHasher(len(other))
    hasher.update(other)
    if has_chain:
        remote.spoil(hasher.chain)

    with pytest.raises(Corrupt, match="holds other bytes"):
        remote.pull()
    assert not list((remote.top / "there" / ".lineal" / "blobs").rglob(f"*{DIGEST[9:]}*"))
    assert not (remote.top / "there" / "rows" / "0.bin").exists()


def test_the_next_version_tells_those_of_the_files_that_stayed(remote: Remote, copies: list[str]) -> None:
    more = DATA[::-1]
    remote.add(DATA, more)
    assert remote.holding().chains.keys() == {DIGEST, digest_of(more)}
    assert remote.pull() == DATA
    assert set(copies) == {DIGEST, digest_of(more)}


def test_small_files_have_none(remote: Remote) -> None:
    remote.add(b"small")
    assert remote.holding().chains == {}


def test_a_large_file_does_not_wait_for_packs(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, begun = DirectoryBucket.reading, threading.Event()

    @contextmanager
    def reading(bucket: DirectoryBucket, key: str) -> Iterator[int]:
        if key.startswith("blobs/"):
            begun.set()
        elif key.startswith("packs/"):
            assert begun.wait(20)
        with plain(bucket, key) as descriptor:
            yield descriptor

    monkeypatch.setattr(DirectoryBucket, "reading", reading)
    assert remote.pull() == DATA
    assert begun.is_set()
