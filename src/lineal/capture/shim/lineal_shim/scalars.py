"""Parameters' values as a record keeps them."""

from __future__ import annotations


def scalar(value: object) -> object:
    """Return a parameter's value as it is kept: scalars and single numbers of numpy as such, the rest as text."""
    if value is None or type(value) in {bool, int, float, str}:
        return value
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value)
    item = getattr(value, "item", None)
    if callable(item) and not getattr(value, "shape", ()):
        return item()
    return str(value)
