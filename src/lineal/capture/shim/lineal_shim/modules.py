"""Which modules the program imported that are neither Python's own nor installed: its own sources, wherever they lie."""

from __future__ import annotations

import os
import sys

_MODULES_MAX = 5_000


def own_modules() -> dict[str, str]:
    """Return the file of each module in ``sys.modules`` that is no part of Python, of packages or of this recorder."""
    standard = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
    recorder = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "..")) + os.sep
    found: dict[str, str] = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name == "__main__":  # a program has lost its __file__ by the time that it ends
            file = file or getattr(getattr(module, "__loader__", None), "path", None)
        if not isinstance(file, str) or name == "__mp_main__" or (name == "__main__" and _is_command(file)):
            continue
        path = os.path.abspath(file)
        if not os.path.isabs(file) and not os.path.exists(path):
            continue  # a module that was made up, with a name in place of a file
        is_installed = "site-packages" in path or "dist-packages" in path
        if not is_installed and not path.startswith((standard, recorder)) and len(found) < _MODULES_MAX:
            found[name] = path
    return found


def _is_command(program: str) -> bool:
    """Tell whether a program is one that a package installed beside the interpreter."""
    try:
        return os.path.samefile(os.path.dirname(program) or ".", os.path.dirname(sys.executable))
    except OSError:
        return False
