"""A store's shared files beside a directory of the workspace, for tests."""

from __future__ import annotations

import mmap
import tempfile
from pathlib import Path
from typing import Any

import pytest

from lineal.objects.chains import Chain
from lineal.objects.digest import Digest, digest_of
from lineal.storage.blobs import shared, sharing
from lineal.storage.blobs.shared import SharedFiles

DATA = bytes(range(256)) * 16_384  # four pieces
DIGEST = digest_of(DATA)
RACY_S = 0.05


def tells(directory: Path) -> bool:
    """Tell whether the tests' disk shows in a file's times that it was written to in memory."""
    with tempfile.TemporaryFile(dir=directory) as file:
        file.write(bytes(mmap.PAGESIZE))
        file.flush()
        return sharing.tells_of_writes(file.fileno())


def write(path: Path) -> None:
    """Change a file in place."""
    with path.open("r+b") as file:
        file.seek(70_000)
        file.write(b"an edit")


class Home:
    """A store's shared files, and a directory of the workspace."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.place = top / "work" / "data.bin"
        self.place.parent.mkdir(parents=True, exist_ok=True)
        (top / "tmp").mkdir(exist_ok=True)
        self.chain: Chain | None = None
        self.anew()

    def anew(self) -> None:
        """Open the store as another process would."""
        self.files = SharedFiles(self.top / "shared", self.top / "tmp", self.top / "quarantine")

    def pull(self) -> None:
        """Fetch the file, and put it in place."""
        with self.files.lending(self.place.parent) as is_lending:
            assert is_lending
            fetched, temporary = self.top / "tmp" / "fetched", self.place.with_name(".lineal-1")
            fetched.write_bytes(DATA)
            self.files.take(fetched, DIGEST, found=DIGEST, chain=self.chain)
            assert self.files.has((DIGEST,)) == {DIGEST}
            assert self.files.lend(DIGEST, temporary)
            temporary.replace(self.place)


def home_at(top: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a store with nothing in it, which takes any file for a large one, and is patient for a moment only.

    It waits for the disk, as it does with more than it leaves to the system.
    """
    for module in (shared, sharing):
        monkeypatch.setattr(module, "RACY_NS", int(RACY_S * 1e9))
    monkeypatch.setattr(shared, "LARGE_BYTES", 1)
    monkeypatch.setattr(shared, "NOT_WAITED_FOR_BYTES", 0)
    # Where the tests' own disk is one that tells of no writes in memory, they are told.
    monkeypatch.setattr(sharing, "is_disk", lambda _: True)
    monkeypatch.setattr(sharing, "tells_of_writes", lambda _: True)
    return Home(top)


def hashings_noted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets one number for each shared file that is hashed to find out what it is."""
    made, plain = list[int](), shared.hash_chained

    def noting(descriptor: int, *about: Any) -> Digest:
        made.append(descriptor)
        return plain(descriptor, *about)

    monkeypatch.setattr(shared, "hash_chained", noting)
    return made
