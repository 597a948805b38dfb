"""Where files of a tree may be written: below one directory, through no link that leads out of it, over no other name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import PurePosixPath

from lineal.client.workspace.scanning import SKIPPED
from lineal.objects.errors import Conflict, Invalid, Unavailable
from lineal.objects.files import Entry
from lineal.storage.blobs.reading import TEMPORARY


class Placing:
    """The places below one directory.

    Args:
        root: the directory, as an absolute path; it need not be there.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._lexical = {""}
        self._made = set[str]()

    def check(self, path: str) -> None:
        """Raise Invalid when a path of a tree must not be written, whatever is on the disk."""
        folder, _, name = path.rpartition("/")
        if folder in self._lexical and name and name.lower() not in _FORBIDDEN and "\0" not in name:
            return
        inside = PurePosixPath(path)
        # Some file systems do not tell .git from .GIT.
        forbidden = _FORBIDDEN & {each.lower() for each in inside.parts}
        if inside.is_absolute() or forbidden or not inside.parts or "\0" in path:
            raise Invalid(
                f"the path {path!r} must not be written below {self.root}",
                hint="this tree was not made by Lineal; do not trust it",
            )
        self._lexical.add(folder)

    def at(self, path: str) -> str:
        """Return the place of a path that was checked."""
        return f"{self.root}/{path}"

    def make_folder(self, path: str) -> None:
        """Make the directory that a path stands in. Raises Invalid, Unavailable."""
        folder = path.rpartition("/")[0]
        if folder not in self._made:
            self.make(folder)

    def make(self, folder: str) -> None:
        """Make a directory below the root, or the root itself. Raises Invalid when a link leads out of it."""
        place = f"{self.root}/{folder}" if folder else self.root
        try:
            os.makedirs(place, exist_ok=True)
        except OSError as error:
            raise unwritable(place, error) from None
        # A link that an earlier entry made must not lead a later one out either.
        top, here = os.path.realpath(self.root), os.path.realpath(place)
        if here != top and not here.startswith(top + "/"):
            raise Invalid(f"the path {folder!r} goes through a link out of {self.root}", hint="do not trust this tree")
        self._made.add(folder)

    def remove_empty(self, folders: Iterable[str]) -> None:
        """Remove directories in which nothing is left, and those above them, up to the root."""
        for folder in sorted(folders, reverse=True):
            inside = folder
            while inside:
                try:
                    os.rmdir(f"{self.root}/{inside}")
                except OSError:
                    break
                self._made.discard(inside)
                inside = inside.rpartition("/")[0]

    def check_cases(self, entries: Iterable[Entry]) -> None:
        """Refuse names that differ by capitals only, where the file system takes them for the same. Raises Conflict."""
        self.make("")
        if not self._folds_case():
            return
        folder, names = "", dict[str, str]()
        for each in entries:
            above, _, name = each.path.rpartition("/")
            if above != folder:
                folder, names = above, {}
            if (other := names.setdefault(name.casefold(), name)) != name:
                raise Conflict(
                    f"{self.root} cannot hold both {other!r} and {name!r} in {folder or 'one directory'}",
                    hint="choose a directory on a file system that tells capitals apart",
                )

    def _folds_case(self) -> bool:
        name = f"{TEMPORARY}case-{os.getpid()}-{os.urandom(4).hex()}"
        try:
            os.close(os.open(self.at(name), os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            try:
                return os.path.exists(self.at(name.upper()))
            finally:
                os.unlink(self.at(name))
        except OSError as error:
            raise unwritable(self.root, error) from None


_FORBIDDEN = frozenset(("..", ".", *SKIPPED))


def unwritable(path: str, error: OSError) -> Unavailable:
    """Return the error for a place that cannot be written."""
    return Unavailable(f"{path} cannot be written: {error.strerror}", hint="check the disk and its permissions")
