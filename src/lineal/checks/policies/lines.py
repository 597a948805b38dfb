"""Where things stand in the text of a policy, so that an error can say its line: TOML's reader keeps no places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_HEADER = re.compile(r"\s*\[(?P<many>\[)?\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(#.*)?")
_KEY = re.compile(r"\s*(?P<name>[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*=")


class Place(NamedTuple):
    """A header or a key: the table that it is in (with its number, from 1, where it is one of several), and its line."""

    table: str
    number: int
    key: str
    line: int


def places(text: str) -> Iterator[Place]:
    """Yield each header (with no key) and each key of a text of TOML. Keys within inline tables are not seen."""
    table, counts, is_inside = "", dict[str, int](), False
    for line, said in enumerate(text.splitlines(), 1):
        # A text in three quotes may hold what looks like a header.
        if said.count('"""') % 2 or said.count("'''") % 2:
            is_inside = not is_inside
            continue
        if is_inside:
            continue
        if header := _HEADER.fullmatch(said):
            table = ".".join(part.strip().strip("\"'") for part in header["name"].split("."))
            counts[table] = counts.get(table, 0) + 1
            yield Place(table, counts[table], "", line)
        elif key := _KEY.match(said):
            yield Place(table, counts.get(table, 1), key["name"].strip("\"'"), line)


def line_of(text: str, table: str, number: int = 1, key: str = "") -> int:
    """Return the line of a key in a table, of the table where it has none, or 0 where neither is found.

    Args:
        text: the policy.
        table: its name, as ``gate.production``; empty for what stands in none.
        number: which of several tables of that name, from 1.
        key: the key.
    """
    found = [each for each in places(text) if (each.table, each.number) == (table, number)]
    exact = [each.line for each in found if each.key == key]
    parents = [each.line for each in places(text) if key and each.table == ".".join(filter(None, (table, key)))]
    headers = [each.line for each in found if not each.key]
    return next(iter((*exact, *parents, *headers)), 0)


def check_lines(text: str, stage: str) -> list[int]:
    """Return the line of each check of a stage, in their order."""
    return [each.line for each in places(text) if each.table == f"gate.{stage}" and not each.key]
