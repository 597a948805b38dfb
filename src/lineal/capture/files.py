"""Sort the files of a run into inputs, outputs and intermediates, and name each by its digest."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from lineal.capture.places import Ignored, readable, shown
from lineal.capture.watch.watcher import Stamp, stamp
from lineal.objects.digest import Hasher
from lineal.objects.runs import FileUse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lineal.capture.watch.watcher import Seen
    from lineal.objects.digest import Digest
    from lineal.objects.files import Mode

_PIECE_BYTES = 1 << 20
_NAMED_MAX = 5


class FilesUsed(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a run, sorted by path. An intermediate was both written and read."""

    inputs: tuple[FileUse, ...] = ()
    outputs: tuple[FileUse, ...] = ()
    intermediates: tuple[FileUse, ...] = ()
    gaps: tuple[str, ...] = ()


def classify(seen: Seen, root: Path, ignored: Ignored, *, entry_point: str = "") -> FilesUsed:
    """Return what the files that were ``seen`` mean. Reads each of them once; those that are gone are noted.

    Args:
        seen: what a watcher saw, by absolute path.
        root: the top of the project; files below it are named relative to it.
        ignored: what is noise.
        entry_point: the program itself, which is code and no input.
    """
    groups: dict[str, list[FileUse]] = {"inputs": [], "outputs": [], "intermediates": []}
    gone: dict[str, list[str]] = {"read": [], "written": []}
    gaps: list[str] = []
    for path in sorted(set(seen.reads) | seen.writes):
        name = shown(path, root)
        if name == entry_point or ignored.file(path, root):
            continue
        if readable(name) != name:
            gaps.append(f"files: the name {readable(name)} is no UTF-8, so the file was not recorded")
            continue
        is_written = path in seen.writes
        try:
            use = use_of(path, name, None if is_written else seen.reads[path])
        except FileNotFoundError:
            if path not in seen.moved:
                gone["written" if is_written else "read"].append(name)
            continue
        except OSError as error:
            gaps.append(f"files: {name} could not be read: {error.strerror}")
            continue
        if use is not None:
            kind = "inputs" if not is_written else "intermediates" if path in seen.reads else "outputs"
            groups[kind].append(use)
    gaps += [
        f"files: {len(names)} {verb} and removed before the end: {_named(names)}"
        for verb, names in gone.items()
        if names
    ]
    return FilesUsed(gaps=tuple(gaps), **{kind: tuple(uses) for kind, uses in groups.items()})


def use_of(path: str, name: str, first: Stamp | None) -> FileUse | None:
    """Return the file at ``path`` as it is now, called ``name``, or None when it is no regular file.

    It counts as changed while reading when it is not any more as ``first`` says, or changes under our own reading.

    Raises:
        OSError: it cannot be read; FileNotFoundError when it is gone.
    """
    # Opening a named pipe for reading would wait for its writer for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC) if _is_regular(path) else -1
    if descriptor < 0:
        return None
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        before = stamp(path)
        mode: Mode = "executable" if os.fstat(file.fileno()).st_mode & stat.S_IXUSR else "file"
        digest, size_bytes = _digest(file)
    return FileUse(
        path=name,
        digest=digest,
        size_bytes=size_bytes,
        mode=mode,
        changed_while_reading=(first is not None and before != first) or stamp(path) != before,
        kept=False,
    )


def _is_regular(path: str) -> bool:
    return stat.S_ISREG(os.stat(path).st_mode)


def _digest(file: BinaryIO) -> tuple[Digest, int]:
    hasher = Hasher()
    piece = memoryview(bytearray(_PIECE_BYTES))
    while count := file.readinto(piece):  # type: ignore[attr-defined]  # raw files have it; BinaryIO does not say so
        hasher.update(piece[:count])
    return hasher.digest, hasher.size_bytes


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    rest = len(listed) - _NAMED_MAX
    return ", ".join(listed[:_NAMED_MAX]) + (f" and {rest} more" if rest > 0 else "")
