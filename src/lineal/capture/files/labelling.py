"""Put what libraries said that files were to the files that were seen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lineal.formats.tensors.safetensors import read_safetensors
from lineal.objects.errors import Corrupt
from lineal.objects.places import Label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lineal.capture.files.sorting import FilesUsed
    from lineal.objects.runs import FileUse

_SAFETENSORS = ".safetensors"
_TENSORS_MAX = 200
_PATTERN = frozenset("*?[")


def labelled(used: FilesUsed, labels: Mapping[str, Label], root: Path) -> FilesUsed:
    """Return ``used`` with each file's label, where there is one.

    Args:
        used: the files that were seen.
        labels: by absolute path; a directory's, or a pattern's, are those of the files below it.
        root: the top of the project.
    """
    several: dict[str, list[_Several]] = {}
    for path, told in labels.items():
        group = _several(path, told)
        if group.ending or group.folder != str(root):  # the project as a whole is no dataset
            several.setdefault(group.folder, []).append(group)

    def label(use: FileUse) -> FileUse:
        path = os.path.join(root, use.path)
        found = labels.get(path)
        if found is None:
            groups = (each for folder in _above(path, root) for each in several.get(folder, ()))
            found = next((each.label for each in groups if each.holds(path)), None)
            # Rows and shape are those of all files together.
            found = msgspec.structs.replace(found, row_count=None, shape=()) if found else None
        found = found or _header(path, use)
        return msgspec.structs.replace(use, label=found) if found else use

    labels_of = {name: tuple(map(label, getattr(used, name))) for name in ("inputs", "outputs", "intermediates")}
    return msgspec.structs.replace(used, **labels_of)


class _Several(NamedTuple):
    """The label of the files below a directory; ``is_flat`` for those in it only, ``ending`` for how they must end."""

    folder: str
    ending: str
    is_flat: bool
    label: Label

    def holds(self, path: str) -> bool:
        return path.endswith(self.ending) and not (self.is_flat and os.path.dirname(path) != self.folder)


def _header(path: str, use: FileUse) -> Label | None:
    """Return what a file of safetensors says of itself: it is opened by a compiled type, which nothing can listen to."""
    if not path.endswith(_SAFETENSORS):
        return None
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size != use.size_bytes:
                return None
            tensors = read_safetensors(file).tensors[:_TENSORS_MAX]
    except (OSError, Corrupt):
        return None
    columns = {each.name: f"{each.dtype}[{', '.join(map(str, each.shape))}]" for each in tensors}
    return Label(by="safetensors", kind="tensors", columns=columns)


def _several(path: str, label: Label) -> _Several:
    parts = path.split(os.sep)
    at = next((index for index, each in enumerate(parts) if _PATTERN.intersection(each)), None)
    if at is None:
        return _Several(path, "", is_flat=False, label=label)
    ending = parts[-1].removeprefix("*")
    return _Several(
        os.sep.join(parts[:at]), "" if _PATTERN.intersection(ending) else ending, at == len(parts) - 1, label
    )


def _above(path: str, root: Path) -> list[str]:
    """Return the directories that ``path`` is in, nearest first, no farther up than the project."""
    found = []
    while path != str(root) and (path := os.path.dirname(path)) not in {os.sep, ""}:
        found.append(path)
    return found
