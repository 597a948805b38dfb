"""What is done to files around the contests: made, copied, removed, compared, weighed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.store.measure import Failed, Usage, run, timed


def generate(kind: str, path: Path, size: int, *, version: int = 1) -> None:
    """Make data, or its next version in place; ``data.py`` says what the kinds are."""
    program = Path(__file__).with_name("data.py")
    run((sys.executable, program, kind, path, str(size), str(version)))


def remove(path: Path) -> None:
    """Remove a file or a tree that may be there."""
    run(("rm", "-rf", path))


def copy(source: Path, target: Path) -> Usage:
    """Copy a file or a tree as the system does; times stay, as they do where data lay for a while."""
    remove(target)
    return timed(("cp", "-r", "--preserve=timestamps", source, target))


def hash_whole(path: Path) -> Usage:
    """Read a file and give its SHA-256, on the one core that can: who names a file by that cannot be quicker."""
    program = "import hashlib, sys; hashlib.file_digest(open(sys.argv[1], 'rb'), 'sha256')"
    return timed((sys.executable, "-I", "-S", "-c", program, path))


def scan(path: Path) -> Usage:
    """Ask the file system about every file, and do nothing else."""
    return timed((sys.executable, "-I", "-S", Path(__file__).with_name("scan.py"), path))


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files under a directory."""
    if path.is_dir():
        return sum(each.stat(follow_symlinks=False).st_size for each in _files(path))
    return path.stat().st_size


def _files(path: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        for each in entries:
            if each.is_dir(follow_symlinks=False):
                yield from _files(Path(each.path))
            else:
                yield each


def require_equal(first: Path, second: Path) -> None:
    """Make sure that two files or trees hold the same bytes.

    Raises:
        Failed: they do not.
    """
    try:
        run(("diff", "--brief", "--recursive", first, second))
    except Failed as fault:
        raise Failed(f"{second.name} is not what it should be: {fault}") from None
