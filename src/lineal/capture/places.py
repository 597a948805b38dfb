"""Which paths belong to a run and which are noise: tools' folders, caches, editors' droppings."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IGNORED_DIRECTORIES = frozenset(
    {
        ".git", ".hg", ".svn", ".lineal", ".dvc", "__pycache__", "site-packages", "dist-packages", ".venv", "venv",
        "node_modules", ".tox", ".nox", ".eggs", ".cache", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
        ".ipynb_checkpoints", ".idea", ".vscode",
    }
)  # fmt: skip

SOURCE_SUFFIXES = frozenset(
    ".py .pyi .pyx .ipynb .sql .sh .bash .r .rmd .jl .c .h .cc .cpp .hpp .cu .rs .go .java .scala .js .ts "
    ".toml .yaml .yml .cfg .ini".split()
)

# Compiled and imported code is code, not data; the rest is what editors and desktops leave behind.
_NOISE = re.compile(r".*\.(py|pyi|pyc|pyo|pyd|swp|swo|swx)|.*\.so(\.[\d.]+)?|.*~|\.#.*|#.*#|4913|\.DS_Store|Thumbs\.db")


class Ignored:
    """Tells noise from files that belong to a run.

    Args:
        paths: absolute paths to leave out with everything below them.
    """

    def __init__(self, paths: tuple[Path, ...] = ()) -> None:
        self._paths = tuple(
            sorted({os.path.realpath(each) for each in paths} | {os.path.abspath(each) for each in paths})
        )

    def directory(self, path: str) -> bool:
        """Tell whether nothing in the directory ``path`` belongs to a run."""
        return os.path.basename(path) in IGNORED_DIRECTORIES or self._below(path)

    def file(self, path: str, root: Path) -> bool:
        """Tell whether the file ``path`` is noise. Folders count below ``root`` only: others were asked for."""
        folder, name = os.path.split(shown(path, root))
        is_in_tool = not os.path.isabs(folder) and not IGNORED_DIRECTORIES.isdisjoint(folder.split("/"))
        return is_in_tool or _NOISE.fullmatch(name) is not None or self._below(path)

    def _below(self, path: str) -> bool:
        return any(path == each or path.startswith(each + os.sep) for each in self._paths)


def readable(text: str) -> str:
    """Return ``text`` with the bytes that are no UTF-8 written out: systems allow them in names, records do not."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shown(path: str | Path, root: Path) -> str:
    """Return ``path`` as a record names it: relative to ``root`` with ``/``, or absolute when it is elsewhere."""
    text = os.path.abspath(path)
    return text.removeprefix(os.path.join(root, "")).replace(os.sep, "/")
