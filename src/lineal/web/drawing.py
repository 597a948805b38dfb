"""The lineage as a picture: columns from raw data on the left to deployments on the right."""

from __future__ import annotations

from markupsafe import Markup

from lineal.operations.answers import Lineage, Node
from lineal.web.rendering import address

_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 220, 46, 64, 22, 12
_TEXT_MAX = 23
_LINKED = frozenset(("run", "dataset", "version", "deployment"))


def lineage_svg(answer: Lineage) -> Markup:
    """Return the graph as SVG; every node with a page is a link to it."""
    columns: dict[int, list[Node]] = {}
    for node in sorted(answer.nodes, key=lambda each: (each.kind, each.reference)):
        columns.setdefault(-node.depth, []).append(node)
    places: dict[str, tuple[int, int]] = {}
    for column, depth in enumerate(sorted(columns)):
        for row, node in enumerate(columns[depth]):
            places[node.digest] = (_EDGE + column * (_WIDTH + _ACROSS), _EDGE + row * (_HEIGHT + _DOWN))
    width = _EDGE * 2 + len(columns) * (_WIDTH + _ACROSS) - _ACROSS
    height = _EDGE * 2 + max((len(each) for each in columns.values()), default=1) * (_HEIGHT + _DOWN) - _DOWN
    drawn = [
        _arrow(places[edge.parent], places[edge.child], edge.role)
        for edge in answer.edges
        if edge.parent in places and edge.child in places
    ]
    drawn += [_box(node, places[node.digest]) for node in answer.nodes]
    head = Markup(
        '<svg class="lineage" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
    ).format(w=width, h=height, label=f"Lineage of {answer.reference}")
    return head + Markup("").join(drawn) + Markup("</svg>")


def _arrow(start: tuple[int, int], end: tuple[int, int], role: str) -> Markup:
    x1, y1 = start[0] + _WIDTH, start[1] + _HEIGHT // 2
    x2, y2 = end[0], end[1] + _HEIGHT // 2
    if end[0] <= start[0]:  # both in one column, or backwards: around the outside
        x1, x2 = start[0] + _WIDTH, end[0] + _WIDTH
    middle = (x1 + x2) // 2 if x2 > x1 else x1 + _ACROSS // 2
    return Markup(
        '<path d="M {x1} {y1} C {m} {y1} {m} {y2} {x2} {y2}"><title>{role}</title></path>'
        '<circle cx="{x2}" cy="{y2}" r="3"/>'
    ).format(x1=x1, y1=y1, x2=x2, y2=y2, m=middle, role=role)


def _box(node: Node, place: tuple[int, int]) -> Markup:
    x, y = place
    # Its kind stands above it already.
    text = node.reference.removeprefix(f"{node.kind}:")
    text = text if len(text) <= _TEXT_MAX else text[: _TEXT_MAX - 1] + "…"
    is_centre = node.depth == 0
    box = Markup(
        '<g class="{kind}{centre}"><title>{full}</title><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6"/>'
        '<text class="kind" x="{tx}" y="{ty}">{kind}</text><text x="{tx}" y="{ty2}">{text}</text></g>'
    ).format(
        kind=node.kind,
        centre=" centre" if is_centre else "",
        full=f"{node.reference} {node.digest}",
        x=x,
        y=y,
        w=_WIDTH,
        h=_HEIGHT,
        tx=x + 10,
        ty=y + 17,
        ty2=y + 35,
        text=text,
    )
    if node.kind not in _LINKED:
        return box
    return Markup('<a href="{}">{}</a>').format(address(node.reference), box)
