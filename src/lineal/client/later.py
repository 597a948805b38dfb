"""Methods that are operations, and are imported when somebody asks for them: a command needs few, and they bring a lot."""

from __future__ import annotations

from importlib import import_module
from types import MethodType
from typing import Any, NamedTuple


class _Verb(NamedTuple):
    """The descriptor of such a method."""

    package: str
    module: str
    name: str

    def __get__(self, instance: object, owner: type) -> Any:
        """Return the operation, bound to the repository whose method it is."""
        found = getattr(getattr(import_module(self.package), self.module), self.name)
        return found if instance is None else MethodType(found, instance)


class _Module(NamedTuple):
    """Stands for a module of operations."""

    package: str
    name: str

    def __getattr__(self, name: str) -> _Verb:
        return _Verb(self.package, self.name, name)


class Later:
    """Stands for a package of operations in the body of a class: what is taken from it becomes a method.

    Args:
        package: its name.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    def __getattr__(self, name: str) -> _Module:
        return _Module(self._package, name)
