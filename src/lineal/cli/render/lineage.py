"""Lineage as an indented tree: upwards to the raw data, then downwards to what came of a thing."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.cli.render.page import Page, plain
from lineal.operations.answers.lineage import Edge, Lineage, Node


def lineage(answer: Lineage, page: Page) -> Iterator[str]:
    """Yield the tree around a thing. What was shown once with everything behind it is not unfolded again."""
    nodes = {each.digest: each for each in answer.nodes}
    start = next((each for each in answer.nodes if each.depth == 0), None)
    if start is None:
        return
    yield page.title(_label(start))
    upstream, downstream = _by_end(answer.edges, "child"), _by_end(answer.edges, "parent")
    for heading, ends, far in (("came from", upstream, "parent"), ("led to", downstream, "child")):
        if ends.get(start.digest):
            yield f"  {page.paint(heading, 'faint')}"
            yield from _branches(page, start.digest, ends, far, nodes, {start.digest}, "    ")
    if not answer.edges:
        yield "  nothing is known of where it came from or what came of it"
    if answer.truncated:
        yield "  … the graph goes on; ask about a part of it, or give --depth"


def _by_end(edges: tuple[Edge, ...], end: str) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for each in edges:
        found.setdefault(getattr(each, end), []).append(each)
    return found


def _branches(
    page: Page,
    start: str,
    ends: dict[str, list[Edge]],
    far: str,
    nodes: dict[str, Node],
    shown: set[str],
    indent: str,
) -> Iterator[str]:
    """Yield what hangs on ``start``, depth first, with a stack of our own: a chain may be thousands long."""
    stack = [(each, indent) for each in reversed(_ordered(ends[start], far, nodes))]
    while stack:
        edge, space = stack.pop()
        end = getattr(edge, far)
        node = nodes.get(end) or Node(digest=end, kind="file", reference=edge.detail or end, depth=0)
        behind = _ordered(ends.get(end, []), far, nodes)
        is_known = end in shown
        note = "  (see above)" if is_known and behind else ""
        yield f"{space}{page.paint(edge.role, 'faint')} {_label(node)}{_detail(edge, node)}{note}"
        if not is_known:
            shown.add(end)
            stack += [(each, space + "  ") for each in reversed(behind)]


def _ordered(edges: list[Edge], far: str, nodes: dict[str, Node]) -> list[Edge]:
    def rank(edge: Edge) -> tuple[str, str, str]:
        node = nodes.get(getattr(edge, far))
        return edge.role, node.kind if node else "", node.reference if node else ""

    return sorted(edges, key=rank)


def _label(node: Node) -> str:
    says_kind = node.reference.startswith(("run:", "data:", "deployment:"))
    return plain(node.reference if says_kind else f"{node.kind} {node.reference}")


def _detail(edge: Edge, node: Node) -> str:
    path = plain(edge.detail) if edge.detail and edge.detail != node.reference else ""
    trust = "" if edge.trust == "verified" else edge.trust
    inside = ", ".join(each for each in (path, trust) if each)
    return f"  ({inside})" if inside else ""
