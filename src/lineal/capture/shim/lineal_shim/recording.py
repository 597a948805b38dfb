"""Start and end of the recording inside an interpreter."""

from __future__ import annotations

import atexit
import os
import sys
from importlib import import_module

from . import interpreter
from .guarding import quietly
from .imports import after_import
from .writing import emit

_WATCHED = {
    "argparse": ("params.arguments", "watch_arguments"),
    "click.core": ("params.commands", "watch_commands"),
    "typer._click.core": ("params.commands", "watch_commands"),
    "hydra.core.hydra_config": ("params.hydra", "watch_jobs"),
    "hydra.compose": ("params.hydra", "watch_compose"),
    "omegaconf": ("params.hydra", "watch_omegaconf"),
    "absl.flags": ("params.flags", "watch_flags"),
    "fire.core": ("params.calls", "watch_fire"),
    "jsonargparse": ("params.calls", "watch_jsonargparse"),
    "tyro._cli": ("params.calls", "watch_tyro"),
    "json": ("params.files", "watch_loads"),
    "yaml": ("params.files", "watch_loads"),
    "tomllib._parser": ("params.files", "watch_loads"),
    "tomli._parser": ("params.files", "watch_loads"),
    "toml": ("params.files", "watch_loads"),
    "configparser": ("params.files", "watch_sections"),
    "dataclasses": ("params.dataclasses", "watch_classes"),
    "pydantic_settings.main": ("params.settings", "watch_settings"),
    "random": ("seeds", "watch_random"),
    "numpy.random": ("seeds", "watch_numpy"),
    "torch": ("seeds", "watch_torch"),
    "sklearn.base": ("frameworks.sklearn", "watch_fits"),
    "joblib": ("frameworks.dumps", "watch_joblib"),
    "pickle": ("frameworks.dumps", "watch_pickle"),
}
"""What records the use of a module; it is loaded when the program loads that module."""

_WORKER_MARKS = ("from multiprocessing.", "joblib.externals.loky")

_AROUND = "LINEAL_AROUND"
"""The variable that tells an interpreter which other one it was started by, whatever came between."""


def start() -> None:
    """Record the interpreter, and wait for the modules whose use is to be recorded. Raises OSError."""
    emit("python", parent=os.getppid(), around=_around(), **interpreter.facts())
    is_watched = _is_watched(getattr(sys, "orig_argv", []))
    if is_watched:
        for name, (recorder, function) in _WATCHED.items():
            after_import(name, recorder, function)
    atexit.register(quietly, _end, is_watched)


def _around() -> int:
    """Return the process of the recorded interpreter around this one, or 0; one that executed this one is none."""
    around, own = os.environ.get(_AROUND, ""), str(os.getpid())
    os.environ[_AROUND] = own
    return int(around) if around.isdigit() and around != own else 0


def _is_watched(command: list[str]) -> bool:
    """Workers of a pool do parts of what their parent does and records as a whole; our own command is no program."""
    is_worker = any(mark in each for mark in _WORKER_MARKS for each in command)
    is_ours = command[1:3] == ["-m", "lineal"] or [os.path.basename(each) for each in command[1:2]] == ["lineal"]
    return not is_worker and not is_ours


def _end(is_watched: bool) -> None:
    if is_watched:
        quietly(_note_globals)
    emit("end", libraries=interpreter.libraries(), flags=interpreter.determinism())


def _note_globals() -> None:
    import_module(f"{__package__}.params.globals").note_globals()
