"""Run something right after a module was imported, and not import it when the program does not."""

from __future__ import annotations

import sys
from importlib import import_module

from .guarding import quietly

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_waiting: dict[str, list[tuple[str, str]]] = {}


class _Finder:
    """Finds nothing itself: lets the others find, and adds a step after the module has run."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        """Return what the other finders find, for a module that somebody waits for; else None."""
        # Whoever only asks whether there is such a module imports it later, or never.
        if name not in _waiting:
            return None
        # Those before us were asked already, and may count how often.
        here = sys.meta_path.index(_Finder) if _Finder in sys.meta_path else len(sys.meta_path)
        for finder in sys.meta_path[here + 1 :]:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None:
                _add_step(spec.loader, name)
                return spec
        return None


def _add_step(loader: Any, name: str) -> None:
    """Change the one loader of this one module; its type and all other methods stay, as resources need them."""
    run = getattr(loader, "exec_module", None)
    if run is None or isinstance(loader, type):
        return

    def run_then_record(module: ModuleType) -> None:
        del loader.exec_module
        run(module)
        # Only now: many libraries ask whether another could be imported, and do not import it.
        for each in _waiting.pop(name, ()):
            quietly(_record, module, *each)

    loader.exec_module = run_then_record


def _record(module: ModuleType, recorder: str, function: str) -> None:
    getattr(import_module(f"{__package__}.{recorder}"), function)(module)


def after_import(name: str, recorder: str, function: str) -> None:
    """Call ``function(module)`` of our module ``recorder`` once the module ``name`` is imported, or now."""
    if name in sys.modules:
        quietly(_record, sys.modules[name], recorder, function)
        return
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
    _waiting.setdefault(name, []).append((recorder, function))
