"""Markdown in which foreign text stays text: it cannot break a table, open a tag or start a heading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from lineal.objects.canonical import Number

_SPECIAL = re.compile(r"([\\`*_\[\]|#<>~])")


def plain(text: str) -> str:
    """Return ``text`` on one line, with everything that Markdown would read escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Return ``text`` as a fenced block; the fence is longer than any in the text."""
    longest = max((len(each) for each in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}\n"


def lines(found: Iterable[str]) -> str:
    """Return a list, one line each; empty without any."""
    return "".join(f"- {plain(each)}\n" for each in found)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table. Cells are Markdown already: pass foreign text through ``plain``."""
    bar = ["---"] * len(header)
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, bar, *rows))


def figure(value: Number) -> str:
    """Return a measured number with four significant digits."""
    return value if isinstance(value, str) else f"{value:.4g}"


def interval(between: tuple[float, float] | None) -> str:
    """Return an interval as two numbers, or nothing without one."""
    return f"{between[0]:.4g} to {between[1]:.4g}" if between else ""


def time(at: int) -> str:
    """Return a time in milliseconds since 1970 as people read it, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
