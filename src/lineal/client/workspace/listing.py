"""What is in every folder of a directory at this moment; of a large one, another process looks at every second folder."""

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
