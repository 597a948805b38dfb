"""The modules that a program imported and that neither the commit nor a package has: kept after its end."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.code.found import CodeFound, read_sources, with_sources
from lineal.capture.code.git import Git, complaint
from lineal.capture.files.places import shown
from lineal.capture.gaps import named

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPILED = {".so", ".pyd", ".pyc"}

_COPIES = ".snakemake"
"""Where Snakemake runs a copy of a rule's script, which it removes."""


def with_imported(code: CodeFound, modules: Mapping[str, str], *, started_at: int) -> CodeFound:
    """Return ``code`` with the sources of ``modules`` that it has not yet.

    Args:
        code: what was found at the start.
        modules: files of modules by name; neither Python's own nor installed ones.
        started_at: when the program began, in milliseconds since 1970 UTC; what changed since is noted.
    """
    inside: dict[str, Path] = {}
    outside: dict[str, Path] = {}
    compiled: list[str] = []
    for module, file in sorted(modules.items()):
        path = Path(file)
        if _COPIES in path.parts:
            continue
        if path.suffix in _COMPILED:
            compiled.append(module)
        elif path.is_relative_to(code.root):
            inside[shown(path, code.root)] = path
        else:
            outside[_below_its_folder(module, path)] = path
    gaps = [f"code: of {named(compiled)} only the compiled form was imported"] if compiled else []
    unknown, said = _unknown(code, inside)
    gaps += said
    late = [name for name, path in {**unknown, **outside}.items() if _changed_at(path) > started_at]
    gaps += [f"code: {named(late)} changed after the program began, and is kept as it was at the end"] if late else []
    code = msgspec.structs.replace(code, gaps=(*code.gaps, *gaps))
    code = with_sources(code, read_sources(unknown))
    more = read_sources(outside)
    return msgspec.structs.replace(
        code,
        imported=more.files,
        masked_secrets=code.masked_secrets + more.masked_secrets,
        gaps=(*code.gaps, *more.gaps),
    )


def _unknown(code: CodeFound, inside: Mapping[str, Path]) -> tuple[dict[str, Path], list[str]]:
    """Return those modules of the project that are kept nowhere yet, and what went wrong in asking."""
    folders = tuple(f"{each.path}/" for each in code.submodules)
    new = {name: path for name, path in inside.items() if name not in code.sources and not name.startswith(folders)}
    if not new or not code.is_in_git:
        return new, []
    try:
        known = Git(code.root).known(new)
    except (OSError, subprocess.SubprocessError) as error:
        return {}, [f"code: git did not answer, so imported modules that it ignores are not kept: {complaint(error)}"]
    return {name: path for name, path in new.items() if name not in known}, []


def _below_its_folder(module: str, path: Path) -> str:
    """Return the path of a module below the folder that it was imported from: `a.b` in `/x/a/b.py` is `a/b.py`."""
    depth = module.count(".") + (2 if path.name == "__init__.py" else 1)
    return "/".join(path.parts[-depth:])


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return 0
