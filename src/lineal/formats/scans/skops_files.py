"""skops: a zip whose schema says which classes and functions are imported, and how they are made."""

from __future__ import annotations

import json
from typing import Any

from lineal.formats.scans.look import Look, Unreadable

_DEPTH_MAX = 400
_CALLERS = {"PartialNode", "MethodNode", "OperatorFuncNode", "ReduceNode"}


def read_schema(data: bytes, look: Look) -> None:
    """Note what the ``schema.json`` of an archive names. Raises Unreadable."""
    try:
        schema = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"its schema is no JSON ({error})") from None
    waiting: list[tuple[Any, int]] = [(schema, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEPTH_MAX:
            raise Unreadable("its schema is nested too deep")
        if isinstance(value, dict):
            _node(value, look)
            waiting += [(each, depth + 1) for each in value.values()]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]


def _node(value: dict[str, Any], look: Look) -> None:
    module, name, loader = value.get("__module__"), value.get("__class__"), value.get("__loader__")
    if not isinstance(module, str) or not isinstance(name, str):
        return
    content = value.get("content")
    if loader == "FunctionNode" and isinstance(content, dict):
        module = content.get("module_path", module)
        name = content.get("function", name)
    look.note("import", f"{module}.{name}")
    if loader == "MethodNode" and isinstance(content, dict):
        look.note("method", f"{module}.{name}.{content.get('func', '')}")
    elif loader != "FunctionNode" and loader not in {"TypeNode", "JsonNode"}:
        look.note("call", f"{module}.{name}", str(loader))
