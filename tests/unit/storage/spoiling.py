"""Damage bytes where a store has them, as a dying disk does."""

from __future__ import annotations

from pathlib import Path

from lineal.objects.digest import Digest
from lineal.storage.blobs.packed import PackedBlobs


def overwrite(blobs: PackedBlobs, digest: Digest, data: bytes) -> None:
    """Put other bytes in the place of a blob: in its pack, where they must be as many, or in its file."""
    if found := blobs.packs.locate((digest,)).get(digest):
        name, place = found
        assert place.size_bytes == len(data)
        write_at(blobs.packs.path(name), place.start, data)
    else:
        path = blobs.files.path(digest)
        path.chmod(0o644)
        path.write_bytes(data)


def write_at(path: Path, start: int, data: bytes) -> None:
    """Overwrite bytes of a file that is read-only."""
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


def flip(path: Path, at: int) -> None:
    """Flip one bit of a file; ``at`` counts from the end when it is negative."""
    content = path.read_bytes()
    write_at(path, at % len(content), bytes([content[at] ^ 1]))


def spoil(path: Path) -> None:
    """Flip one bit in the middle of a file."""
    flip(path, path.stat().st_size // 2)
