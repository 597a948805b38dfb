"""The tokens of MLflow's filters: ``metrics.`val loss` < 0.5 AND params.kind LIKE 'tree%'``."""

from __future__ import annotations

import re

from lineal.objects.errors import Invalid
from lineal.query.syntax import Kind, Token, check_characters, wrong

LENGTH_MAX = 50_000
"""Characters in a filter: a list of a thousand run ids has its place."""

_TOKEN = re.compile(
    r"""
    (?P<operator> [=<>!~]+ )
  | (?P<sign> [(),] )
  | (?P<text> "(?:[^"]|"")*" | '(?:[^']|'')*' | `(?:[^`]|``)*` )
  | (?P<word> [^\s()<>=!~,'"`]+ )
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def tokens(text: str) -> list[Token]:
    """Return the tokens of a filter; the last one is its end. Raises Invalid."""
    check_characters(text, LENGTH_MAX)
    found: list[Token] = []
    at = _skip(text, 0)
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise _unclosed(text, at)
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # the groups are the kinds
        raw = match[0]
        said = raw[1:-1].replace(raw[0] * 2, raw[0]) if kind == "text" else raw
        found.append(Token(kind, said, at, match.end()))
        at = _skip(text, match.end())
    end = len(text.rstrip())
    return [*found, Token("end", "", end, end)]


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere


def _unclosed(text: str, at: int) -> Invalid:
    return wrong(text, at, at + 1, "this quote never ends", hint=f"close it with {text[at]}")


def number(text: str) -> int | float | None:
    """Return the number written as ``text``: whole where it is and every database holds it. None when it is none."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else None
