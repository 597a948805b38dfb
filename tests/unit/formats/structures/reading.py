"""Read structures in tests: of one file, of bytes, of a directory."""

from __future__ import annotations

import io
from pathlib import Path

from lineal.formats.structures.files import Files, one_file
from lineal.formats.structures.reading import read_structure
from lineal.objects.structures import Structure


def structure_of(path: Path) -> Structure:
    """Return the structure of a file."""
    with path.open("rb") as file:
        return read_structure(one_file(path.name, file))


def structure_in(data: bytes) -> Structure:
    """Return the structure of a file of these bytes."""
    return read_structure(one_file("model", io.BytesIO(data)))


def structure_of_files(files: dict[str, bytes], main: str = "") -> Structure:
    """Return the structure of a directory."""
    sizes = {path: len(data) for path, data in files.items()}
    return read_structure(Files(sizes, lambda path: io.BytesIO(files[path])), main)
