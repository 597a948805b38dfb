"""Keep the files that a program hands to a tracker: many are made in a directory that is gone a moment later.

Small ones are copied into the spool. What is larger stays where it is and is named with what marks its state; the recorder
keeps it at the end, if it is still that.
"""

from __future__ import annotations

import math
import os
import shutil
import threading

from ..guarding import quietly
from ..writing import emit, encoded, folder, gap

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_COPIED_BYTES_MAX = 64 << 20
_COPIES_BYTES_MAX = 512 << 20
"""So much of one file, and of all files together, is copied while the program waits; a tracker reads them then too."""

_ROOM_BYTES = 256 << 20
"""So much must be free on the disk after a copy: the program's own files come first."""

_FILES_MAX = 2_000
_NAME_BYTES_MAX = 200
_NAMES_BYTES_MAX = 1_500

_kept: dict[str, tuple[int, int, int]] = {}
"""The state in which each file was kept, by its name in the run."""

_left_out: list[str] = []
_copied_bytes = [0]
_lock = threading.Lock()


def hand_over(tracker: str, run: str, name: str, path: str) -> None:
    """Keep a file, or what is in a directory, as ``<tracker>/<run>/<name>`` of the run.

    Args:
        tracker: who was handed it.
        run: what stands before the names of the tracker's run; empty for its first.
        name: what the tracker calls it; of a directory what stands before the names of its files.
        path: where it is.
    """
    whole = "/".join(filter(None, (tracker, run.removesuffix("."), name)))
    if not os.path.isdir(path):
        quietly(_hand_over, tracker, whole, path)
        return
    for each in _files(path):
        if _left_out:
            break
        quietly(_hand_over, tracker, f"{whole}/{os.path.relpath(each, path)}", each)


def keep_media(key: str, step: int, what: str, path: str, ending: str) -> None:
    """Keep a file as what a program logged with a key at a step; ``ending`` is its suffix, and tells several apart."""
    parts = _parts(key)
    kept = "/".join(["media", *parts, f"{step}{ending}"])
    size_bytes = os.path.getsize(path)
    if not _may_copy(size_bytes):
        gap(f"trackers: {what} {key} at step {step} has {size_bytes:,} bytes and was not kept")
        return
    _copy(path, kept)
    emit("media", key="/".join(parts), step=step, what=what, path=kept)


def keep_histogram(key: str, step: int, counts: Iterable[Any], edges: Iterable[Any]) -> None:
    """Keep a distribution that a program logged with a key at a step."""
    parts = _parts(key)
    kept = "/".join(["media", *parts, f"{step}.json"])
    with open(_place(kept), "w", encoding="ascii") as file:
        file.write(encoded({"counts": _numbers(counts), "edges": _numbers(edges)}))
    emit("media", key="/".join(parts), step=step, what="histogram", path=kept)


def _numbers(values: Iterable[Any]) -> list[float | str]:
    # Those that are not finite are no JSON.
    return [each if math.isfinite(each) else encoded(each) for each in map(float, values)]


def _files(top: str) -> Iterator[str]:
    for where, _, names in os.walk(top):
        yield from (os.path.join(where, each) for each in sorted(names))


def _hand_over(tracker: str, name: str, path: str) -> None:
    name = "/".join(_parts(name))
    found = os.stat(path)
    stamp = found.st_mtime_ns, found.st_size, found.st_ino
    with _lock:
        if _kept.get(name) == stamp:
            return
        if len(_kept) >= _FILES_MAX and name not in _kept:
            if not _left_out:
                _left_out.append(name)
                gap(f"{tracker}: more than {_FILES_MAX:,} files were handed to it; the first ones are kept")
            return
        _kept[name] = stamp
    if not _may_copy(found.st_size):
        emit("artifact", name=name, path=os.path.realpath(path), stamp=list(stamp))
        return
    _copy(path, f"artifacts/{name}")
    emit("artifact", name=name, path=f"artifacts/{name}")


def _may_copy(size_bytes: int) -> bool:
    room = os.statvfs(folder())
    is_room = room.f_bavail * room.f_frsize - size_bytes >= _ROOM_BYTES
    if not is_room or size_bytes > _COPIED_BYTES_MAX or _copied_bytes[0] + size_bytes > _COPIES_BYTES_MAX:
        return False
    _copied_bytes[0] += size_bytes
    return True


def _copy(path: str, kept: str) -> None:
    """Copy a file to a path of the spool, whole or not at all."""
    place = _place(kept)
    partial = f"{place}.{os.getpid()}.{threading.get_ident()}"
    try:
        shutil.copyfile(path, partial)
        os.replace(partial, place)
    finally:
        if os.path.exists(partial):
            os.unlink(partial)


def _place(kept: str) -> str:
    place = os.path.join(folder(), *kept.split("/"))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    return place


def _parts(name: str) -> list[str]:
    """Return the parts of a name as those of a path: no empty ones, none that lead upwards, none too long."""
    parts = [each for each in name.replace("\0", "").replace("\\", "/").split("/") if each and each not in {".", ".."}]
    cut = [each.encode("utf-8", "replace")[-_NAME_BYTES_MAX:].decode("utf-8", "replace") for each in parts] or ["file"]
    while len("/".join(cut).encode()) > _NAMES_BYTES_MAX and len(cut) > 1:
        del cut[0]
    return cut
