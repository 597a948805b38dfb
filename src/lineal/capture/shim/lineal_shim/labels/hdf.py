"""Describe a file of HDF5 that is open: its datasets by their names, and their types."""

from __future__ import annotations

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_DATASETS_MAX = 100
_LOOKED_AT_MAX = 500


def label_of(file: Any, module: Any) -> dict[str, Any]:
    """Return the datasets of ``file``, breadth first, of at most so many."""
    columns: dict[str, str] = {}
    waiting, looked_at = [file], 0
    while waiting and looked_at < _LOOKED_AT_MAX and len(columns) < _DATASETS_MAX:
        group = waiting.pop(0)
        for name in group:
            looked_at += 1
            if looked_at > _LOOKED_AT_MAX or len(columns) >= _DATASETS_MAX:
                break
            each = group.get(name) if group.get(name, getlink=True).__class__ is module.HardLink else None
            if isinstance(each, module.Group):
                waiting.append(each)
            elif isinstance(each, module.Dataset):
                columns[each.name.lstrip("/")] = f"{each.dtype}[{', '.join(map(str, each.shape or ()))}]"
    return {"columns": columns}
