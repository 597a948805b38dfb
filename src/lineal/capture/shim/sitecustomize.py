"""Python runs this before the recorded program: start recording, step off the path, let the real sitecustomize run."""

from __future__ import annotations

import importlib
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _record() -> None:
    try:
        importlib.import_module("lineal_shim.recording").start()
    except Exception as error:  # noqa: BLE001 whatever is wrong with the recorder, the program must start
        sys.stderr.write(f"lineal: warning: this program is not recorded in full: {error!r}\n")


def _let_the_real_one_run() -> None:
    sys.modules.pop(__name__, None)
    try:
        importlib.import_module(__name__)
    except ModuleNotFoundError as error:
        if error.name != __name__:
            raise


def _is_recorder() -> bool:
    """Tell whether this is a command of Lineal's own, such as a step of a recorded script that is recorded by itself."""
    words = getattr(sys, "orig_argv", [])[1:3]
    return words == ["-m", "lineal"] or os.path.basename(words[0] if words else "") == "lineal"


if __name__ == "sitecustomize":
    if os.environ.get("LINEAL_SPOOL") and not _is_recorder():
        _record()
    sys.path[:] = [each for each in sys.path if os.path.abspath(each) != _HERE]
    _this = sys.modules[__name__]
    _let_the_real_one_run()
    sys.modules.setdefault(__name__, _this)
