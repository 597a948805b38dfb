"""Lock files: which there are, what they pin, and whether that is what is installed."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineal.capture.runtime.distributions import normal
from lineal.objects.runtime import LockCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lineal.objects.runtime import Package

_LOCKS = re.compile(
    r"(uv|poetry|pdm|Pipfile|conda|pixi)\.lock|conda-lock\.ya?ml|pylock(\.[\w-]+)?\.toml|environment\.ya?ml"
    r"|requirements[\w.-]*\.(txt|lock)|renv\.lock|Manifest\.toml"
)
_BYTES_MAX = 64 << 20
_INSTALLERS = frozenset(("pip", "setuptools", "wheel", "uv", "distribute"))
"""What brings an environment into being is in few locks."""

Pins = dict[str, set[str]]
"""Versions by name; markers may allow several."""


def find_locks(root: Path, directory: Path) -> dict[str, Path]:
    """Return the lock files in ``root`` and ``directory``, by their path in the project. Raises OSError."""
    locks: dict[str, Path] = {}
    for folder in dict.fromkeys((root, directory)):
        found = sorted(each for each in folder.iterdir() if _LOCKS.fullmatch(each.name) and each.is_file())
        locks |= {each.relative_to(root).as_posix() if each.is_relative_to(root) else str(each): each for each in found}
    return locks


def check_locks(
    locks: Mapping[str, Path], packages: Iterable[Package], conda: Iterable[Package] = ()
) -> dict[str, LockCheck]:
    """Return how each of ``locks`` that pins anything agrees with what is installed; unreadable ones are left out."""
    installed = {each.name: each.version for each in packages if not each.is_editable}
    of_conda = {normal(each.name): each.version for each in conda}
    found: dict[str, LockCheck] = {}
    for name, path in locks.items():
        read = next((read for shape, read in _READERS.items() if re.fullmatch(shape, path.name)), None)
        if read is None or path.stat().st_size > _BYTES_MAX:
            continue
        try:
            pins = read(path.read_text(encoding="utf-8"))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if pins:
            is_condas = path.name.startswith(("conda", "environment", "pixi"))
            found[name] = _checked(pins, (of_conda | installed) if is_condas else installed)
    return found


def _checked(pins: Pins, installed: Mapping[str, str]) -> LockCheck:
    present = {name: versions for name, versions in pins.items() if name in installed}
    other = {
        name: " or ".join(sorted(versions))
        for name, versions in sorted(present.items())
        if _plain(installed[name]) not in {_plain(each) for each in versions}
    }
    return LockCheck(
        same_count=len(present) - len(other),
        other=other,
        absent_count=len(pins) - len(present),
        unlocked_count=len(installed.keys() - pins.keys() - _INSTALLERS),
    )


def _plain(version: str) -> str:
    """Return a version without zeros at its end, as 1.0 is 1.0.0."""
    return re.sub(r"(\.0)+(?=$|\+)", "", version.lower())


def _pinned(pairs: Iterable[tuple[Any, Any]]) -> Pins:
    pins: Pins = {}
    for name, version in pairs:
        if name and version:
            pins.setdefault(normal(str(name)), set()).add(str(version))
    return pins


def _tables(text: str) -> Pins:
    """Read uv.lock, poetry.lock, pdm.lock and pylock.toml: a list of tables each; the project itself is none of them."""
    read = tomllib.loads(text)
    tables = [*read.get("package", ()), *read.get("packages", ())]
    return _pinned((each.get("name"), each.get("version")) for each in tables if not _is_project(each.get("source")))


def _is_project(source: Any) -> bool:
    return isinstance(source, dict) and not {"editable", "virtual", "directory"}.isdisjoint(source)


def _pipfile(text: str) -> Pins:
    read = json.loads(text)
    every = {**read.get("develop", {}), **read.get("default", {})}
    return _pinned((name, each.get("version", "").removeprefix("==")) for name, each in every.items())


def _requirements(text: str) -> Pins:
    return _pinned(re.findall(r"(?m)^\s*([\w.-]+)(?:\[[^]]*\])?\s*===?\s*([\w.!+-]+)", text))


def _conda_lock(text: str) -> Pins:
    return _pinned(re.findall(r"(?m)^\s*- name: (\S+)\n\s+version: ['\"]?([\w.!+-]+)", text))


def _environment(text: str) -> Pins:
    return _pinned(re.findall(r"(?m)^\s*- ['\"]?(?:[\w-]+::)?([\w.-]+)\s*==?\s*([\w.!+-]+)", text))


def _pixi(text: str) -> Pins:
    of_conda = re.findall(r"conda: \S+/([\w.-]+)-([\w.!+]+)-[\w.]+\.(?:conda|tar\.bz2)", text)
    of_pypi = re.findall(r"(?m)^\s*- pypi: .*\n\s+name: (\S+)\n\s+version: ['\"]?([\w.!+-]+)", text)
    return _pinned([*of_conda, *of_pypi])


_READERS: dict[str, Callable[[str], Pins]] = {
    r"(uv|poetry|pdm)\.lock|pylock.*\.toml": _tables,
    r"Pipfile\.lock": _pipfile,
    r"requirements.*": _requirements,
    r"conda-lock\.ya?ml": _conda_lock,
    r"environment\.ya?ml": _environment,
    r"pixi\.lock": _pixi,
}
