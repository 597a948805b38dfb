"""Versions of distributions, put in order as PEP 440 says: ``1.10`` comes after ``1.9``, and ``2.0rc1`` before ``2.0``."""

from __future__ import annotations

import re
from typing import Any

_RELEASE = re.compile(
    r"v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>[0-9]*))?"
    r"(?P<post>-(?P<post_number>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_count>[0-9]*))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_number>[0-9]*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?"
)
_PRE = {"alpha": 0, "a": 0, "beta": 1, "b": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_FIRST, _FINAL = -1, 3
"""Where what is only a development stands among pre-releases, and what is none of them."""

Order = tuple[Any, ...]


def order_of(text: str) -> Order | None:
    """Return what puts a version in its place, without its local part; None when it is no version of PEP 440."""
    match = _RELEASE.fullmatch(text.strip().lower())
    return _order(match) if match else None


def local_of(text: str) -> str:
    """Return the local part of a version, such as ``cu121`` of ``2.4.0+cu121``; empty where there is none."""
    return text.partition("+")[2].lower()


def _order(found: re.Match[str]) -> Order:
    numbers = [int(part) for part in found["release"].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    pre = (_PRE[found["pre"]], int(found["pre_number"] or 0)) if found["pre"] else None
    post = int(found["post_number"] or found["post_count"] or 0) if found["post"] else -1
    is_dev_only = bool(found["dev"]) and not found["pre"] and not found["post"]
    dev = (0, int(found["dev_number"] or 0)) if found["dev"] else (1, 0)
    return int(found["epoch"] or 0), tuple(numbers), pre or ((_FIRST if is_dev_only else _FINAL), 0), post, dev


def is_like(text: str, operator: str, wanted: str) -> bool:
    """Tell how a version stands to another.

    Args:
        text: the version of a distribution.
        operator: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        wanted: what it is compared with. ``1.4`` equals ``1.4.0``, and ``1.4.0+cu121``; ``1.4.*`` is the whole line. What
            is no version equals itself only.
    """
    if operator in {"=", "!="}:
        return _equals(text, wanted) == (operator == "=")
    mine, other = order_of(text), order_of(wanted)
    if mine is None or other is None:
        return False
    return {"<": mine < other, "<=": mine <= other, ">": mine > other, ">=": mine >= other}[operator]


def _equals(text: str, wanted: str) -> bool:
    mine = order_of(text)
    if wanted.endswith(".*") and (line := order_of(wanted[:-2])):
        count = wanted.count(".")
        return mine is not None and mine[0] == line[0] and _padded(mine[1], count) == _padded(line[1], count)
    if mine is None or (other := order_of(wanted)) is None:
        return text.lower() == wanted.lower()
    return mine == other and local_of(wanted) in {"", local_of(text)}


def _padded(numbers: tuple[int, ...], count: int) -> tuple[int, ...]:
    return (numbers + (0,) * count)[:count]
