"""Which dataset a path of DVC becomes: what ``lineal data add`` would call it, unless two would be called so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_ITEM = re.compile(r"[0-9a-f]{40,64}:(?P<path>.+)", re.DOTALL)
_CHARACTERS_MAX = 128
_RESERVED = frozenset({"run", "data", "deployment", "sha256"})


class Names:
    """Names of datasets by path. A path keeps the name that an earlier import gave it.

    Args:
        known: what was imported: a reference by each item.
        paths: every path that will be asked for.
    """

    def __init__(self, known: Mapping[str, str], paths: Iterable[str]) -> None:
        self._names: dict[str, str] = {}
        for item, reference in known.items():
            if match := _ITEM.fullmatch(item):
                self._names[match["path"]] = reference.removeprefix("data:").rpartition("@")[0]
        new = [each for each in dict.fromkeys(paths) if each not in self._names]
        stems = [_sanitized(_stem(each)) for each in new]
        taken = set(self._names.values())
        for path, stem in zip(new, stems, strict=True):
            is_alone = stems.count(stem) == 1 and stem not in taken
            name = stem if is_alone else _sanitized(path)
            while name in taken:
                name += "-2"
            taken.add(name)
            self._names[path] = name

    def __getitem__(self, path: str) -> str:
        return self._names[path]


def item_of(commit: str, path: str) -> str:
    """Return what an import remembers a dataset version by: the commit and the path of the data."""
    return f"{commit}:{path}"


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name


def _sanitized(text: str) -> str:
    """Return a text that can be a name, as near as possible."""
    name = re.sub(r"[^A-Za-z0-9._/-]+", "-", text)[-_CHARACTERS_MAX:].strip("._/-") or "dataset"
    return f"{name}-data" if name in _RESERVED else name
