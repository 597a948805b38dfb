"""The bytes of a server keep the contract of every blob store, but for what only the server itself may do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.remote import RemoteRepository
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.blobs.wrappers import Forwarding
from lineal.testing.contracts.blob_store import BlobStoreContract, Spoil
from tests.surfaces.conftest import served
from tests.unit.storage.spoiling import overwrite


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRepository]:
    """The repository behind the server."""
    with init(tmp_path_factory.mktemp("repository")) as repository:
        yield repository


@pytest.fixture(scope="module")
def remote(local: LocalRepository) -> Iterator[RemoteRepository]:
    """Its client."""
    with served(local) as url, RemoteRepository(url) as repository:
        yield repository


class Afar(Forwarding):
    """The bytes of a server, with the list of them and their deletion as only the server itself has them."""

    def __init__(self, remote: BlobStore, here: BlobStore) -> None:
        super().__init__(remote)
        self._here = here

    def list(self) -> Iterator[Digest]:
        """Ask the server's own store."""
        return self._here.list()

    def delete(self, digest: Digest) -> None:
        """Tell the server's own store."""
        self._here.delete(digest)


class TestRemoteBlobs(BlobStoreContract):
    """Through HTTP, and back."""

    @pytest.fixture
    def here(self, local: LocalRepository) -> PackedBlobs:
        """The server's own store, empty."""
        assert isinstance(local.blobs, PackedBlobs)
        for each in list(local.blobs.list()):
            local.blobs.delete(each)
        return local.blobs

    @pytest.fixture
    def blobs(self, remote: RemoteRepository, here: PackedBlobs) -> BlobStore:
        """The same from afar."""
        return Afar(remote.blobs, here)

    @pytest.fixture
    def spoil(self, here: PackedBlobs) -> Spoil:
        """Overwrite the bytes where the server has them."""
        return lambda digest, data: overwrite(here, digest, data)


def test_from_afar_nobody_lists_or_deletes(remote: RemoteRepository) -> None:
    kept = remote.blobs.put(b"kept")
    with pytest.raises(Invalid, match="cannot be listed from here"):
        remote.blobs.list()
    with pytest.raises(Invalid, match="cannot be deleted from here"):
        remote.blobs.delete(kept)

    assert b"kept" == remote.blobs.get(kept)
