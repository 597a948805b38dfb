"""Sort the files of a run into inputs, outputs and intermediates, and name each by its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lineal.capture.files.hashing import Hashed, Known, hash_file
from lineal.capture.files.places import Ignored, shown
from lineal.capture.files.watch.watcher import Stamp, stamp
from lineal.capture.gaps import named
from lineal.objects.digest import short
from lineal.objects.runs import FileUse

if TYPE_CHECKING:
    from pathlib import Path

    from lineal.capture.files.watch.watcher import Seen


class FilesUsed(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a run, sorted by path. An intermediate was both written and read."""

    inputs: tuple[FileUse, ...] = ()
    outputs: tuple[FileUse, ...] = ()
    intermediates: tuple[FileUse, ...] = ()
    gaps: tuple[str, ...] = ()


def classify(
    seen: Seen,
    root: Path,
    ignored: Ignored,
    *,
    entry_point: str = "",
    known: Known = Known(),  # noqa: B008 it is never changed here
) -> FilesUsed:
    """Return what the files that were ``seen`` mean. Reads those that are not ``known``; notes those that are gone.

    Args:
        seen: what a watcher saw, by absolute path.
        root: the top of the project; files below it are named relative to it.
        ignored: what is noise.
        entry_point: the program itself, which is code and no input.
        known: what was hashed while the program ran.
    """
    sorting = _Sorting(seen, known)
    for path in sorted(set(seen.reads) | seen.writes):
        name = shown(path, root)
        if name != entry_point and not ignored.file(path, root):
            try:
                sorting.take(path, name)
            except OSError as error:
                sorting.gaps.append(f"files: {name} could not be read: {error.strerror}")
    return sorting.sorted()


class _Sorting:
    """Puts one file after the other where it belongs."""

    def __init__(self, seen: Seen, known: Known) -> None:
        self._seen = seen
        self._known = known
        self._uses: dict[str, list[FileUse]] = {"inputs": [], "outputs": [], "intermediates": []}
        self._lost: dict[str, list[str]] = {
            "read and removed before the end": [],
            "written and removed before the end": [],
            "read and then written over, so what was read is not known": [],
        }
        self._read_lost, self._written_lost, self._old_lost = self._lost.values()
        self._present: dict[int, str] | None = None
        self.gaps: list[str] = []

    def sorted(self) -> FilesUsed:
        """Return the files, and what is missing."""
        lost = [f"files: {len(names)} {what}: {named(names)}" for what, names in self._lost.items() if names]
        return FilesUsed(
            gaps=tuple(self.gaps + lost),
            **{kind: tuple(uses) for kind, uses in self._uses.items()},
        )

    def take(self, path: str, name: str) -> None:
        """Sort the file at ``path``. Raises OSError when it cannot be read."""
        is_written = path in self._seen.writes
        try:
            now = self._hashed(path)
        except FileNotFoundError:
            self._take_gone(path, name, is_written)
            return
        if now is None:
            return
        if not is_written:
            self._take_input(path, name, now)
            return
        is_overwritten = path in self._seen.overwritten
        if is_overwritten:
            self._take_old(path, name)
        kind = "intermediates" if path in self._seen.reads and not is_overwritten else "outputs"
        self._uses[kind].append(_use(name, now, has_changed=now.stamp is None))

    def _hashed(self, path: str) -> Hashed | None:
        known = self._known.latest.get(path)
        return known if known is not None and known.stamp == stamp(path) else hash_file(path)

    def _take_input(self, path: str, name: str, now: Hashed) -> None:
        """An input that somebody else changed is named by what it was when it was read, where that is known."""
        first = self._seen.reads[path]
        has_changed = now.stamp is None or (first is not None and now.stamp != first)
        as_read = self._known.as_read.get(path) if has_changed else None
        self._uses["inputs"].append(_use(name, as_read or now, has_changed=has_changed))

    def _take_old(self, path: str, name: str) -> None:
        """What a file held before the run wrote over it was an input."""
        as_read = self._known.as_read.get(path)
        if as_read is None:
            self._old_lost.append(name)
        else:
            self._uses["inputs"].append(_use(name, as_read, has_changed=False))

    def _take_gone(self, path: str, name: str, is_written: bool) -> None:
        """A file that is gone may live on under another name, or be known from before."""
        first = self._seen.first.get(path) if is_written else self._seen.reads[path]
        elsewhere = self._same_file(first)
        if is_written:
            if path not in self._seen.moved and elsewhere is None:
                known = self._known.latest.get(path)
                self._written_lost.append(f"{name} ({short(known.digest)})" if known else name)
            return
        as_read = self._known.as_read.get(path)
        if as_read is None and elsewhere is not None:
            found = hash_file(elsewhere)
            as_read = found if found is not None and found.stamp == first else None
        if as_read is None:
            self._read_lost.append(name)
        else:
            self._uses["inputs"].append(_use(name, as_read, has_changed=False))

    def _same_file(self, first: Stamp | None) -> str | None:
        """Return where a file that was written or moved lies now, by its inode."""
        if self._present is None:
            stamps = ((path, stamp(path)) for path in self._seen.writes)
            self._present = {found.inode: path for path, found in stamps if found is not None}
        return None if first is None else self._present.get(first.inode)


def _use(name: str, found: Hashed, *, has_changed: bool) -> FileUse:
    return FileUse(
        path=name,
        digest=found.digest,
        size_bytes=found.size_bytes,
        mode=found.mode,
        changed_while_reading=has_changed,
        kept=False,
    )
