"""Which paths belong to a run and which are noise: tools' folders, caches, editors' droppings."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

IGNORED_DIRECTORIES = frozenset(
    {
        ".git", ".hg", ".svn", ".lineal", ".dvc", "__pycache__", "site-packages", "dist-packages", ".venv", "venv",
        "node_modules", ".tox", ".nox", ".eggs", ".cache", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
        ".ipynb_checkpoints", ".idea", ".vscode", ".snakemake",
    }
)  # fmt: skip

CACHES = (
    "XDG_CACHE_HOME", "PYTHONPYCACHEPREFIX", "MPLCONFIGDIR", "NUMBA_CACHE_DIR", "CUDA_CACHE_PATH", "TRITON_CACHE_DIR",
    "TORCH_HOME", "TORCHINDUCTOR_CACHE_DIR", "HF_HOME", "HF_HUB_CACHE", "HF_DATASETS_CACHE", "HF_ASSETS_CACHE",
    "HF_XET_CACHE", "TRANSFORMERS_CACHE", "KERAS_HOME", "TFHUB_CACHE_DIR", "PIP_CACHE_DIR", "UV_CACHE_DIR",
)  # fmt: skip
"""Variables by which libraries are told where to keep what they can make or fetch again."""

SOURCE_SUFFIXES = frozenset(
    ".py .pyi .pyx .ipynb .sql .sh .bash .r .rmd .jl .c .h .cc .cpp .hpp .cu .rs .go .java .scala .js .ts "
    ".toml .yaml .yml .cfg .ini .mk .smk".split()
)

SOURCE_NAMES = frozenset({"makefile", "gnumakefile", "snakefile", "dockerfile"})
"""In lower case."""

# Compiled and imported code is code, not data; the rest is what editors, desktops and open databases leave
# behind. A file without a name (O_TMPFILE) shows as # and a number.
_NOISE = re.compile(
    r".*\.(py|pyi|pyc|pyo|pyd|swp|swo|swx)|.*\.so(\.[\d.]+)?|.*~|\.#.*|#.*#|4913|\.DS_Store|Thumbs\.db"
    r"|#\d+|.*\.(db|db3|sqlite|sqlite3)-(journal|wal|shm)"
)


_TRACKERS = re.compile(
    r"(.*/)?(mlruns/(?!.*/artifacts/).*|mlflow\.db(-journal|-wal|-shm)?|wandb/((offline-)?run-\d|debug|latest-run).*)"
)
"""What trackers keep for themselves; files that programs gave them are the runs'."""


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
        is_in_tool = is_in_tool or _TRACKERS.fullmatch(shown(path, root)) is not None
        return is_in_tool or _NOISE.fullmatch(name) is not None or self._below(path)

    def _below(self, path: str) -> bool:
        return any(path == each or path.startswith(each + os.sep) for each in self._paths)


def caches(variables: Mapping[str, str], directory: Path) -> tuple[Path, ...]:
    """Return the caches that ``variables`` name, for a program that runs in ``directory``; none that holds the program."""
    found = (directory / variables[each] for each in CACHES if variables.get(each))
    return tuple(each for each in found if not directory.is_relative_to(Path(os.path.abspath(each))))


def readable(text: str) -> str:
    """Return ``text`` with the bytes that are no UTF-8 written out: systems allow them in names, records do not."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shown(path: str | Path, root: Path) -> str:
    r"""Return ``path`` as a record names it: relative to ``root`` with ``/``, or absolute when it is elsewhere.

    Bytes of a name that are no UTF-8 are written as ``\x`` and two digits: a record is text.
    """
    text = os.fsencode(os.path.abspath(path)).decode(errors="backslashreplace")
    return text.removeprefix(os.path.join(os.fsencode(root).decode(errors="backslashreplace"), "")).replace(os.sep, "/")
