"""Find the code behind a command: the repository it lies in, or the sources beside it."""

from __future__ import annotations

import os
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.capture.code.found import CodeFound, read_sources, with_sources
from lineal.capture.code.git import complaint
from lineal.capture.code.repository import read_repository
from lineal.capture.code.stripping import NOTEBOOK
from lineal.capture.files.places import SOURCE_SUFFIXES, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORKFLOWS = {
    "make": ("GNUmakefile", "makefile", "Makefile"),
    "gmake": ("GNUmakefile", "makefile", "Makefile"),
    "snakemake": ("Snakefile", "workflow/Snakefile", "snakefile", "workflow/snakefile"),
}
"""Programs that run what a file says, and what it is called when nobody names it, the first that is there."""

_FILE_OPTIONS = ("-f", "--file", "--makefile", "-s", "--snakefile")

_NOTEBOOK_RUNNERS = ("jupyter", "papermill", "nbconvert", "nbclient", "jupyter_execute", "ipython", "runipy")


def find_code(directory: Path, command: Sequence[str]) -> CodeFound:
    """Return the code behind ``command``, run in ``directory``. What Git does not know is a gap."""
    directory = directory.resolve()
    root = next((each for each in (directory, *directory.parents) if (each / ".git").exists()), None)
    gaps: list[str] = []
    if root is not None:
        try:
            return read_repository(root, entry_point(root, directory, command))
        except FileNotFoundError:
            gaps.append("code: git is not installed, so the commit is not known")
        except (OSError, subprocess.SubprocessError) as error:
            gaps.append(f"code: git did not answer, so the commit is not known: {complaint(error)}")
    else:
        gaps.append(
            f"code: {directory} is in no Git repository, so the sources beside the program and those that it imported"
            " were kept"
        )
    entry = entry_point(directory, directory, command)
    # A program somewhere else is kept among what was imported; what lies beside it there is not ours to keep.
    program = [directory / entry] if not os.path.isabs(entry) and (directory / entry).is_file() else []
    beside = program[0].parent if program else directory
    files = [*program, *sorted(each for each in beside.glob("*.py") if each.is_file())]
    code = CodeFound(root=directory, entry_point=entry, gaps=tuple(gaps))
    return with_sources(code, read_sources({shown(each, directory): each for each in files}))


def entry_point(root: Path, directory: Path, command: Sequence[str]) -> str:
    """Return what ``command`` runs: a notebook, workflow or source file, a module (``-m name``), or its first word."""
    if file := _notebook(directory, command) or _workflow(directory, command):
        return shown(file, root)
    for position, word in enumerate(command):
        if word == "-m" and position + 1 < len(command):
            module = command[position + 1]
            stem = directory / module.replace(".", "/")
            files = (stem.with_name(stem.name + ".py"), stem / "__main__.py")
            return next((shown(each, root) for each in files if each.is_file()), f"-m {module}")
        if word == "-c":
            break
        path = directory / word
        if path.suffix.lower() in SOURCE_SUFFIXES and path.is_file():
            return shown(path, root)
    first = command[0] if command else ""
    return shown(directory / first, root) if os.sep in first and (directory / first).is_file() else first


def _workflow(directory: Path, command: Sequence[str]) -> Path | None:
    """Return the file that says what ``make`` and its like do, or None."""
    known = _WORKFLOWS.get(Path(command[0]).name, ()) if command else ()
    named = [after for word, after in pairwise(command) if word in _FILE_OPTIONS] if known else []
    return next((directory / each for each in (*named, *known) if (directory / each).is_file()), None)


def _notebook(directory: Path, command: Sequence[str]) -> Path | None:
    """Return the first notebook among the arguments of a program that runs notebooks, or None."""
    programs = [Path(command[0]).name] if command else []
    programs += [command[at + 1] for at, word in enumerate(command[:-1]) if word == "-m"]
    if not any(each.startswith(_NOTEBOOK_RUNNERS) for each in programs):
        return None
    words = [part for word in command for part in (word, word.partition("=")[2])]
    return next((directory / each for each in words if each.endswith(NOTEBOOK) and (directory / each).is_file()), None)
