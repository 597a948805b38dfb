"""Sources among a model's files: what Python calls as soon as somebody imports it."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator
from typing import BinaryIO

from lineal.formats.scans.look import Look, whole

_BYTES_MAX = 8 << 20
_BUILTINS = {"eval", "exec", "compile", "__import__", "open"}


def read_python(file: BinaryIO, look: Look) -> str:
    """Note that there is Python, and each call that importing it makes."""
    look.note("source", look.name, "Python")
    text = whole(file, _BYTES_MAX).decode("utf-8", "replace")
    if look.name.endswith(".ipynb"):
        text = _cells(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "python"
    names: dict[str, str] = {}
    for node in _at_import(tree):
        _learn(node, names)
        if isinstance(node, ast.Call) and (called := _called(node.func, names)):
            look.note("source-call", called, ast.unparse(node)[:200], place=node.lineno)
    return "python"


def read_script(file: BinaryIO, look: Look) -> str:
    """Note that there is a script."""
    first = file.readline(200).decode("utf-8", "replace").strip()
    look.note("source", look.name, first if first.startswith("#!") else "a script of the shell's")
    return "script"


def _cells(text: str) -> str:
    try:
        cells = json.loads(text).get("cells", [])
        code = ["".join(each["source"]) for each in cells if each.get("cell_type") == "code"]
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return ""
    return "\n".join(line for each in code for line in each.splitlines() if not line.startswith(("%", "!")))


def _at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what runs on import, in its order: everything but the bodies of functions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += reversed(list(ast.iter_child_nodes(node)))
        elif not isinstance(node, ast.Lambda):
            waiting += node.decorator_list


def _learn(node: ast.AST, names: dict[str, str]) -> None:
    if isinstance(node, ast.Import):
        for each in node.names:
            names[each.asname or each.name.partition(".")[0]] = (
                each.name if each.asname else each.name.partition(".")[0]
            )
    elif isinstance(node, ast.ImportFrom) and node.module:
        for each in node.names:
            names[each.asname or each.name] = f"{node.module}.{each.name}"


def _called(node: ast.AST, names: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Call):
        inner = _called(node.func, names)
        return ".".join([inner, *reversed(parts)]) if inner else ""
    if not isinstance(node, ast.Name):
        return ""
    root = names.get(node.id) or (f"builtins.{node.id}" if node.id in _BUILTINS else "")
    return ".".join([root, *reversed(parts)]) if root else ""
