"""PyTorch's modules that were saved whole: a tree of classes with what they were built with."""

from __future__ import annotations

import re
from typing import Any

from lineal.formats.structures.found import LINES_MAX
from lineal.formats.structures.instances import attributes_of, class_of
from lineal.objects.structures import TensorInfo

DEPTH_MAX = 64
_SHOWN_MAX = 12
_KEPT = re.compile(r"(?:^|(?<=\.))(?:_modules|_parameters|_buffers)\.")


def is_module(value: Any) -> bool:
    """Tell whether something made is a module of PyTorch's."""
    return {"_modules", "_parameters"} <= attributes_of(value).keys()


def class_tree(root: Any) -> list[str]:
    """Return one line a module: its name, its class, and the plain attributes it was built with."""
    lines: list[str] = []
    seen: set[int] = set()
    stack: list[tuple[int, str, Any]] = [(0, "", root)]
    while stack and len(lines) <= LINES_MAX:
        depth, label, value = stack.pop()
        if id(value) in seen or depth > DEPTH_MAX:
            continue
        seen.add(id(value))
        attributes = attributes_of(value)
        shown = [f"{name}={each}" for name, each in attributes.items() if _is_shown(name, each)][:_SHOWN_MAX]
        built = f"({', '.join(shown)})" if shown else ""
        lines.append(f"{'  ' * depth}{f'{label}: ' if label else ''}{class_of(value)}{built}")
        children = attributes.get("_modules")
        if isinstance(children, dict):
            parts = [(depth + 1, str(name), each) for name, each in children.items() if class_of(each)]
            stack += reversed(parts)
    return lines


def _is_shown(name: str, value: Any) -> bool:
    if name.startswith("_") or name == "training":
        return False
    if isinstance(value, tuple):
        return len(value) <= 8 and all(isinstance(each, int) and each.bit_length() < 64 for each in value)
    is_small = isinstance(value, str | bool | float) or (isinstance(value, int) and value.bit_length() < 64)
    return is_small and len(str(value)) <= 100


def as_state_dict(tensors: list[TensorInfo]) -> list[TensorInfo]:
    """Return tensors under the names that a state dict has for those in a whole module."""
    return [TensorInfo(name=_KEPT.sub("", each.name), dtype=each.dtype, shape=each.shape) for each in tensors]


def script_tree(root: Any) -> list[str]:
    """Return one line a module of TorchScript, which has the modules in it as plain attributes."""
    lines: list[str] = []
    seen: set[int] = set()
    stack: list[tuple[int, str, Any]] = [(0, "", root)]
    while stack and len(lines) <= LINES_MAX:
        depth, label, value = stack.pop()
        if id(value) in seen or depth > DEPTH_MAX:
            continue
        seen.add(id(value))
        lines.append(f"{'  ' * depth}{f'{label}: ' if label else ''}{class_of(value)}")
        inside = attributes_of(value).items()
        stack += reversed([(depth + 1, name, each) for name, each in inside if class_of(each).startswith("__torch__.")])
    return lines
