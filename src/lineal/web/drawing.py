"""The lineage of an answer as a picture whose nodes lead to their pages."""

from __future__ import annotations

from markupsafe import Markup

from lineal.formats.figures import lineage
from lineal.operations.answers.lineage import Lineage
from lineal.web.rendering import address

_LINKED = frozenset(("run", "dataset", "version", "deployment"))


def lineage_svg(answer: Lineage) -> Markup:
    """Return the graph as SVG; every node with a page is a link to it."""
    nodes = [
        lineage.Node(each.digest, each.kind, each.reference, each.depth, f"{each.reference} {each.digest}")
        for each in answer.nodes
    ]
    edges = [lineage.Edge(each.child, each.parent, each.role) for each in answer.edges]
    drawn = lineage.lineage(answer.reference, nodes, edges, _address)
    return Markup(drawn)  # noqa: S704 - every text in it was escaped where it was drawn


def _address(node: lineage.Node) -> str:
    return address(node.name) if node.kind in _LINKED else ""
