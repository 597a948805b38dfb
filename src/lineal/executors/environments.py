"""The environment that a version was made in: this one when it is the same, else one built from what was recorded."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lineal.executors.executor import Environment
from lineal.executors.venv import Recipe, build, left_out
from lineal.objects.digest import digest_of
from lineal.objects.errors import Unavailable, Unsupported
from lineal.objects.runs import Package, Runtime

__all__ = ["Environment", "installed", "interpreter_for"]

SERVING_NEEDS = ("msgspec", "starlette", "uvicorn", "anyio", "idna", "sniffio", "click", "h11", "typing-extensions")
"""What ``lineal.serving`` imports, with what that needs; taken from here where the version did not record it."""

SIGNING_NEEDS = ("cryptography", "cffi", "pycparser")
"""What checks signatures before a model is loaded."""

OLDEST_PYTHON = (3, 11)
"""What ``lineal.serving`` runs on."""

_OURS = "lineal"
_PACKAGE = Path(__file__).parents[1]
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
_SUFFIXES = (".dist-info", ".egg-info")


def interpreter_for(
    runtime: Runtime, home: Path, *, needs: tuple[str, ...] = (), is_built: bool = False
) -> Environment:
    """Return an environment with exactly the packages that ``runtime`` recorded.

    Args:
        runtime: what a run ran with.
        home: where environments are kept; one is built once and used by every version that needs it.
        needs: what else must be in it; taken from here where the version did not record it.
        is_built: give it only if it is there already; building one may take minutes.

    Raises:
        Unavailable: its Python is not on this machine, its packages cannot be installed, or it ``is_built`` not.
        Unsupported: its Python is older than what Lineal's server runs on, or was not recorded.
    """
    here = installed()
    if _is_this(runtime, here):
        own = _variables(runtime, str(_PACKAGE.parent))
        return Environment(Path(sys.executable), own, "this environment: identical packages")
    _check_python(runtime.python)
    recipe = _recipe(runtime, here, _direct(), (*SERVING_NEEDS, *needs))
    directory = home / digest_of(msgspec.json.encode(recipe)).removeprefix("sha256:")[:24]
    if is_built and left_out(directory) is None:
        raise Unavailable("its environment is not built here yet", hint="lineal golden replay builds it")
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home / f"{directory.name}.lock"):
        if left_out(directory) is None:
            build(recipe, directory)
        source = _source(directory)
    return Environment(directory / "bin" / "python", _variables(runtime, str(source)), _description(directory, recipe))


def installed() -> dict[str, str]:
    """Return the distributions that this process can import, by normal name and version, without Lineal.

    Read off the names of their directories (Binary distribution format, packaging.python.org): their metadata takes
    fifty times as long.
    """
    found: dict[str, str] = {}
    for folder in _distributions():
        name, _, version = folder.stem.partition("-")
        if version:
            # The first on the path is the one that is imported.
            found.setdefault(_normal(name), version.partition("-py")[0] if folder.suffix == ".egg-info" else version)
    found.pop(_OURS, None)
    return found


def _distributions() -> Iterator[Path]:
    for folder in map(Path, dict.fromkeys(sys.path)):
        if folder.is_dir():
            yield from (each for each in folder.iterdir() if each.suffix in _SUFFIXES)


def _direct() -> frozenset[str]:
    """Return the distributions that were not installed by their name: projects in work, archives, repositories.

    ``direct_url.json`` says so (Direct URL Data Structure, packaging.python.org). Some index may well have another
    project of that name; it is not asked for it.
    """
    return frozenset(
        _normal(each.stem.partition("-")[0]) for each in _distributions() if (each / "direct_url.json").exists()
    )


def _is_this(runtime: Runtime, here: dict[str, str]) -> bool:
    """Tell whether this very process runs with what was recorded."""
    recorded = {_normal(each.name): each.version for each in runtime.packages}
    recorded.pop(_OURS, None)
    return (
        _minor(runtime.python) == _minor(platform.python_version())
        and runtime.implementation == sys.implementation.name
        and recorded == here
    )


def _check_python(version: str) -> None:
    oldest = ".".join(map(str, OLDEST_PYTHON))
    parts = re.match(r"(\d+)\.(\d+)", version)
    if parts is None:
        raise Unsupported(
            "it was not recorded which Python this version was made with", hint="train it under lineal run"
        )
    if (int(parts[1]), int(parts[2])) < OLDEST_PYTHON:
        raise Unsupported(
            f"this version was made with Python {version}; Lineal's server needs {oldest} or newer",
            hint=f"train it with Python {oldest} or newer",
        )


def _recipe(runtime: Runtime, here: dict[str, str], direct: frozenset[str], needs: tuple[str, ...]) -> Recipe:
    recorded = {_normal(each.name): each.version for each in runtime.packages}
    recorded.pop(_OURS, None)
    for name in needs:
        if name not in recorded and name in here:
            recorded[name] = here[name]
    skipped = {name for name in direct & recorded.keys() if recorded[name] == here.get(name)}
    return Recipe(
        python=_minor(runtime.python),
        implementation=runtime.implementation,
        packages=tuple(Package(name=name, version=recorded[name]) for name in sorted(recorded.keys() - skipped)),
        skipped=tuple(Package(name=name, version=recorded[name]) for name in sorted(skipped)),
    )


def _description(directory: Path, recipe: Recipe) -> str:
    absent = sorted([*(each.name for each in recipe.skipped), *(left_out(directory) or ())])
    without = f", without {', '.join(absent)}, which no index has" if absent else ""
    return f"environment {directory.name}: Python {recipe.python}, {_count(recipe, absent)} as recorded{without}"


def _count(recipe: Recipe, absent: Sequence[str]) -> str:
    count = len(recipe.packages) + len(recipe.skipped) - len(absent)
    return f"{count} package" + "s" * (count != 1)


def _normal(name: str) -> str:
    """Return a name as packaging.python.org compares them (Names and normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _variables(runtime: Runtime, source: str) -> dict[str, str]:
    """Return the variables that were recorded, and the few that every program needs: no secret of ours is among them."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    own = {
        "PYTHONPATH": source,
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # A release's own directory is no place to import from.
        "PYTHONSAFEPATH": "1",
    }
    return {**kept, **runtime.variables, **own}


def _source(directory: Path) -> Path:
    """Return a directory that holds Lineal and nothing else: its own neighbours are no business of this environment."""
    source = directory / "lineal-source"
    source.mkdir(exist_ok=True)
    link = source / "lineal"
    if not link.is_symlink() or link.readlink() != _PACKAGE:
        partial = source / ".lineal.partial"
        partial.unlink(missing_ok=True)
        partial.symlink_to(_PACKAGE)
        partial.replace(link)
    return source


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Give a block in which no other process builds the same."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
