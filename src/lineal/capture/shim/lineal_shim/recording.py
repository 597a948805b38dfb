"""Start and end of the recording inside an interpreter."""

from __future__ import annotations

import atexit
import os
import sys

from . import interpreter
from .guarding import quietly
from .imports import after_import
from .writing import emit

_WATCHED = {
    "argparse": ("params.arguments", "watch_arguments"),
    "random": ("seeds", "watch_random"),
    "numpy.random": ("seeds", "watch_numpy"),
    "torch": ("seeds", "watch_torch"),
    "sklearn.base": ("frameworks.sklearn", "watch_fits"),
    "joblib": ("frameworks.dumps", "watch_joblib"),
    "pickle": ("frameworks.dumps", "watch_pickle"),
}
"""What records the use of a module; it is loaded when the program loads that module."""

_WORKER_MARKS = ("from multiprocessing.", "joblib.externals.loky")


def start() -> None:
    """Record the interpreter, and wait for the modules whose use is to be recorded. Raises OSError."""
    emit("python", parent=os.getppid(), **interpreter.facts())
    if "readers" in os.environ.get("LINEAL_LEVEL", ""):
        after_import("builtins", "files", "watch")
    # Workers of a pool do parts of what their parent does and records as a whole.
    if not any(mark in each for mark in _WORKER_MARKS for each in getattr(sys, "orig_argv", ())):
        for name, (recorder, function) in _WATCHED.items():
            after_import(name, recorder, function)
    atexit.register(quietly, _end)


def _end() -> None:
    emit("end", libraries=interpreter.libraries(), flags=interpreter.determinism())
