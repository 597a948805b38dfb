"""The code of a program, as it was found: the bytes that are kept, and what could not be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.code.stripping import NOTEBOOK, stripped
from lineal.capture.files.places import IGNORED_DIRECTORIES, SOURCE_NAMES, SOURCE_SUFFIXES
from lineal.capture.secrets import mask_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SOURCE_BYTES_MAX = 1 << 20
"""A larger source file is left out and noted: nobody writes a mebibyte by hand."""

SOURCES_BYTES_MAX = 20 << 20
_NOTEBOOK_BYTES_MAX = 256 << 20
"""A notebook may be large with its outputs; what counts is its size without."""


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Sources by the path they are kept under, secrets masked; which were found where, and what is missing."""

    files: dict[str, bytes] = {}
    paths: tuple[Path, ...] = ()
    masked_secrets: int = 0
    gaps: tuple[str, ...] = ()


class SubmoduleFound(msgspec.Struct, frozen=True, kw_only=True):
    """A repository inside the repository, as `objects.code.Submodule` with bytes in place of digests."""

    path: str
    commit: str = ""
    remote: str = ""
    is_moved: bool = False
    is_changed: bool = False
    diff: bytes = b""
    sources: dict[str, bytes] = {}


class NotebookFound(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook that ran, as `objects.code.Notebook` with bytes in place of digests."""

    path: str
    stripped: bytes = b""
    cells: bytes = b""
    run_count: int = 0
    rerun_count: int = 0
    edited_count: int = 0


class CodeFound(msgspec.Struct, frozen=True, kw_only=True):
    """The code that a program started from, read before it started.

    ``root`` is the top of the Git repository, else the directory of the run. ``untracked`` are sources that Git
    neither knows nor ignores; ``sources`` are their bytes by path below ``root``. ``diff`` (against the commit, staged
    and unstaged, binary files too) and ``sources`` have their secrets masked; ``masked_secrets`` counts them.
    What the program imported from elsewhere (``imported``) and which notebooks ran is added after its end.
    """

    root: Path
    entry_point: str = ""
    commit: str = ""
    branch: str = ""
    remote: str = ""
    state: tuple[str, ...] = ()
    diff: bytes = b""
    untracked: tuple[Path, ...] = ()
    sources: dict[str, bytes] = {}
    submodules: tuple[SubmoduleFound, ...] = ()
    imported: dict[str, bytes] = {}
    notebooks: tuple[NotebookFound, ...] = ()
    is_in_git: bool = False
    masked_secrets: int = 0
    gaps: tuple[str, ...] = ()


def is_source(path: str) -> bool:
    """Tell whether a file that Git does not know is a source and no data, by its name."""
    parts = path.split("/")
    is_named = Path(path).suffix.lower() in SOURCE_SUFFIXES or parts[-1].lower() in SOURCE_NAMES
    return is_named and IGNORED_DIRECTORIES.isdisjoint(parts[:-1])


def read_sources(paths: Mapping[str, Path], *, room_bytes: int = -1) -> Sources:
    """Return the sources at ``paths``, by the name they are kept under, as far as the limits allow.

    Args:
        paths: where each lies.
        room_bytes: how much may be kept, by default as much as one run may keep.
    """
    files: dict[str, bytes] = {}
    kept: list[Path] = []
    gaps: list[str] = []
    count, room = 0, SOURCES_BYTES_MAX if room_bytes < 0 else room_bytes
    for name, path in paths.items():
        try:
            data = _read(path)
        except OSError as error:
            gaps.append(f"code: {name} could not be read: {error.strerror}")
            continue
        if data is None or len(data) > room:
            gaps.append(f"code: {name} is too large to be kept as source")
            continue
        room -= len(data)
        files[name], found = mask_bytes(data)
        count += found
        kept.append(path)
    return Sources(files=files, paths=tuple(kept), masked_secrets=count, gaps=tuple(gaps))


def _read(path: Path) -> bytes | None:
    is_notebook = path.suffix == NOTEBOOK
    if path.stat().st_size > (_NOTEBOOK_BYTES_MAX if is_notebook else SOURCE_BYTES_MAX):
        return None
    data = path.read_bytes()
    data = stripped(data) if is_notebook else data
    return data if len(data) <= SOURCE_BYTES_MAX else None


def with_sources(code: CodeFound, sources: Sources) -> CodeFound:
    """Return ``code`` with more sources of its own project."""
    return msgspec.structs.replace(
        code,
        untracked=(*code.untracked, *sources.paths),
        sources={**code.sources, **sources.files},
        masked_secrets=code.masked_secrets + sources.masked_secrets,
        gaps=(*code.gaps, *sources.gaps),
    )


def size_bytes(files: Mapping[str, bytes]) -> int:
    """Return how large ``files`` are together."""
    return sum(map(len, files.values()))


def by_name(root: Path, names: Iterable[str]) -> dict[str, Path]:
    """Return files below ``root`` by name."""
    return {each: root / each for each in names}
