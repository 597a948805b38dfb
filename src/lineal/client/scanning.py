"""Scan files that nobody registered yet, where they lie."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from lineal import operations as o
from lineal.checks.scanning.scan import ScannedFile, scan
from lineal.objects.errors import NotFound
from lineal.operations.answers.models import ScanAnswer
from lineal.operations.operation import Handle
from lineal.operations.versioning.scans import secrets_in


def scan_path(path: Path, file: str = "") -> ScanAnswer:
    """Tell what files would do if somebody loaded them. Nothing in them is carried out.

    Args:
        path: a file or a directory.
        file: only this file or directory in it.

    Raises:
        NotFound: nothing is there.
    """
    where = path / file if file else path
    if not where.exists() and not where.is_symlink():
        raise NotFound(f"there is no file {where}", hint="name a file, a directory, a version or a run")
    top = where if where.is_dir() else where.parent
    paths = sorted(_files(where)) if where.is_dir() else [where]
    return ScanAnswer(reference=str(where), scan=scan((_file(top, each) for each in paths), None, secrets_in))


def scan_named(handle: Handle, what: str, file: str = "") -> ScanAnswer:
    """Tell what the files of a version or a run would do if somebody loaded them. Raises NotFound."""
    answer: ScanAnswer = o.scans.scan(handle, what, file=file)
    return answer


def _files(top: Path) -> Iterator[Path]:
    """Yield every file and every link below a directory; links are not followed."""
    for folder, folders, names in os.walk(top):
        for name in (*names, *(each for each in folders if (Path(folder) / each).is_symlink())):
            found = Path(folder) / name
            if found.is_symlink() or found.is_file():
                yield found


def _file(top: Path, path: Path) -> ScannedFile:
    name = path.relative_to(top).as_posix()
    if path.is_symlink():
        return ScannedFile(name, partial(_link, path), "symlink")
    return ScannedFile(name, partial(_opened, path))


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")


def _link(path: Path) -> BinaryIO:
    return io.BytesIO(os.fsencode(path.readlink()))
