"""SQL as text: where statements end, and where values stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from functools import lru_cache

_PARTS = re.compile(
    r"""
      (?P<literal> '(?:[^']|'')*' | "(?:[^"]|"")*" )
    | (?P<comment> --[^\n]* )
    | (?P<cast>    :: )
    | (?P<value>   :(?P<name>[A-Za-z_][A-Za-z0-9_]*) )
    | (?P<end>     ; )
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=1024)
def with_numbers(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return ``sql`` with ``$1`` for the first ``:name``, as PostgreSQL reads it, and the names; literals, comments and casts stay.

    ``WITHOUT ROWID`` at the end goes: it has SQLite keep the rows in the order of their key, and nobody else.
    """
    names: dict[str, int] = {}

    def replace(match: re.Match[str]) -> str:
        return f"${names.setdefault(match['name'], len(names) + 1)}" if match["value"] else match[0]

    return _PARTS.sub(replace, sql.removesuffix(" WITHOUT ROWID")), tuple(names)


def with_marks(sql: str, names: Container[str], mark: Callable[[str], str]) -> str:
    """Return ``sql`` with ``mark(name)`` for each ``:name`` of ``names``; literals, comments and casts stay."""

    def replace(match: re.Match[str]) -> str:
        return mark(match["name"]) if match["name"] in names else match[0]

    return _PARTS.sub(replace, sql)


def statements(script: str) -> Iterator[str]:
    """Yield the statements of ``script``, without the semicolons between them and without comments."""
    words: list[str] = []
    after = 0
    for match in _PARTS.finditer(script):
        if match["comment"] or match["end"]:
            words.append(script[after : match.start()])
            after = match.end()
        if match["end"] and (statement := "".join(words).strip()):
            yield statement
        if match["end"]:
            words.clear()
    if statement := "".join([*words, script[after:]]).strip():
        yield statement
