"""The columns of what a model is trained on."""

from __future__ import annotations

from ..writing import gap

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_COLUMNS_MAX = 2_000


def columns_of(values: Any, name: str) -> dict[str, str]:
    """Return the columns of a table, an array or a list, each with its dtype; nameless ones are called after ``name``."""
    columns, dtypes = getattr(values, "columns", None), getattr(values, "dtypes", None)
    if columns is not None and dtypes is not None:
        found = {str(column): str(dtype) for column, dtype in zip(columns, dtypes, strict=False)}
    else:
        dtype = str(
            getattr(values, "dtype", "") or (type(values[0]).__name__ if isinstance(values, list) and values else "")
        )
        shape: tuple[int, ...] = getattr(values, "shape", ())
        if len(shape) > 1:
            found = {f"{name}{position}": dtype for position in range(min(shape[1], _COLUMNS_MAX + 1))}
        else:
            found = {str(getattr(values, "name", None) or name): dtype}
    if len(found) > _COLUMNS_MAX:
        gap(f"model: only {_COLUMNS_MAX} of its columns are listed")
    return dict(list(found.items())[:_COLUMNS_MAX])
