"""The code of a run: what Git knows of it, what it does not, and what a notebook ran."""

from __future__ import annotations

from lineal.objects.canonical import Object
from lineal.objects.digest import Digest


class Submodule(Object, frozen=True):
    """A Git repository inside the repository: which commit lay there, and what was changed since.

    ``diff`` and ``untracked`` are as those of `Code`, with paths below ``path``. ``is_moved`` tells that its commit is
    not the one that the repository around it names.
    """

    path: str
    commit: str = ""
    remote: str = ""
    is_moved: bool = False
    is_changed: bool = False
    diff: Digest | None = None
    untracked: Digest | None = None


class Notebook(Object, frozen=True):
    """A notebook that ran: its file without outputs, and the cells in the order they ran, as a text.

    A cell that ran before was ``rerun``; one whose text was another when it ran before, or is another in the file, was
    ``edited``.
    """

    path: str
    stripped: Digest | None = None
    cells: Digest | None = None
    run_count: int = 0
    rerun_count: int = 0
    edited_count: int = 0


class Code(Object, frozen=True, tag="code"):
    """The code of a run: a commit, what was changed since, and what Git did not know.

    ``diff`` and ``untracked`` are digests of the diff's text and of a tree of untracked sources, notebooks without
    their outputs. ``imported`` is a tree of the modules that the program imported from elsewhere, by their path below
    the folder they were imported from. ``state`` says what is special about the repository, such as ``detached``.
    """

    entry_point: str = ""
    commit: str = ""
    branch: str = ""
    remote: str = ""
    diff: Digest | None = None
    untracked: Digest | None = None
    masked_secrets: int = 0
    imported: Digest | None = None
    state: tuple[str, ...] = ()
    submodules: tuple[Submodule, ...] = ()
    notebooks: tuple[Notebook, ...] = ()


def named_by(code: Code) -> tuple[Digest, ...]:
    """Return every digest of bytes and trees that ``code`` names; a store must hold them."""
    parts: tuple[Code | Submodule, ...] = (code, *code.submodules)
    found = [digest for each in parts for digest in (each.diff, each.untracked)]
    found += [digest for each in code.notebooks for digest in (each.stripped, each.cells)]
    return tuple(each for each in (*found, code.imported) if each)
