"""Every blob store, and every wrapper around one, keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.objects.digest import Digest
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.blobs.files import FileBlobs
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.blobs.wrappers import Forwarding, Measured
from lineal.storage.clock import SystemClock
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import Sqlite
from lineal.testing.contracts.blob_store import BlobStoreContract, Spoil
from lineal.testing.faults import Failing, Slow
from tests.unit.storage.spoiling import overwrite


@pytest.fixture
def files(tmp_path_factory: pytest.TempPathFactory) -> FileBlobs:
    """An empty store, away from the files of a test."""
    root = tmp_path_factory.mktemp("store")
    return FileBlobs(root / "blobs", root / "tmp")


@pytest.fixture
def spoil(files: FileBlobs) -> Spoil:
    """Overwrite the file of a blob."""

    def overwrite(digest: Digest, data: bytes) -> None:
        path: Path = files.path(digest)
        path.chmod(0o600)
        path.write_bytes(data)

    return overwrite


class TestFileBlobs(BlobStoreContract):
    """Blobs as files."""

    @pytest.fixture
    def blobs(self, files: FileBlobs) -> BlobStore:
        """The store itself."""
        return files


@pytest.fixture(params=["sqlite", "postgresql"])
def packed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PackedBlobs]:
    """An empty store that packs, over either database."""
    root = tmp_path_factory.mktemp("store")
    database: Database = Sqlite(root / "database.sqlite")
    if request.param == "postgresql":
        database = Postgres(request.getfixturevalue("postgres_url"))
    migrate(database, phase="pre")
    yield PackedBlobs(root / "blobs", root / "tmp", database, SystemClock())
    database.close()


class TestPackedBlobs(BlobStoreContract):
    """Files, packs and recipes in a directory."""

    @pytest.fixture
    def blobs(self, packed: PackedBlobs) -> BlobStore:
        """The store itself."""
        return packed

    @pytest.fixture
    def spoil(self, packed: PackedBlobs) -> Spoil:
        """Overwrite the bytes where they lie."""
        return lambda digest, data: overwrite(packed, digest, data)


class TestMemoryBlobs(BlobStoreContract):
    """Blobs in memory."""

    @pytest.fixture
    def blobs(self) -> MemoryBlobs:
        """An empty store."""
        return MemoryBlobs()

    @pytest.fixture
    def spoil(self, blobs: MemoryBlobs) -> Spoil:
        """Replace the bytes of a blob."""
        return blobs.spoil


class TestForwarding(BlobStoreContract):
    """The base of wrappers."""

    @pytest.fixture
    def blobs(self, files: FileBlobs) -> BlobStore:
        """Around files."""
        return Forwarding(files)


class TestMeasured(BlobStoreContract):
    """Counting."""

    @pytest.fixture
    def blobs(self, files: FileBlobs) -> BlobStore:
        """Around files."""
        return Measured(files)


class TestFailing(BlobStoreContract):
    """A store that will fail, and has not yet."""

    @pytest.fixture
    def blobs(self, files: FileBlobs) -> BlobStore:
        """Around files."""
        return Failing(files, after=1_000)


class TestSlow(BlobStoreContract):
    """A store that takes its time."""

    @pytest.fixture
    def blobs(self, files: FileBlobs) -> BlobStore:
        """Around files."""
        return Slow(files, delay_ms=0.1)
