"""Build a virtual environment with given packages, whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lineal.objects.errors import Unavailable
from lineal.objects.runs import Package

_COMPLETE = "complete.json"
_LAST_LINES = 5
_PROBE_S = 20
_COMMANDS = {"cpython": "python", "pypy": "pypy"}
_PROBE = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"
_ABSENT = re.compile(r"No matching distribution found for (?P<name>[^\s=]+)==")
_OFFLINE = re.compile(
    r"Retrying \(|connection (broken|error)|Connection refused|Name or service not known", re.IGNORECASE
)


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What decides an environment: its digest is the name of its directory.

    ``skipped`` were recorded, but are known to be in no index.
    """

    python: str
    implementation: str
    packages: tuple[Package, ...]
    skipped: tuple[Package, ...] = ()


def left_out(directory: Path) -> tuple[str, ...] | None:
    """Return the packages that no index had when the environment was built; None when it is not there, or not whole."""
    try:
        return msgspec.json.decode((directory / _COMPLETE).read_bytes(), type=tuple[str, ...])
    except (OSError, msgspec.MsgspecError):
        return None


def build(recipe: Recipe, directory: Path) -> None:
    """Build what ``recipe`` says in ``directory``, from nothing; what it lacks is written last and makes it whole.

    It is built where it will be used: an environment does not like to be moved.

    Raises:
        Unavailable: its Python is not on this machine, or its packages cannot be installed.
    """
    python = _python(recipe)
    shutil.rmtree(directory, ignore_errors=True)
    done = _run((python, "-m", "venv", str(directory)))
    if done.returncode:
        raise _failed("made", done, "check that this Python has its venv module")
    absent = _install(recipe.packages, directory)
    partial = directory / f"{_COMPLETE}.partial"
    partial.write_bytes(msgspec.json.encode(absent))
    partial.replace(directory / _COMPLETE)


def _python(recipe: Recipe) -> str:
    """Return a Python of the recorded kind that really runs: a name on the PATH may be a launcher of nothing."""
    wanted = f"{recipe.implementation} {recipe.python}"
    command = _COMMANDS.get(recipe.implementation, recipe.implementation) + recipe.python
    for candidate in _candidates(command):
        try:
            done = subprocess.run(
                (candidate, "-I", "-c", _PROBE), capture_output=True, text=True, check=False, timeout=_PROBE_S
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.stdout.strip() == wanted:
            return candidate
    raise Unavailable(
        f"this version was made with Python {recipe.python} ({recipe.implementation}), which is not on this machine",
        hint=f"install Python {recipe.python}, so that {command} is on the PATH",
    )


def _candidates(command: str) -> Iterator[str]:
    yield sys.executable
    for folder in os.get_exec_path():
        if found := shutil.which(command, path=folder):
            yield found


def _install(packages: Sequence[Package], directory: Path) -> tuple[str, ...]:
    """Install ``packages`` and nothing else; return the names of those that no index has."""
    wanted = {each.name: each.version for each in packages}
    absent: list[str] = []
    listing = directory / "requirements.txt"
    pip = (str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    while wanted:
        listing.write_text("".join(f"{name}=={version}\n" for name, version in wanted.items()), encoding="utf-8")
        done = _run((*pip, "--no-deps", "--requirement", str(listing)))
        if not done.returncode:
            break
        found = _ABSENT.search(done.stderr)
        # Without a connection an index seems to have nothing; that is another thing.
        if not found or found["name"] not in wanted or _OFFLINE.search(done.stderr):
            raise _failed("filled", done, "check that its packages can be installed here; pip says why not")
        absent.append(found["name"])
        del wanted[found["name"]]
    if packages and not wanted:
        raise Unavailable(
            "the version's environment could not be filled: no index has any of its packages",
            hint="check which index pip asks here: pip config list",
        )
    return tuple(sorted(absent))


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def _failed(what: str, done: subprocess.CompletedProcess[str], hint: str) -> Unavailable:
    lines = (done.stderr or done.stdout).strip().splitlines()[-_LAST_LINES:]
    return Unavailable(f"the version's environment could not be {what}:\n" + "\n".join(lines), hint=hint)
