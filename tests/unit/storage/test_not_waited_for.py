"""Files that the disk may not have yet: a power cut takes them, and nobody believes them before it was asked."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.objects import chains
from lineal.objects.digest import digest_of
from lineal.objects.errors import NotFound
from lineal.storage.blobs import chained, shared, shared_notes
from tests.unit.storage.sharing import DATA, DIGEST, RACY_S, Home, hashings_noted, home_at, write


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A store with nothing in it."""
    return home_at(tmp_path, monkeypatch)


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One number for each file that is hashed to find out what it is."""
    return hashings_noted(monkeypatch)


@pytest.fixture
def unsafe(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A store that did not wait for the disk, as another process sees it."""
    monkeypatch.setattr(shared, "NOT_WAITED_FOR_BYTES", len(DATA))
    home.pull()
    home.anew()
    time.sleep(2 * RACY_S)
    return home


def test_what_was_not_waited_for_is_believed_once_the_disk_has_it_and_it_was_hashed(
    unsafe: Home, hashings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, plain = list[int](), os.fsync

    def noting(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        assert hashings == []
        plain(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    for _ in range(3):
        assert unsafe.files.has((DIGEST,)) == {DIGEST}
    assert len(hashings) == 1
    assert synced == [unsafe.place.stat().st_ino]
    assert b"".join(unsafe.files.open(DIGEST, start=5)) == DATA[5:]
    assert len(hashings) == 1


def test_while_nobody_waits_for_the_disk_nothing_waits(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "NOT_WAITED_FOR_BYTES", len(DATA))
    (home.top / "shared").mkdir()
    monkeypatch.setattr(shared, "can_share", lambda *_: True)
    monkeypatch.setattr(os, "fsync", None)
    home.pull()
    assert home.place.read_bytes() == DATA


def _torn(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(70_000)
        file.write(bytes(4_096))


CUTS: dict[str, Callable[[Path], None]] = {
    "some of it is zeros": _torn,
    "its end is missing": lambda path: os.truncate(path, 1_234_567),
    "nothing is left": lambda path: os.truncate(path, 0),
    "no name is left": Path.unlink,
}


@pytest.mark.parametrize("has_note", [True, False])
@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_what_a_power_cut_took_is_missing_and_can_be_fetched_again(
    cut: Callable[[Path], None], has_note: bool, unsafe: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = unsafe.place.stat()
    cut(unsafe.files.path(DIGEST))
    os.utime(unsafe.place, ns=(before.st_atime_ns, before.st_mtime_ns))
    if not has_note:
        next(unsafe.top.glob("shared/*.note")).unlink()
    monkeypatch.setattr(shared_notes, "boot", lambda: "the next one")

    assert unsafe.files.has((DIGEST,)) == set()
    with pytest.raises(NotFound):
        list(unsafe.files.open(DIGEST))
    unsafe.place.unlink()
    unsafe.pull()
    assert unsafe.files.has((DIGEST,)) == {DIGEST}
    assert unsafe.place.read_bytes() == DATA


def test_what_the_disk_did_not_take_is_let_go_of_for_it_says_so_once(
    unsafe: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: int) -> None:
        monkeypatch.undo()
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    assert unsafe.files.has((DIGEST,)) == set()
    assert unsafe.files.has((DIGEST,)) == set()
    with pytest.raises(NotFound, match="did not get all of it"):
        unsafe.files.size(DIGEST)
    assert unsafe.place.read_bytes() == DATA


def test_more_than_is_left_to_the_system_is_waited_for(
    home: Home, hashings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "NOT_WAITED_FOR_BYTES", len(DATA) + 10)
    others = [os.urandom(9), os.urandom(9)]
    with home.files.lending(home.place.parent):
        for data in (DATA, *others):
            (home.top / "tmp" / "fetched").write_bytes(data)
            home.files.take(home.top / "tmp" / "fetched", digest_of(data), found=digest_of(data))
    home.anew()
    time.sleep(2 * RACY_S)

    home.files.has([digest_of(others[1])])
    assert len(hashings) == 0
    home.files.has([DIGEST, digest_of(others[0])])
    assert len(hashings) == 2


@pytest.mark.parametrize("edit", [None, write])
def test_it_is_hashed_by_all_cores_when_its_states_are_known(
    edit: Callable[[Path], None] | None, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "_PIECE_BYTES_MIN", 1 << 20)
    monkeypatch.setattr(chained, "CHAINED_BYTES", 1)
    monkeypatch.setattr(shared, "NOT_WAITED_FOR_BYTES", len(DATA))
    hasher = chained.ChainHasher(len(DATA))
    hasher.update(DATA)
    home.chain = hasher.chain
    home.pull()
    home.anew()
    if edit:
        edit(home.place)
    else:
        monkeypatch.setattr(chained, "hash_file", None)

    assert home.files.has((DIGEST,)) == (set() if edit else {DIGEST})
    home.files.delete(DIGEST)
    assert list((home.top / "shared").iterdir()) == []
