"""Whether files can be shared is found out by trying, and a death while one is shared leaves nothing wrong."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.storage.blobs import sharing
from tests.unit.storage.sharing import DATA, DIGEST, Home, home_at, write


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A store with nothing in it."""
    return home_at(tmp_path, monkeypatch)


class Died(BaseException):
    """The process ended here."""


STEPS = {
    "os": ("utime", "fchmod", "fsync", "link", "unlink"),
    "path": ("replace", "chmod", "unlink", "write_bytes"),
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(12))
def test_a_death_at_any_step_leaves_no_name_for_other_bytes(
    at: int, when: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [at]

    def dying(plain: Callable[..., object]) -> Callable[..., object]:
        def step(*given: object, **named: object) -> object:
            left[0] -= 1
            if left[0] < 0 and when == "before":
                raise Died
            answer = plain(*given, **named)
            if left[0] < 0:
                raise Died
            return answer

        return step

    with home.files.lending(home.place.parent), monkeypatch.context() as dies:
        fetched = home.top / "tmp" / "fetched"
        fetched.write_bytes(DATA)
        for owner, names in ((os, STEPS["os"]), (Path, STEPS["path"])):
            for name in names:
                dies.setattr(owner, name, dying(getattr(owner, name)))
        try:
            home.files.take(fetched, DIGEST, found=DIGEST)
            home.files.lend(DIGEST, home.place)
        except Died:
            home.files._taken.clear()  # whoever died notes nothing at the end
    home.anew()

    held = home.files.has((DIGEST,))
    assert held == ({DIGEST} if home.files.is_named(DIGEST) else set())
    if held:
        assert b"".join(home.files.open(DIGEST)) == DATA
    if home.place.exists() and home.place.stat().st_size:
        write(home.place)
        mine = home.place.read_bytes()
        assert home.files.has((DIGEST,)) == set()
        assert home.place.read_bytes() == mine


def test_a_store_that_others_may_write_to_shares_nothing(home: Home) -> None:
    (home.top / "shared").mkdir()
    (home.top / "shared").chmod(0o775)
    with home.files.lending(home.place.parent) as is_lending:
        assert not is_lending


def test_another_disk_and_one_that_does_not_tell_of_writes_share_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home.files.lending(Path("/proc/self")) as is_lending:
        assert not is_lending
    monkeypatch.setattr(sharing, "tells_of_writes", lambda _: False)
    with home.files.lending(home.place.parent) as is_lending:
        assert not is_lending
    assert list((home.top / "tmp").iterdir()) == []


def test_a_disk_in_memory_does_not_tell_of_everywrite() -> None:
    memory = os.memfd_create("disk")
    try:
        os.write(memory, bytes(mmap.PAGESIZE))
        assert not sharing.tells_of_writes(memory)
    finally:
        os.close(memory)
