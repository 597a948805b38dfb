"""Find a repository and connect to it: a directory, or a server."""

from __future__ import annotations

import getpass
import os
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Union

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.errors import NotFound
from lineal.storage import repository as places
from lineal.storage.blobs.reading import unavailable
from lineal.storage.store import Actor, Store

_SECRETS_KEY = "LINEAL_SECRETS_KEY"
_LOG_KEY = "LINEAL_LOG_KEY"
"""The variable that says which key signs checkpoints of the journal: a name, a file, or the key itself."""

if TYPE_CHECKING:
    from lineal.client.remote import RemoteRepository

Repository = Union[LocalRepository, "RemoteRepository"]
"""A repository here or behind a URL: the same methods."""


def connect(repository: PathLike[str] | str | None = None, *, token: str = "") -> Repository:
    """Return the repository at a directory or an ``http(s)://`` address.

    Args:
        repository: the directory that holds ``.lineal``, or a server's address; by default ``LINEAL_REPOSITORY``, and
            without it the nearest ``.lineal`` upwards from here.
        token: for a server that asks for one; by default ``LINEAL_TOKEN``.

    Raises:
        NotFound: there is no repository.
        Unsupported: it was written by a newer Lineal.
        Unavailable: its store or server cannot be reached.
    """
    where = os.fspath(repository or os.environ.get("LINEAL_REPOSITORY") or "")
    if where.startswith(("http://", "https://")):
        # A repository on this machine needs no HTTP, and loading it would double the time of every command.
        from lineal.client.remote import RemoteRepository  # noqa: PLC0415

        return RemoteRepository(where, token=token or os.environ.get("LINEAL_TOKEN", ""))
    return LocalRepository(_for_owner(places.open_store(find(where), actor=owner())))


def find(where: str) -> Path:
    """Return the ``.lineal`` directory that ``where`` means.

    Raises:
        NotFound: there is none.
    """
    start = Path(where or ".").absolute()
    if where:
        inside = start if start.name == places.DIRECTORY else start / places.DIRECTORY
        try:
            is_there = inside.is_dir()
        except PermissionError as error:
            raise unavailable(inside, error) from None
        if is_there:
            return inside
        raise NotFound(f"there is no repository in {start}", hint=f"lineal init {where} makes one")
    if found := places.find(start):
        return found
    raise NotFound(f"there is no repository in {start} or above it", hint="lineal init makes one here")


def init(directory: PathLike[str] | str = ".", *, database: str = "") -> LocalRepository:
    """Make a repository in ``directory``, or open the one that is there.

    Args:
        directory: the project's directory.
        database: ``postgresql://…`` for a team; by default a file beside the data.
    """
    root = places.create(Path(directory).absolute(), database=database)
    return LocalRepository(_for_owner(places.open_store(root, actor=owner())))


def _for_owner(store: Store) -> Store:
    """Return a store as whoever is at this machine uses it: its checkpoints are signed where ``LINEAL_LOG_KEY`` says by which key."""
    # They may run what stands beside the repository, as they may run anything.
    store = msgspec.structs.replace(store, programs="all")
    if said := os.environ.get(_SECRETS_KEY, ""):
        # Through a function: what a store is may be printed, and a key may not.
        store = msgspec.structs.replace(store, secrets_key=lambda: said)
    wanted = os.environ.get(_LOG_KEY, "")
    if not wanted:
        return store
    from lineal.storage import private_keys  # noqa: PLC0415 - most repositories have none

    return msgspec.structs.replace(store, log_key=partial(private_keys.find, wanted, os.environ))


def owner() -> Actor:
    """Return the user of this machine, who may do everything with what is on it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        name = f"user-{os.getuid()}"
    return Actor(os.environ.get("LINEAL_USER") or name, "admin")
