"""What is known of installed distributions beyond name and version: their files, and where they came from."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from lineal.capture.code.git import Git, without_credentials
from lineal.capture.shim.lineal_shim import interpreter
from lineal.objects.digest import Digest, digest_of
from lineal.objects.prepared import prepared
from lineal.objects.runtime import Package

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_INSTALLERS_OWN = frozenset(
    ("INSTALLER", "REQUESTED", "RECORD", "RECORD.jws", "direct_url.json", "uv_cache.json", "uv_build.json")
)
_REMEMBERED_MAX = 20_000


class _Stamp(NamedTuple):
    """What changes when a file is written anew."""

    changed_at: int
    size_bytes: int
    inode: int


_Remembered = dict[str, tuple[_Stamp, Digest | None]]

_UNKNOWN = _Stamp(-1, -1, -1)

Described = dict[str, tuple[_Stamp | None, Package]]
"""Packages by the path of their metadata, with the stamp of their RECORD where there is one."""


def normal(name: str) -> str:
    """Return the name of a distribution as package indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def packages_in(folders: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return version and metadata's path of each distribution in ``folders``, by normal name; the first one counts."""
    found: dict[str, tuple[str, str]] = {}
    for folder in folders:
        for name, version, path in interpreter.distributions(folder):
            found.setdefault(normal(name), (version, path))
    return found


def described(
    packages: Iterable[Package], installed: Mapping[str, tuple[str, str]], cache: Path, before: Described
) -> list[Package]:
    """Return ``packages`` with what their metadata say, as far as it lies there in the same version.

    Args:
        packages: by name and version.
        installed: what lies there, as `packages_in` tells.
        cache: a file that remembers digests; it is read and written where that works.
        before: what was described before, which holds as long as nothing was installed in its place; grows here.
    """
    listed = [(each, *installed.get(each.name, ("", ""))) for each in packages]
    lying = {path: each for each, version, path in listed if version == each.version}
    stamps = {path: _stamp(os.path.join(path, "RECORD")) for path in lying}
    new = {path: each for path, each in lying.items() if before.get(path, (_UNKNOWN,))[0] != stamps[path]}
    if new:
        before |= {path: (stamps[path], each) for path, each in _described(new, cache).items()}
    return [before[path][1] if version == each.version else each for each, version, path in listed]


def _described(packages: Mapping[str, Package], cache: Path) -> dict[str, Package]:
    remembered = _recall(cache)
    known: _Remembered = {}
    found: dict[str, Package] = {}
    for path, each in packages.items():
        digest = _files(os.path.join(path, "RECORD"), remembered, known)
        found[path] = _with_origin(msgspec.structs.replace(each, files=digest), path)
    if any(remembered.get(path) != value for path, value in known.items()):
        _remember(cache, known if len(remembered) > _REMEMBERED_MAX else remembered | known)
    return found


def _stamp(record: str) -> _Stamp | None:
    try:
        status = os.stat(record)
    except OSError:
        return None
    return _Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


def _files(record: str, remembered: _Remembered, known: _Remembered) -> Digest | None:
    """Return the digest of what a RECORD lists, which is read only when it was written anew."""
    stamp = _stamp(record)
    if stamp is None:
        return None
    try:
        if record in remembered and remembered[record][0] == stamp:
            known[record] = remembered[record]
        else:
            known[record] = stamp, files_digest(Path(record).read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        return None
    return known[record][1]


def files_digest(record: str) -> Digest | None:
    """Return the digest of the files that the text of a RECORD lists, the same whatever installed them.

    None where it lists no hash.
    """
    lines = []
    for line in record.splitlines():
        path, _, rest = line.rpartition(",")[0].rpartition(",")
        is_own = path.startswith(("../", "/")) or path.endswith(".pyc") or path.rpartition("/")[2] in _INSTALLERS_OWN
        if rest and not is_own:
            lines.append(line)
    return (
        digest_of("".join(f"{each}\n" for each in sorted(lines)).encode("utf-8", "surrogateescape")) if lines else None
    )


def _with_origin(package: Package, path: str) -> Package:
    """Return ``package`` with the address in its ``direct_url.json``, or the folder that it is developed in."""
    try:
        said = json.loads(Path(path, "direct_url.json").read_bytes())
        url, repository = str(said["url"]), said.get("vcs_info") or {}
        is_editable = bool((said.get("dir_info") or {}).get("editable"))
    except OSError:
        # Before there was this file, a package in development had its metadata beside its sources.
        if not path.endswith(".egg-info") or "-packages" in path:
            return package
        url, repository, is_editable = Path(path).parent.as_uri(), {}, True
    except (ValueError, KeyError, TypeError, AttributeError):
        return package
    origin = f"{repository['vcs']}+{without_credentials(url)}" if repository.get("vcs") else without_credentials(url)
    commit = str(repository.get("commit_id", ""))
    package = msgspec.structs.replace(package, origin=origin, commit=commit, is_editable=is_editable)
    return _with_commit(package, url) if is_editable else package


def _with_commit(package: Package, url: str) -> Package:
    """Return an editable ``package`` with the commit that lies in its folder, and whether it was changed since."""
    folder = Path(unquote(urlsplit(url).path))
    top = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
    if top is None:
        return package
    try:
        status = Git(top).status()
    except (OSError, subprocess.SubprocessError):
        return package
    inside = "" if folder == top else f"{folder.relative_to(top).as_posix()}/"
    paths = [*(each.path for each in status.changed), *(each for each in status.untracked if each.endswith(".py"))]
    is_changed = any(each.startswith(inside) for each in paths)
    return msgspec.structs.replace(package, commit=status.commit, is_changed=is_changed)


def _recall(cache: Path) -> _Remembered:
    try:
        return msgspec.json.decode(cache.read_bytes(), type=prepared(_Remembered))
    except (OSError, msgspec.MsgspecError):
        return {}


def _remember(cache: Path, known: _Remembered) -> None:
    partial = cache.with_name(f".{cache.name}.{os.getpid()}")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(msgspec.json.encode(known))
        partial.replace(cache)
    except OSError:
        return  # it is asked again next time


def conda_packages(prefix: str) -> tuple[Package, ...]:
    """Return what conda installed in ``prefix``; the build is the ``origin``."""
    try:
        names = sorted(each for each in os.listdir(os.path.join(prefix, "conda-meta")) if each.endswith(".json"))
    except OSError:
        return ()
    parts = (each.removesuffix(".json").rsplit("-", 2) for each in names)
    return tuple(Package(name=each[0], version=each[1], origin=each[2]) for each in parts if len(each) == 3)
