"""Where a repository is on disk: make one, find one, open one."""

from __future__ import annotations

import tomllib
from pathlib import Path

from lineal.objects.errors import Corrupt, Unsupported
from lineal.storage.blobs.files import FileBlobs
from lineal.storage.blobs.reading import unavailable, write_whole
from lineal.storage.blobs.wrappers import ReadOnly
from lineal.storage.clock import SystemClock
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.store import Actor, Store

DIRECTORY = ".lineal"
FORMAT = 1
"""The format of ``docs/reference/format.md`` that this Lineal writes and reads."""

_SETTINGS = "repository.toml"


def create(directory: Path, *, database: str = "") -> Path:
    """Make a repository in ``directory`` and return its ``.lineal``; one that is there stays as it is.

    Args:
        directory: the project.
        database: a ``postgresql://`` address; by default a file.

    Raises:
        Unavailable: the directory cannot be written.
    """
    root = directory / DIRECTORY
    if (root / _SETTINGS).exists():
        return root
    lines = [f"format = {FORMAT}", *([f'database = "{database}"'] if database else [])]
    try:
        for name in ("tmp", "blobs", "spool"):
            (root / name).mkdir(parents=True, exist_ok=True)
        # Git should never see the store, whatever the project's own .gitignore says.
        (root / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise unavailable(root, error) from None
    open_database(root, database)
    # The settings come last: a directory without them is no repository yet, and is made again.
    write_whole(("\n".join(lines) + "\n").encode().splitlines(keepends=True), root / _SETTINGS, root / "tmp")
    return root


def find(start: Path) -> Path | None:
    """Return the nearest ``.lineal`` in ``start`` or above it, or None."""
    for each in (start, *start.parents):
        if (each / DIRECTORY / _SETTINGS).is_file():
            return each / DIRECTORY
    return None


def open_store(root: Path, *, actor: Actor, read_only: bool = False) -> Store:
    """Open the repository whose ``.lineal`` is ``root``.

    Args:
        root: the ``.lineal`` directory.
        actor: who uses it.
        read_only: nothing will be written.

    Raises:
        Unsupported: a newer Lineal wrote it.
        Corrupt: its settings cannot be read.
        Unavailable: it cannot be opened.
    """
    settings = _settings(root / _SETTINGS)
    blobs = FileBlobs(root / "blobs", root / "tmp")
    return Store(
        blobs=ReadOnly(blobs) if read_only else blobs,
        database=open_database(root, str(settings.get("database", "")), read_only=read_only),
        clock=SystemClock(),
        actor=actor,
        root=root,
    )


def open_database(root: Path, url: str, *, read_only: bool = False) -> Database:
    """Return the database of a repository, with the tables that this Lineal knows."""
    database: Database
    if url:
        # The driver is an extra, and only repositories of teams need it.
        from lineal.storage.database.postgres import Postgres  # noqa: PLC0415

        database = Postgres(url)
    else:
        database = Sqlite(root / "database.sqlite", read_only=read_only)
    if not read_only:
        migrate(database)
    return database


def _settings(path: Path) -> dict[str, object]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
        found = int(settings["format"])
    except OSError as error:
        raise unavailable(path, error) from None
    except (ValueError, KeyError, TypeError) as error:
        raise Corrupt(f"{path} cannot be read: {error}", hint="it must say format = 1; restore it") from None
    if found > FORMAT:
        raise Unsupported(
            f"{path.parent} has format {found}; this Lineal knows formats up to {FORMAT}", hint="upgrade Lineal"
        )
    return settings
