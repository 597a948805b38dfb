"""A repository on disk: the directory ``.lineal`` beside the project. Specified in ``docs/reference/format.md``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from lineal.objects.errors import Conflict, Corrupt, Invalid, NotFound, Unsupported
from lineal.objects.prepared import prepared
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.blobs.wrappers import Forwarding, ReadOnly
from lineal.storage.clock import SystemClock
from lineal.storage.database import migrations
from lineal.storage.database.database import Database
from lineal.storage.store import Actor, Store
from lineal.storage.where import DIRECTORY, FILE, find

__all__ = ["DIRECTORY", "FORMAT", "Settings", "create", "find", "on_disk", "open_store", "settings", "unwrapped"]

FORMAT = 1
"""The number of the layout; a newer one is refused."""

_FORMAT_ONLY = f"format = {FORMAT}\n"
_FOLDERS = ("blobs/sha256", "tmp", "spool", "deployments", "environments")
_URL = r"postgres(?:ql)?://[^\s\x00-\x1f\x7f]+"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``repository.toml`` says. ``database`` is an address; empty for the file beside the blobs."""

    format: int
    database: str = ""


def create(directory: Path, *, database: str = "") -> Path:
    """Make a repository in ``directory`` and return its ``.lineal``; one that is there stays as it is.

    Args:
        directory: the project's directory.
        database: ``postgresql://…``; empty for a file in the repository.

    Raises:
        Invalid: the address is none.
        Conflict: a repository is there, with another database.
        Unavailable: the directory cannot be written.
    """
    if database and not re.fullmatch(_URL, database):
        raise Invalid("the database's address must begin with postgresql://", hint="leave it out to use a file")
    root = directory / DIRECTORY
    if (root / FILE).is_file():
        if database and settings(root).database != database:
            raise Conflict(f"{root} is there and uses another database", hint="choose another directory")
        return root
    try:
        for folder in _FOLDERS:
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / ".gitignore").write_text("*\n", encoding="utf-8")
        if database:
            root.chmod(0o700)  # the address may hold a password
    except OSError as error:
        raise reading.unavailable(root, error) from None
    text = _FORMAT_ONLY + (f"database = {msgspec.json.encode(database).decode()}\n" if database else "")
    # Written last: without this file the directory is no repository, and making it again completes it.
    reading.write_whole((text.encode(),), root / FILE, root)
    return root


def settings(root: Path) -> Settings:
    """Return what the repository at ``root`` says of itself.

    Raises:
        NotFound: there is none.
        Corrupt: the file cannot be read.
        Unsupported: a newer Lineal made it.
    """
    path = root / FILE
    try:
        values = _read(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"there is no repository in {root.parent}", hint="lineal init makes one") from None
    except OSError as error:
        raise reading.unavailable(path, error) from None
    except ValueError as error:
        raise Corrupt(f"{path} cannot be read: {error}", hint="it needs one line: format = 1") from None
    if isinstance(number := values.get("format"), int) and number > FORMAT:
        raise Unsupported(f"{root} has format {number}; this Lineal knows {FORMAT}", hint="upgrade Lineal")
    try:
        return msgspec.convert(values, prepared(Settings))
    except msgspec.ValidationError as error:
        raise Corrupt(f"{path} is not understood: {error}", hint="it needs one line: format = 1") from None


def _read(text: str) -> dict[str, Any]:
    if text == _FORMAT_ONLY:  # as in most repositories
        return {"format": FORMAT}
    import tomllib  # noqa: PLC0415 - it takes longer than to open the repository

    return tomllib.loads(text)


def open_store(root: Path, *, actor: Actor, read_only: bool = False) -> Store:
    """Return the store of the repository at ``root``; its tables are brought up to date.

    Args:
        root: the ``.lineal`` directory.
        actor: as whom.
        read_only: change nothing, and refuse what would.

    Raises:
        NotFound: there is no repository.
        Unsupported: a newer Lineal was here.
        Unavailable: the database cannot be reached or written.
        Corrupt: the database or ``repository.toml`` holds something else.
    """
    said = settings(root)
    database = _open_database(root, said.database, read_only=read_only)
    clock = SystemClock()
    packed = PackedBlobs(root / "blobs", root / "tmp", database, clock)
    packed.shared.may_change = not read_only
    blobs: BlobStore = ReadOnly(packed) if read_only else packed
    try:
        _prepare(database, read_only=read_only)
    except BaseException:
        database.close()
        raise
    return Store(blobs=blobs, database=database, clock=clock, actor=actor, root=root)


def on_disk(store: Store) -> PackedBlobs | None:
    """Return the blobs on a disk behind any wrappers, or None when there are none."""
    return unwrapped(store.blobs)


def unwrapped(blobs: BlobStore) -> PackedBlobs | None:
    """Return the blobs on a disk behind the wrappers of ``blobs``, or None when there are none."""
    while isinstance(blobs, Forwarding):
        blobs = blobs.inner
    return blobs if isinstance(blobs, PackedBlobs) else None


def _open_database(root: Path, url: str, *, read_only: bool) -> Database:
    if url:
        try:
            from lineal.storage.database.postgres import Postgres  # noqa: PLC0415 - psycopg is slow to import
        except ImportError as error:
            raise Invalid(
                f"PostgreSQL needs a package that is not installed: {error.name}", hint="pip install 'lineal[postgres]'"
            ) from None
        return Postgres(url, read_only=read_only)
    from lineal.storage.database.sqlite import Sqlite  # noqa: PLC0415 - not needed beside PostgreSQL

    return Sqlite(root / "database.sqlite", read_only=read_only)


def _prepare(database: Database, *, read_only: bool) -> None:
    """Bring the tables up to date. A team's old programs may still run: ``post`` is left to whoever upgrades them."""
    if read_only:
        migrations.check(database)
        return
    migrations.migrate(database, phase="pre")
    if database.dialect == "sqlite":
        migrations.migrate(database, phase="post")
