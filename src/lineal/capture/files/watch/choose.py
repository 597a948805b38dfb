"""Decide what to watch and how; the level is part of the record."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Literal

from lineal.capture.files.watch.arguments import Arguments
from lineal.capture.files.watch.fanotify import Fanotify
from lineal.capture.files.watch.inotify import Inotify
from lineal.capture.files.watch.joined import Joined
from lineal.capture.files.watch.readers import Readers
from lineal.capture.files.watch.watcher import Root, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lineal.capture.files.places import Ignored

Level = Literal["fanotify", "inotify", "readers", "arguments"]

LEVELS: tuple[Level, ...] = ("fanotify", "inotify", "readers", "arguments")
"""Best first."""

_SYSTEM = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr")


def paths_in(command: Sequence[str], directory: Path) -> tuple[str, ...]:
    """Return the absolute paths that the arguments of ``command`` may name, ``--name=path`` too."""
    words = [
        part for word in command[1:] for part in (word, word.partition("=")[2]) if part and not part.startswith("-")
    ]
    paths = (os.path.normpath(directory / each) for each in words if len(each) < os.pathconf("/", "PC_PATH_MAX"))
    return tuple(dict.fromkeys(each for each in paths if "\0" not in each))


def roots_of(root: Path, directory: Path, command: Sequence[str]) -> tuple[tuple[Root, ...], tuple[str, ...]]:
    """Return what to watch for ``command``, and sentences about what is not watched.

    The project, the directory of the run, and where the arguments point. Of the system's temporary directory only
    files that the arguments name; of system directories nothing.
    """
    gaps: list[str] = []
    roots: dict[str, Root] = {}
    too_wide = {os.sep, os.path.expanduser("~"), os.path.realpath(tempfile.gettempdir())}
    for each in dict.fromkeys((str(directory), str(root))):
        is_deep = each not in too_wide
        roots[each] = Root(each, is_deep)
        if not is_deep:
            gaps.append(
                f"files: {each} is too wide to be watched with everything below it; run from a project's directory"
            )
    for path in paths_in(command, directory):
        folder, name = os.path.split(path)
        if any(path == each or path.startswith(each + os.sep) for each in _SYSTEM):
            continue
        if any(path == each.path or path.startswith(each.path + os.sep) for each in roots.values() if each.is_deep):
            continue
        if os.path.isdir(path):
            roots[path] = Root(path, path not in too_wide)
        elif os.path.isdir(folder) and folder in too_wide:
            names = roots[folder].names if folder in roots else frozenset[str]()
            if names is not None:
                roots[folder] = Root(folder, is_deep=False, names=names | {name})
        elif os.path.isdir(folder):
            roots.setdefault(folder, Root(folder, is_deep=False))
    return tuple(roots.values()), tuple(gaps)


def start_watching(
    roots: tuple[Root, ...],
    ignored: Ignored,
    *,
    paths: Sequence[str] = (),
    is_ours: Callable[[int], bool] = lambda _process: True,
    levels: Sequence[Level] = LEVELS,
) -> Watcher:
    """Return a watcher of ``roots`` that has started: the first of ``levels`` that this machine allows.

    What it cannot watch is left to the next one.

    Args:
        roots: the directories; the first must exist.
        ignored: what to leave out.
        paths: absolute paths that the command line names.
        is_ours: tells whether a process belongs to the program.
        levels: the ways to try, best first.

    Raises:
        OSError: none of ``levels`` works here.
    """
    makers: dict[Level, Callable[[], Watcher]] = {
        "fanotify": lambda: Fanotify(roots, ignored, is_ours),
        "inotify": lambda: Inotify(roots, ignored),
        "readers": lambda: Readers(roots, ignored, paths),
        "arguments": lambda: Arguments(roots, ignored, paths),
    }
    refused: OSError = OSError("no way of watching was given")
    for position, level in enumerate(levels):
        watcher = makers[level]()
        try:
            watcher.start()
        except OSError as error:
            refused = error
            continue
        if watcher.rest:
            others = tuple(levels[position + 1 :]) or LEVELS[-1:]
            return Joined(watcher, start_watching(watcher.rest, ignored, paths=paths, is_ours=is_ours, levels=others))
        return watcher
    raise refused
