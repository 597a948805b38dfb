"""Directories with a bit of everything, and what is in one."""

from __future__ import annotations

import random
from pathlib import Path


def fill(place: Path, *, seed: int = 1, files: int = 120) -> Path:
    """Write a directory of small files and a large one."""
    chance = random.Random(seed)
    for index in range(files):
        path = place / f"{index % 7}" / f"{index:03}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.randrange(10, 3_000)))
    (place / "large.bin").write_bytes(chance.randbytes(3 << 20))
    (place / "run.sh").write_text("#!/bin/sh\n")
    (place / "run.sh").chmod(0o755)
    (place / "link").symlink_to("run.sh")
    (place / "empty").mkdir()
    return place


def content(place: Path) -> dict[str, object]:
    """Return everything in a directory: bytes, links, programs and empty directories."""
    found: dict[str, object] = {}
    for path in sorted(place.rglob("*")):
        name = str(path.relative_to(place))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file():
            found[name] = (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        elif not any(path.iterdir()):
            found[name] = None
    return found
