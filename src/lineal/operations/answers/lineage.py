"""Answers about what came from what."""

from __future__ import annotations

from lineal.operations.answers.answer import Answer


class Node(Answer, frozen=True, kw_only=True):
    """A thing in the lineage. ``depth`` counts the steps from where the question began; upstream is positive."""

    digest: str
    kind: str
    reference: str
    depth: int


class Edge(Answer, frozen=True, kw_only=True):
    """``child`` came from ``parent``; ``trust`` is verified, declared or inferred."""

    child: str
    parent: str
    role: str
    trust: str
    detail: str = ""


class Lineage(Answer, frozen=True, kw_only=True):
    """The graph around a thing, from raw data to deployments."""

    reference: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool = False
