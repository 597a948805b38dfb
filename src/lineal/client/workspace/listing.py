"""What is in every folder of a directory at this moment; of a large one, another process looks at folders too."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

from lineal.client.workspace.hand import listed
from lineal.client.workspace.hands import Lister
from lineal.client.workspace.scanning import (
    Folder,
    Stamp,
    check_name,
    is_skipped,
    stamp_of,
    status_of,
    unreadable,
)

_FEW_FILES = 4_000
"""For so many files no process is started: they are listed sooner than it."""


_AHEAD_MAX = 8
"""So many folders are listed before it is their turn."""

_Listed = tuple[int, int, dict[str, Stamp], list[str]]
"""What ``listed`` returns."""


class Listing(NamedTuple):
    """Everything in one folder but its folders, at one moment."""

    folder: Folder
    device: int
    at: int
    stamps: dict[str, Stamp]
    is_empty: bool


def folders(root: str, *, file_count: int = 0) -> Iterator[Listing]:
    """Yield what is in every folder below a directory, in no order; of a file, the folder with nothing but it.

    Args:
        root: the directory, or file.
        file_count: how many files are expected there; it need not be true.

    Raises:
        Invalid: a name is no UTF-8, or a directory may not be read.
    """
    status = status_of(root)
    if not stat.S_ISDIR(status.st_mode):
        place, name = os.path.split(root)
        yield Listing(Folder(f"{place}/", ""), status.st_dev, time.time_ns(), {name: stamp_of(status)}, is_empty=False)
        return
    waiting, asked, files = [Folder(f"{root.rstrip('/')}/", "")], deque[Folder](), file_count
    with closing(Lister()) as lister:
        while waiting or asked:
            while files > _FEW_FILES and len(waiting) > 1 and lister.has_room:
                lister.ask(waiting[-1].place)
                asked.append(waiting.pop())
            # What the other one has ready is taken first: whoever makes something of it has less time to list.
            if asked and (not waiting or lister.is_ready):
                each = asked.popleft()
                at, device, stamps, below = lister.answer() or _here(each)
            else:
                each = waiting.pop()
                at, device, stamps, below = _here(each)
            _check(each, stamps, below)
            files += len(stamps)
            yield Listing(each, device, at, stamps, not stamps and not below)
            waiting += (Folder(f"{each.place}{name}/", f"{each.inside}{name}/") for name in below)


class Found(NamedTuple):
    """A file or link and its stamp, or, without a name, the end of its folder.

    ``at`` is when it was looked at, ``is_empty`` says of the end that nothing was there.
    """

    folder: Folder
    name: str
    stamp: Stamp = b""
    device: int = -1
    at: int = 0
    is_empty: bool = False


def files_in_order(root: str, *, together: bool = True) -> Iterator[Found]:
    """Yield every file and link below a directory, and the end of every folder, in the order of their paths in a tree.

    Args:
        root: the directory, or one file.
        together: whether another process lists folders ahead, where there are many files.

    Raises:
        Invalid: a name is no UTF-8, or a directory may not be read.
    """
    status = status_of(root)
    if not stat.S_ISDIR(status.st_mode):
        place, name = os.path.split(root)
        folder = Folder(f"{place}/", "")
        yield from (Found(folder, name, stamp_of(status), status.st_dev, time.time_ns()), Found(folder, ""))
        return
    with closing(_Walk(together=together)) as walk:
        yield from walk.files(Folder(f"{root.rstrip('/')}/", ""))


class _Open(NamedTuple):
    """A folder that is walked: what is in it, and what is left of that, the first thing last."""

    listing: Listing
    names: list[str]


class _Walk:
    """Lists folders one after the other, some of them before it is their turn.

    Args:
        together: whether another process does that.
    """

    def __init__(self, *, together: bool) -> None:
        self._together = together
        self._lister = Lister()
        self._open = list[_Open]()
        self._asked = deque[Folder]()
        self._listed: dict[Folder, _Listed | None] = {}
        self._ahead = deque[Folder]()
        self._file_count = 0

    def files(self, top: Folder) -> Iterator[Found]:
        """Yield what is below a folder, in order."""
        self._enter(top)
        while self._open:
            (folder, device, at, stamps, is_empty), names = self._open[-1]
            while names and names[-1][-1] != "/":
                name = names.pop()
                yield Found(folder, name, stamps[name], device, at)
            if names:
                self._enter(Folder(folder.place + names[-1], folder.inside + names.pop()))
            else:
                self._open.pop()
                yield Found(folder, "", is_empty=is_empty)

    def _enter(self, folder: Folder) -> None:
        at, device, stamps, below = self._contents(folder)
        _check(folder, stamps, below)
        self._file_count += len(stamps)
        # Paths are compared as texts: what is in "a" comes after "a.txt", because "." comes before "/".
        folders = sorted(f"{each}/" for each in below)
        names = sorted([*stamps, *folders], reverse=True)
        self._open.append(_Open(Listing(folder, device, at, stamps, not names), names))
        self._ahead.extendleft(Folder(folder.place + each, folder.inside + each) for each in reversed(folders))
        self._look_ahead()

    def _contents(self, folder: Folder) -> _Listed:
        """Return what is in a folder: as it was found ahead, or found now."""
        while folder in self._asked:
            self._listed[self._asked.popleft()] = self._lister.answer()
        if folder not in self._listed:
            if self._ahead:  # it is the first one there, unless it is the top
                self._ahead.popleft()
            return _here(folder)
        return self._listed.pop(folder) or _here(folder)

    def _look_ahead(self) -> None:
        """Have the other process list what comes next."""
        while (
            self._together
            and self._file_count > _FEW_FILES
            and self._ahead
            and self._lister.has_room
            and len(self._asked) + len(self._listed) < _AHEAD_MAX
        ):
            folder = self._ahead.popleft()
            self._lister.ask(folder.place)
            self._asked.append(folder)

    def close(self) -> None:
        """Let go of the process."""
        self._lister.close()


def _here(folder: Folder) -> _Listed:
    try:
        return listed(folder.place)
    except OSError as error:
        raise unreadable(folder.place, error) from None


def _check(folder: Folder, stamps: dict[str, Stamp], below: list[str]) -> None:
    """Leave out what is never part of a tree. Raises Invalid for a name that is no UTF-8."""
    for name in [each for each in stamps if each[0] == "." and is_skipped(each)]:
        del stamps[name]
    below[:] = [each for each in below if not (each[0] == "." and is_skipped(each))]
    for name in (*stamps, *below):
        if not name.isascii():
            check_name(name, folder.place)
