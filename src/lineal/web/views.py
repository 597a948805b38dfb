"""How somebody wants charts to be: what a small form of a page says, and the address of every other view of the same."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast, get_args
from urllib.parse import urlencode

from lineal.formats.figures.metric_charts import Axis, View
from lineal.query.patterns import Pattern, PatternError
from lineal.web.pages.page import Asked

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_SMOOTHING_MAX = 0.999
_NAMED_MAX = 300
"""So many signs of a name are looked at: an expression is tried on each."""


class Wanted(NamedTuple):
    """What a page of charts was asked for: how they look, which names they have, and which page of them."""

    view: View
    has_axis: bool
    names: str
    page: int
    problem: str = ""
    pattern: Pattern | None = None

    def fits(self, name: str) -> bool:
        """Tell whether a name is among those that are wanted."""
        return self.pattern is None or self.pattern.finds(name[:_NAMED_MAX])


def wanted(asked: Asked) -> Wanted:
    """Return what a query string says; what it says wrongly is told, and left out."""
    axis, problem, pattern = asked.query.get("x", ""), "", None
    names = asked.query.get("names", "").strip()
    try:
        pattern = Pattern(names) if names else None
    except PatternError as error:
        problem = f"{error}, at sign {error.at + 1}"
    first, last = _step(asked.query.get("from", "")), _step(asked.query.get("to", ""))
    if first is not None and last is not None and first > last:
        first, last = last, first
    has_axis = axis in get_args(Axis)
    view = View(
        axis=cast("Axis", axis) if has_axis else "step",
        is_log=asked.query.get("y", "") == "log",
        smoothing=_share(asked.query.get("smooth", "")),
        first=first,
        last=last,
    )
    return Wanted(view, has_axis, names, asked.number("page", 0), problem, pattern)


def _step(text: str) -> int | None:
    return int(text) if _WHOLE.fullmatch(text.strip()) else None


def _share(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return min(found, _SMOOTHING_MAX) if math.isfinite(found) and found > 0 else 0.0


def address(path: str, what: Iterable[tuple[str, str]], asked: Wanted, **changes: object) -> str:
    """Return the address of a view.

    Args:
        path: of the page.
        what: what it is about, as names and values.
        asked: the view.
        changes: what is other than in ``asked``; None and nothing leave a field out.
    """
    view = asked.view
    fields: dict[str, object] = {
        "x": view.axis if asked.has_axis else None,
        "y": "log" if view.is_log else None,
        "smooth": f"{view.smoothing:g}" if view.smoothing else None,
        "from": view.first,
        "to": view.last,
        "names": asked.names,
        "page": asked.page,
        **changes,
    }
    said = [(name, str(value)) for name, value in fields.items() if value not in (None, "", 0) or _is_step(name, value)]
    query = urlencode([*what, *said])
    return f"{path}?{query}" if query else path


def _is_step(name: str, value: object) -> bool:
    return name in {"from", "to"} and value == 0


def grouped(names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return names by what they begin with: those alone first, those of the machine last.

    A prefix ends at a slash, or else at an underline or a dot where several names have it.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(_prefix(name), []).append(name)
    alone = [
        name for prefix, each in found.items() if not prefix or (len(each) == 1 and prefix[-1] != "/") for name in each
    ]
    groups = [(prefix, each) for prefix, each in found.items() if prefix and (len(each) > 1 or prefix[-1] == "/")]
    groups.sort(key=lambda group: (group[0] == "system/", group[0]))
    return [*([("", sorted(alone))] if alone else []), *groups]


def _prefix(name: str) -> str:
    if "/" in name:
        return name[: name.index("/") + 1]
    places = [at for sign in "_." if (at := name.find(sign)) > 0]
    return name[: min(places) + 1] if places else ""


def paged(names: Sequence[str], page: int, size: int) -> tuple[list[tuple[str, list[str]]], list[str], int]:
    """Return a page of names: in groups, and one after the other; and which page it is in the end."""
    groups = grouped(names)
    order = [(prefix, name) for prefix, each in groups for name in each]
    page = min(page, max(0, len(order) - 1) // size)
    shown = order[page * size : (page + 1) * size]
    found: dict[str, list[str]] = {}
    for prefix, name in shown:
        found.setdefault(prefix, []).append(name)
    return list(found.items()), [name for _, name in shown], page
