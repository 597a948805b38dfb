"""Nested values as names with dots and scalars."""

from __future__ import annotations

import sys

from ..scalars import scalar

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

TEXT_MAX = 2_000
_ITEMS_MAX = 100
_DEPTH_MAX = 12
MASK = "[masked]"
_PLAIN = {bool, int, float, type(None)}


def flattened(
    value: object, prefix: str = "", *, is_told: Callable[[object], bool] = lambda _: False
) -> Iterator[tuple[str, object]]:
    """Yield name and scalar of everything in ``value``: dictionaries, namespaces, dataclasses and the like by name.

    Lists are texts. What says nothing is left out: functions, classes, arrays, objects that only have an address.

    Args:
        value: what to flatten.
        prefix: the name that all begin with.
        is_told: tells that a part is told elsewhere and is left out here.
    """
    yield from _flattened(value, prefix, is_told, 0)


def _flattened(value: object, name: str, is_told: Callable[[object], bool], depth: int) -> Iterator[tuple[str, object]]:
    members = _members(value) if depth < _DEPTH_MAX else None
    if members is None:
        if depth and _says_something(value):
            yield name, _text_or_number(value)
        return
    for each, part in members.items():
        if not is_told(part):
            yield from _flattened(part, f"{name}.{each}" if name else str(each), is_told, depth + 1)


def _members(value: object) -> Mapping[Any, Any] | None:
    """Return the named parts of ``value``, or None when it has none."""
    if isinstance(value, dict):
        return value
    kind = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        return {each: getattr(value, each) for each in kind.__dataclass_fields__ if hasattr(value, each)}
    if hasattr(kind, "__attrs_attrs__"):
        return {each.name: getattr(value, each.name, None) for each in kind.__attrs_attrs__}
    if "Namespace" in kind.__name__ or hasattr(kind, "__pydantic_fields__"):
        return getattr(value, "__dict__", None)
    return None


def _says_something(value: object) -> bool:
    kind = type(value)
    if kind in _PLAIN or kind is str:
        return True
    if callable(value) or bool(getattr(value, "shape", None)):
        return False
    has_text = kind.__str__ is not object.__str__ or kind.__repr__ is not object.__repr__
    return has_text or hasattr(value, "item")


def _text_or_number(value: Any) -> object:
    if type(value) in _PLAIN:
        return value
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum):
        inner = value.value
        return inner if type(inner) in _PLAIN or type(inner) is str else value.name
    if hasattr(value, "read") and isinstance(getattr(value, "name", None), str):
        return value.name
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=str)
    if isinstance(value, (list, tuple)):
        value = [_item(each) for each in value[:_ITEMS_MAX]] + (["…"] if len(value) > _ITEMS_MAX else [])
    plain = scalar(value)
    return plain if not isinstance(plain, str) or len(plain) <= TEXT_MAX else plain[:TEXT_MAX] + "…"


def _item(value: object) -> object:
    return _text_or_number(value) if _members(value) is None and not isinstance(value, (list, tuple)) else value
