"""Tell the plain globals of the program's script as they are at its end; the reader picks those that are parameters.

This is loaded at the end, and loads nothing more: evaluating a text, as the making of a named tuple does, would let Python
forget that an interrupt ended the program, and its exit status would be another.
"""

from __future__ import annotations

import os
import sys

from ..calling import is_of_a_library
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_GLOBALS_MAX = 1_000
_TEXT_MAX = 200
_ITEMS_MAX = 20
_PROCESS = os.getpid()
_PLAIN = {bool, int, float, str}


def note_globals() -> None:
    """Record globals of ``__main__`` that hold scalars or short lists of them. Raises OSError."""
    main = sys.modules.get("__main__")
    # Python removes ``__file__`` of a script when it has run.
    path = getattr(main, "__file__", None) or getattr(getattr(main, "__loader__", None), "path", None)
    if not isinstance(path, str) or os.getpid() != _PROCESS or _is_installed(path):
        return
    _tell(os.path.abspath(path), vars(main))


def note_cells(names: dict[str, Any]) -> None:
    """Record the same of ``names``, those of a notebook, whose script is the cells that ran. Raises OSError."""
    if os.getpid() == _PROCESS:
        _tell("", {name: value for name, value in names.items() if name not in {"In", "Out"}})


def _tell(script: str, names: dict[str, Any]) -> None:
    found = [(name, value) for name, value in names.items() if name[:1] != "_" and _is_plain(value)]
    if found:
        emit("globals", script=script, values=dict(found[:_GLOBALS_MAX]))


def _is_installed(path: str) -> bool:
    return is_of_a_library(path) or os.path.dirname(os.path.abspath(path)) == os.path.dirname(sys.executable)


def _is_plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return len(value) <= _ITEMS_MAX and all(type(each) in _PLAIN for each in value)
    return type(value) in _PLAIN and not (isinstance(value, str) and len(value) > _TEXT_MAX)
