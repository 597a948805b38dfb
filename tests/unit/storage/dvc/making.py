"""A store to read into, and objects of DVC to read from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lineal.formats.dvc import directory
from lineal.formats.dvc.directory import Member
from lineal.formats.dvc.pointer import Out
from lineal.objects.files import Entry
from lineal.storage import repository
from lineal.storage.store import Actor, Store

A = bytearray.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89"
    "55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b"
    "d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70"
)
B = bytearray(A)
for _place in (19, 45, 59, 83, 109, 123):
    B[_place] ^= 0x80
TWINS = (bytes(A), bytes(B))
"""Two contents with the same MD5, found by Wang and others in 2004."""


def make_store(place: Path) -> Store:
    """Return a new store in ``place``."""
    place.mkdir(parents=True, exist_ok=True)
    return repository.open_store(repository.create(place), actor=Actor("ada", "admin"))


def md5(data: bytes) -> str:
    """Return the MD5 of ``data``."""
    return hashlib.md5(data).hexdigest()


def put(top: Path, data: bytes, *, name: str = "", legacy: bool = False) -> str:
    """Write an object as DVC does and return its name."""
    name = name or md5(data)
    path = top / ("" if legacy else "files/md5") / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o444)
    return name


def put_directory(top: Path, files: dict[str, bytes], *, legacy: bool = False) -> Out:
    """Write the objects of a directory as DVC does and return what its pointer says."""
    members = [Member(put(top, data, legacy=legacy), path) for path, data in files.items()]
    listed = directory.write(members)
    name = put(top, listed, name=directory.name_of(listed), legacy=legacy)
    return Out(
        path="d",
        md5=name,
        size_bytes=sum(map(len, files.values())),
        file_count=len(files),
        hash="" if legacy else "md5",
    )


def entries_of(store: Store, files: dict[str, bytes]) -> list[Entry]:
    """Put files into a store and return their entries."""
    return [
        Entry(path=path, digest=store.blobs.put(data), size_bytes=len(data)) for path, data in sorted(files.items())
    ]


def damage(path: Path) -> None:
    """Overwrite the beginning of an object and make it look untouched."""
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(b"CORRUPT"[: path.stat().st_size])
    path.chmod(0o444)
