"""Where files of a tree may be written: below one directory, on a way of real directories, over no other name."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable, Sequence

from lineal.client.workspace.scanning import is_skipped
from lineal.formats import trees
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
        self._checked = {""}
        self._ways = {"": ""}
        self._made = set[str]()
        self._lock = threading.RLock()

    def check(self, path: str) -> None:
        """Raise Invalid when a path of a tree must not be written, whatever is on the disk."""
        folder, _, name = path.rpartition("/")
        if folder in self._checked and path[:1] != "/" and trees.fits(name) and not is_skipped(name):
            return
        if not trees.fits(path) or any(map(is_skipped, path.split("/"))):
            raise Invalid(
                f"the path {path!r} must not be written below {self.root}",
                hint="this tree was not made by Lineal; do not trust it",
            )
        self._checked.add(folder)

    def check_all(self, paths: Sequence[str]) -> None:
        """Raise Invalid when one of many paths of a tree must not be written."""
        # What is skipped begins with a dot: where no name does, one look at all of them is enough.
        if trees.fit(paths) and "/." not in f"/{'/'.join(paths)}":
            return
        for each in paths:
            self.check(each)

    def at(self, path: str) -> str:
        """Return the place of a path that was checked."""
        return f"{self.root}/{path}"

    def obstacle(self, folder: str) -> str:
        """Return the first path on the way into ``folder`` that is there and is no directory; nothing for a free way.

        A link to a directory is one too: what is written there would be elsewhere, and not in this tree any more.
        """
        if folder not in self._ways:
            found = self.obstacle(folder.rpartition("/")[0])
            if not found:
                try:
                    found = "" if stat.S_ISDIR(os.lstat(self.at(folder)).st_mode) else folder
                except FileNotFoundError:
                    found = ""
                except OSError as error:
                    raise unwritable(self.at(folder), error) from None
            self._ways[folder] = found
        return self._ways[folder]

    def make_folder(self, path: str) -> None:
        """Make the directory that a path stands in. Raises Unavailable."""
        folder = path.rpartition("/")[0]
        if folder not in self._made:
            self.make(folder)

    def make(self, folder: str) -> None:
        """Make a directory below the root, or the root itself, in the place of a file or link. Raises Unavailable."""
        place = self.at(folder) if folder else self.root
        with self._lock:
            try:
                if not folder:
                    os.makedirs(place, exist_ok=True)
                else:
                    self.make_folder(folder)
                    _make_one(place)
            except OSError as error:
                raise unwritable(place, error) from None
            self._made.add(folder)

    def remove_empty(self, folders: Iterable[str]) -> None:
        """Remove directories in which nothing is left, and those above them, up to the root."""
        for folder in sorted(folders, reverse=True):
            inside = folder
            while inside:
                try:
                    os.rmdir(self.at(inside))
                except OSError:
                    break
                inside = inside.rpartition("/")[0]

    def check_cases(self, entries: Iterable[Entry]) -> None:
        """Refuse names that differ by capitals only, where the file system takes them for the same. Raises Conflict."""
        self.make("")
        if not self._folds_case():
            return
        # Directories may collide as files do: what is in both would come together in one.
        names = dict[str, str]()
        for each in entries:
            path = each.path
            while path and (other := names.setdefault(path.casefold(), path)) == path:
                path = path.rpartition("/")[0]
            if path:
                raise Conflict(
                    f"{self.root} cannot hold both {other!r} and {path!r}",
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


def _make_one(place: str) -> None:
    try:
        os.mkdir(place)
    except FileExistsError:
        if not stat.S_ISDIR(os.lstat(place).st_mode):
            os.unlink(place)
            os.mkdir(place)


def unwritable(path: str, error: OSError) -> Unavailable:
    """Return the error for a place that cannot be written."""
    return Unavailable(f"{path} cannot be written: {error.strerror}", hint="check the disk and its permissions")
