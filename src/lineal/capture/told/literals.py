"""Find the globals of a script that are nothing but literals: ``EPOCHS = 10``, by its syntax alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_BYTES_MAX = 1 << 20
_FOR_IPYTHON = re.compile(r"(?m)^[ \t]*[%!?].*$")
_INNER = (ast.stmt, ast.ExceptHandler, ast.match_case)
"""What holds statements of its own, which come by themselves."""

_CONSTANT = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.operator, ast.unaryop, ast.expr_context)


def literal_names(script: Path) -> set[str]:
    """Return the names that every assignment at the top level of ``script`` sets to a literal.

    Names that anything else binds are left out: counters, loop variables, results, what a function declares ``global``.
    A script that cannot be read or parsed has none.
    """
    try:
        return literal_names_in([script.read_bytes()] if script.stat().st_size <= _BYTES_MAX else [])
    except OSError:
        return set()


def literal_names_in(sources: Iterable[str | bytes]) -> set[str]:
    """Return the names that every assignment at the top level of ``sources`` sets to a literal, as `literal_names` does.

    Of the cells of a notebook, lines for IPython (``%pip install x``, ``!ls``) are left out, and cells that are no Python.
    """
    literal: set[str] = set()
    other: set[str] = set()
    for source in sources:
        tree = _parsed(source)
        other |= {name for each in ast.walk(tree) if isinstance(each, ast.Global) for name in each.names}
        for statement in _top_level(tree.body):
            for name, value in _assigned(statement):
                (literal if value is not None and _is_literal(value) else other).add(name)
    return literal - other


def _parsed(source: str | bytes) -> ast.Module:
    text = source if isinstance(source, bytes) else _FOR_IPYTHON.sub("pass", source)
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run in the script's own scope, those in its branches and loops included."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for field in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = getattr(statement, field, [])
                for each in inner:
                    yield from _top_level(each.body if isinstance(each, ast.ExceptHandler | ast.match_case) else [each])


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield each name that a statement binds, with the expression it is set to, or None for any other binding."""
    plain: set[int] = set()
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            for name, value in _pairs(target, statement.value):
                plain.add(id(name))
                yield name.id, value
    own = [each for each in ast.iter_child_nodes(statement) if not isinstance(each, _INNER)]
    for part in own:
        for each in ast.walk(part):
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load) and id(each) not in plain:
                yield each.id, None


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.Name, ast.expr]]:
    """Yield names and values of ``a = 1`` and ``a, b = 1, 2``."""
    if isinstance(target, ast.Name):
        yield target, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, each in zip(target.elts, value.elts, strict=True):
            if isinstance(one, ast.Name):
                yield one, each


def _is_literal(value: ast.expr) -> bool:
    return all(isinstance(each, _CONSTANT) for each in ast.walk(value))
