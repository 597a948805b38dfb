"""A DVC repository on this machine: where it begins, what its configuration says, and what its pointers name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lineal.formats.dvc import config, lock, pipeline, pointer
from lineal.formats.dvc.config import Config
from lineal.formats.dvc.pointer import Out
from lineal.objects.errors import Invalid, NotFound, Unsupported
from lineal.storage.blobs import reading
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.dvc.objects import DvcObjects
from lineal.storage.dvc.reading import Source

OpenBucket = Callable[[str, Mapping[str, str]], Bucket]
"""Opens the bucket at an address, with the options that DVC's configuration has for it."""

_URL = re.compile(r"\w[\w+.-]*://")
_NAMED = ("version_aware", "worktree")
"""Options of a remote that keeps files under their own names."""


class Tracked(NamedTuple):
    """An out, the file that says so, and the path that its own is relative to, from the top of the repository."""

    out: Out
    said_by: Path
    folder: str
    is_stage: bool = False

    @property
    def path(self) -> str:
        """Where it is in the workspace, from the top of the repository."""
        return os.path.normpath(f"{self.folder}/{self.out.path}")


class Project:
    """A DVC repository.

    Args:
        root: the directory that holds ``.dvc``.
        open_bucket: opens what its configuration names.
        beside: files of configuration outside of it, the nearest first.
    """

    def __init__(self, root: Path, open_bucket: OpenBucket, *, beside: tuple[Path, ...] = ()) -> None:
        self.root = root
        self._open_bucket = open_bucket
        self.config = Config({}, {})
        for path in (root / ".dvc" / "config.local", root / ".dvc" / "config", *beside):
            self.config = self.config.over(_read_config(path))

    @property
    def cache(self) -> DvcObjects:
        """The cache of this machine."""
        said = self.config.cache_directory
        directory = Path(said) if said else self.root / ".dvc" / "cache"
        return DvcObjects(self._open_bucket(str(directory), {}), directory=directory)

    def remote(self, name: str = "") -> Source:
        """Return a remote; the default one when no name is given.

        Raises:
            NotFound: there is no such remote.
            Invalid: its address cannot be meant that way.
        """
        name = name or self.config.default_remote
        options = self.config.remotes.get(name)
        if not options or not options.get("url"):
            known = ", ".join(sorted(self.config.remotes)) or "none"
            raise NotFound(
                f"the DVC repository {self.root} has no remote {name!r}",
                hint=f"dvc remote add makes one; there are {known}",
            )
        is_named = any(options.get(each, "").lower() == "true" for each in _NAMED)
        return Source(DvcObjects(self._open_bucket(self._address(options["url"]), options)), is_named, name)

    def _address(self, url: str) -> str:
        """Return the address behind ``remote://NAME/path``, which is a path in another remote."""
        if not url.startswith("remote://"):
            return url
        name, _, inside = url.removeprefix("remote://").partition("/")
        base = self.config.remotes.get(name, {}).get("url", "")
        if not base or base.startswith("remote://"):
            raise Invalid(f"{url} names the remote {name!r}, which has no address", hint="dvc remote list shows them")
        return f"{base.rstrip('/')}/{inside}"

    def sources(self, out: Out, *, remote: str = "") -> tuple[Source, ...]:
        """Return where the content of an out may be: the cache, the remotes it names, and the one that is meant.

        A remote that only ``dvc`` can speak to is left out, unless it was asked for: the cache may be enough.
        """
        found = [Source(self.cache)]
        clouds = [each for each in out.clouds if each in self.config.remotes]
        for name in dict.fromkeys(each for each in (remote, out.remote, self.config.default_remote, *clouds) if each):
            try:
                found.append(self.remote(name))
            except Unsupported:
                if name == remote:
                    raise
        return tuple(found)

    def tracked(self, path: Path) -> Tracked | None:
        """Return the out that ``path`` is, or is part of, when DVC keeps one there."""
        wanted = os.path.relpath(path.absolute(), self.root)
        for directory in (path.parent.absolute(), *path.parent.absolute().parents):
            for each in self._outs_of(directory):
                if wanted == each.path or wanted.startswith(each.path + "/"):
                    return each
            if directory == self.root:
                break
        return None

    def _outs_of(self, directory: Path) -> Iterator[Tracked]:
        """Yield what the pointers and the lock in a directory name."""
        try:
            names = sorted(os.listdir(directory))  # noqa: PTH208 - names are all that is asked for
        except (FileNotFoundError, NotADirectoryError):
            return
        for name in names:
            if name.endswith(".dvc") and (directory / name).is_file():
                yield from self.outs_of(directory / name)
            elif name == "dvc.lock":
                yield from self._outs_of_lock(directory / name)

    def outs_of(self, file: Path) -> tuple[Tracked, ...]:
        """Return what a pointer names. Raises NotFound, Invalid."""
        said = pointer.parse(_read(file), str(file))
        folder = self._inside(file.parent / said.wdir)
        return tuple(Tracked(each, file, folder) for each in said.outs)

    def _outs_of_lock(self, file: Path) -> Iterator[Tracked]:
        said = lock.parse(_read(file), str(file))
        beside = file.with_name("dvc.yaml")
        stages = pipeline.parse(_read(beside), str(beside)) if beside.is_file() else pipeline.Pipeline()
        for name, stage in said.stages.items():
            folder = self._inside(file.parent / stages.stage_of(name).wdir)
            yield from (Tracked(each, file, folder, is_stage=True) for each in stage.outs)

    def _inside(self, directory: Path) -> str:
        return os.path.relpath(os.path.normpath(directory), self.root)


def find(path: Path, open_bucket: OpenBucket, *, beside: tuple[Path, ...] = ()) -> Project | None:
    """Return the DVC repository around ``path``, or None."""
    start = path.absolute()
    root = next((each for each in (start, *start.parents) if (each / ".dvc").is_dir()), None)
    return Project(root, open_bucket, beside=beside) if root else None


def _read_config(path: Path) -> Config:
    """Return what a file of configuration says, its relative paths made whole; nothing when it is not there."""
    try:
        said = config.parse(path.read_bytes(), str(path))
    except FileNotFoundError:
        return Config({}, {})
    except OSError as error:
        raise reading.unavailable(path, error) from None
    for options, key in ((said.sections.get("cache", {}), "dir"), *((each, "url") for each in said.remotes.values())):
        if (place := options.get(key)) and not _URL.match(place):
            options[key] = os.path.normpath(path.parent / Path(place).expanduser())
    return said


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}", hint="check the path") from None
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}", hint="check its permissions") from None
