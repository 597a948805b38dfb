"""The lineage as a picture: columns from raw data on the left to deployments on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from lineal.formats.figures.svg import element, label, shortened, tip

_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 220, 46, 64, 22, 12
_TEXT_MAX = 23


class Node(NamedTuple):
    """A thing in the lineage. ``depth`` counts the steps from the middle; upstream is positive."""

    key: str
    kind: str
    name: str
    depth: int
    title: str = ""


class Edge(NamedTuple):
    """``child`` came from ``parent``."""

    child: str
    parent: str
    role: str


def no_link(_: Node) -> str:
    """Return nothing: no node leads anywhere."""
    return ""


def lineage(of: str, nodes: Sequence[Node], edges: Sequence[Edge], address: Callable[[Node], str] = no_link) -> str:
    """Return the graph as SVG.

    Args:
        of: what it is the lineage of.
        nodes: what is in it.
        edges: what came from what.
        address: where a node leads; empty where it leads nowhere.
    """
    columns: dict[int, list[Node]] = {}
    for node in sorted(nodes, key=lambda each: (each.kind, each.name)):
        columns.setdefault(-node.depth, []).append(node)
    places: dict[str, tuple[int, int]] = {}
    for column, depth in enumerate(sorted(columns)):
        for row, node in enumerate(columns[depth]):
            places[node.key] = (_EDGE + column * (_WIDTH + _ACROSS), _EDGE + row * (_HEIGHT + _DOWN))
    width = _EDGE * 2 + len(columns) * (_WIDTH + _ACROSS) - _ACROSS
    height = _EDGE * 2 + max((len(each) for each in columns.values()), default=1) * (_HEIGHT + _DOWN) - _DOWN
    drawn = [
        _arrow(places[edge.parent], places[edge.child], edge.role)
        for edge in edges
        if edge.parent in places and edge.child in places
    ]
    drawn += [_linked(_box(node, places), address(node)) for node in nodes]
    said = f"Lineage of {of}: {len(nodes)} things, {len(edges)} steps from one to another"
    return element(
        "svg",
        tip(said) + "".join(drawn),
        xmlns="http://www.w3.org/2000/svg",
        class_="lineage",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_label=said,
    )


def _linked(box: str, address: str) -> str:
    return element("a", box, href=address) if address else box


def _arrow(start: tuple[int, int], end: tuple[int, int], role: str) -> str:
    x1, y1 = start[0] + _WIDTH, start[1] + _HEIGHT // 2
    x2, y2 = end[0], end[1] + _HEIGHT // 2
    if end[0] <= start[0]:  # both in one column, or backwards: around the outside
        x1, x2 = start[0] + _WIDTH, end[0] + _WIDTH
    middle = (x1 + x2) // 2 if x2 > x1 else x1 + _ACROSS // 2
    path = element("path", tip(role), d=f"M {x1} {y1} C {middle} {y1} {middle} {y2} {x2} {y2}")
    return path + element("circle", cx=x2, cy=y2, r=3)


def _box(node: Node, places: Mapping[str, tuple[int, int]]) -> str:
    x, y = places[node.key]
    name = shortened(node.name.removeprefix(f"{node.kind}:"), _TEXT_MAX)  # its kind stands above it already
    inside = (
        tip(node.title or node.name)
        + element("rect", x=x, y=y, width=_WIDTH, height=_HEIGHT, rx=6)
        + label(x + 10, y + 17, node.kind, class_="kind")
        + label(x + 10, y + 35, name)
    )
    return element("g", inside, class_=node.kind + (" centre" if node.depth == 0 else ""))
