"""Record instances of the program's own dataclasses that are called like a configuration."""

from __future__ import annotations

import operator
import re
import sys

from ..calling import is_of_a_library
from ..guarding import alike, quietly
from ..writing import gap
from .flat import flattened
from .telling import CONFIG, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

NAMED = re.compile(r".*(Config|Configuration|Conf|Cfg|Arg(ument)?s|H?Param(eter)?s|Settings|Options)", re.IGNORECASE)
INSTANCES_MAX = 20
_classes: set[type] = set()


def watch_classes(dataclasses: Any) -> None:
    """Look at each class that becomes a dataclass from now on."""
    original = getattr(dataclasses, "_process_class", None)
    if original is None:
        gap("params: this Python makes dataclasses in another way; their values are not recorded")
        return

    def process(cls: Any, *arguments: Any, **named: Any) -> Any:
        made = original(cls, *arguments, **named)
        quietly(watch_class, made)
        return made

    dataclasses._process_class = alike(process, original)  # noqa: SLF001 what every form of the decorator calls


def watch_class(cls: Any) -> None:
    """Record the instances of a class, if it is called like a configuration and the program's own."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
    if NAMED.fullmatch(cls.__name__) and not is_of_a_library(file) and "__init__" in cls.__dict__:
        cls.__init__ = _Init(cls, cls.__init__)
        _classes.add(cls)


class _Init:
    """Stands in a class for its ``__init__``; only the making of an instance finds it.

    Whoever asks the class has the original, and whoever pickles the class by its parts pickles the original.
    """

    def __init__(self, cls: Any, original: Any) -> None:
        self._class = cls
        self._original = original
        self._left = INSTANCES_MAX

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self._original
        bound = self._original.__get__(instance, owner)
        return bound if type(instance) is not self._class else self._noting(bound, instance)

    def __reduce__(self) -> Any:
        return operator.getitem, ((self._original,), 0)

    def _noting(self, bound: Any, instance: Any) -> Any:
        def init(*arguments: Any, **named: Any) -> None:
            bound(*arguments, **named)
            quietly(self._note, instance)

        return init

    def _note(self, instance: Any) -> None:
        self._left -= 1
        if not self._left and self._class.__dict__.get("__init__") is self:
            self._class.__init__ = self._original
        tell(self._class.__name__, flattened(instance, is_told=_is_told), CONFIG)


def _is_told(part: object) -> bool:
    return type(part) in _classes
