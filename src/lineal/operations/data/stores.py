"""What of a repository is on a disk, and where its remotes are: for verbs that look behind the interface of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineal.objects.errors import Invalid
from lineal.operations.data.remotes import bucket_of, remote_names
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.remotes.remote import Remote
from lineal.storage.repository import on_disk
from lineal.storage.store import Store

if TYPE_CHECKING:
    from lineal.storage.remotes.addresses import Addresses
    from lineal.storage.remotes.staging import Staging


def packed_of(store: Store) -> PackedBlobs:
    """Return the blobs on a disk behind any wrappers. Raises Invalid when there are none."""
    if blobs := on_disk(store):
        return blobs
    raise Invalid("this repository keeps its bytes in memory only", hint="lineal init makes one on a disk")


def remote_of(store: Store, where: str) -> Remote:
    """Return the remote with this name or address; the default one for nothing. Raises NotFound, Invalid."""
    return Remote(bucket_of(store, where), store.identity, store.clock)


def addresses_of(store: Store, where: str) -> Addresses:
    """Return what gives addresses of the remote with this name or address. Raises NotFound, Invalid, Denied."""
    from lineal.storage.remotes.addresses import Addresses  # noqa: PLC0415 - few servers give any

    return Addresses(bucket_of(store, where), store.blobs)


def staging_of(store: Store, where: str) -> Staging:
    """Return what takes uploads in the remote with this name or address. Raises NotFound, Invalid, Denied."""
    from lineal.storage.remotes.staging import Staging  # noqa: PLC0415 - few servers take any

    return Staging(bucket_of(store, where), store.clock)


def every_remote(store: Store, where: str = "") -> list[Remote]:
    """Return every remote that this repository knows, the one that is meant first. Raises NotFound, Invalid."""
    names = remote_names(store)
    first = [remote_of(store, where)] if where or names else []
    others = (remote_of(store, name) for name in names)
    known = {each.url for each in first}
    return [*first, *(each for each in others if each.url not in known)]
