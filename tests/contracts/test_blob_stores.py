"""Every blob store, and every wrapper around one, keeps the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.objects.digest import Digest
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.blobs.files import FileBlobs
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.blobs.wrappers import Forwarding, Measured
from lineal.testing.contracts.blob_store import BlobStoreContract, Spoil
from lineal.testing.faults import Failing, Slow


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
