"""The environment that a version was made in: this one when it is the same, else one built from what was recorded."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import lineal
from lineal.objects.canonical import Object, object_digest
from lineal.objects.errors import Unavailable
from lineal.objects.runs import Package, Runtime

SERVING_NEEDS = ("msgspec", "starlette", "uvicorn", "anyio", "idna", "sniffio", "click", "h11", "typing-extensions")
"""What ``lineal.serving`` imports, with what that needs; taken from here where the version did not record it."""

_NOT_INSTALLABLE = frozenset(("lineal",))
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
_LAST_LINES = 5


class Environment(NamedTuple):
    """An interpreter with packages. ``variables`` are all that its programs get; ``description`` says what it is."""

    python: Path
    variables: dict[str, str]
    description: str


class _Recipe(Object, frozen=True, tag="environment"):
    """What decides an environment: its digest is the name of its directory."""

    python: str
    implementation: str
    packages: tuple[Package, ...]


def interpreter_for(runtime: Runtime, home: Path) -> Environment:
    """Return an environment with exactly the packages that ``runtime`` recorded.

    Args:
        runtime: what a run ran with.
        home: where environments are kept; one is built once and used by every version that needs it.

    Raises:
        Unavailable: its Python is not on this machine, or its packages cannot be installed.
    """
    recipe = _recipe(runtime)
    if _is_this(runtime):
        return Environment(Path(sys.executable), _variables(runtime, ""), "this environment: identical packages")
    directory = home / object_digest(recipe).removeprefix("sha256:")[:24]
    if not (directory / "complete").exists():
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home / f"{directory.name}.lock"):
            if not (directory / "complete").exists():
                _build(recipe, directory)
    return Environment(
        directory / "bin" / "python",
        _variables(runtime, str(_source(directory))),
        f"environment {directory.name}: Python {_minor(runtime.python)}, {len(recipe.packages)} packages as recorded",
    )


def _recipe(runtime: Runtime) -> _Recipe:
    recorded = {_normal(each.name): each for each in runtime.packages if _normal(each.name) not in _NOT_INSTALLABLE}
    for name in SERVING_NEEDS:
        if name not in recorded and (version := installed().get(name)):
            recorded[name] = Package(name=name, version=version)
    return _Recipe(
        python=_minor(runtime.python),
        implementation=runtime.implementation,
        packages=tuple(recorded[name] for name in sorted(recorded)),
    )


def _is_this(runtime: Runtime) -> bool:
    """Tell whether this very process runs with what was recorded."""
    recorded = {_normal(each.name): each.version for each in runtime.packages}
    return (
        runtime.python == platform.python_version()
        and runtime.implementation == sys.implementation.name
        and recorded == installed()
    )


def installed() -> dict[str, str]:
    """Return the distributions that this process can import, by normal name and version.

    Read off the names of their directories (Binary distribution format, packaging.python.org): their metadata takes
    fifty times as long.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        for each in Path(folder or ".").glob("*.dist-info"):
            name, _, version = each.stem.partition("-")
            # The first on the path is the one that is imported.
            found.setdefault(_normal(name), version)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _variables(runtime: Runtime, source: str) -> dict[str, str]:
    """Return the variables that were recorded, and the few that every program needs."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    own = source or str(Path(lineal.__file__).parent.parent)
    return {**kept, **runtime.variables, "PYTHONPATH": own, "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _source(directory: Path) -> Path:
    """Return a directory that holds Lineal and nothing else: its own neighbours are no business of this environment."""
    source = directory / "lineal-source"
    source.mkdir(exist_ok=True)
    link = source / "lineal"
    package = Path(lineal.__file__).parent
    if not link.is_symlink() or link.readlink() != package:
        partial = source / f".lineal.{os.getpid()}"
        partial.symlink_to(package)
        partial.replace(link)
    return source


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Give a block in which no other process builds the same."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(recipe: _Recipe, directory: Path) -> None:
    """Make the environment; ``complete`` is written last, so that half of one is never used."""
    python = shutil.which(f"python{recipe.python}")
    if python is None:
        if _minor(platform.python_version()) != recipe.python:
            raise Unavailable(
                f"this version was made with Python {recipe.python}, which is not on this machine",
                hint=f"install Python {recipe.python}, so that python{recipe.python} is on the PATH",
            )
        python = sys.executable
    shutil.rmtree(directory, ignore_errors=True)
    wanted = directory / "requirements.txt"
    _run((python, "-m", "venv", str(directory)), "made")
    wanted.write_text("".join(f"{each.name}=={each.version}\n" for each in recipe.packages), encoding="utf-8")
    pip = (str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run((*pip, "--no-deps", "--requirement", str(wanted)), "filled")
    (directory / "complete").write_text("", encoding="utf-8")


def _run(command: Sequence[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()[-_LAST_LINES:]
        raise Unavailable(
            "the version's environment could not be " + what + ":\n" + "\n".join(lines),
            hint="check that its packages can be installed here",
        )
