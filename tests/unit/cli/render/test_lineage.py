"""Lineage as an indented tree."""

from __future__ import annotations

import msgspec

from lineal.operations.answers.lineage import Edge, Lineage, Node
from tests.unit.cli.render.constructed import LINEAGE, PAGE, text_of


def test_lineage_is_a_tree_with_roles_up_to_the_raw_data_and_down_to_deployments() -> None:
    expected = """\
version income:1.1.0
  came from
    made by run:01A
      read data:adult@2  (data/train.csv)
        written by file raw.csv  (inferred)
      read file raw.csv  (declared)
  led to
    deploys deployment:01C
    evaluates evaluation sha256:bbbbbbbbbbbb
"""

    assert expected == text_of(LINEAGE)


def test_what_was_unfolded_once_is_not_unfolded_again() -> None:
    nodes = tuple(Node(digest=each, kind="run", reference=f"run:{each}", depth=at) for each, at in _DIAMOND)
    edges = tuple(
        Edge(child=child, parent=parent, role="read", trust="verified")
        for child, parent in ("ab", "ac", "bd", "cd", "de")
    )
    text = text_of(Lineage(reference="run:a", nodes=nodes, edges=edges))

    assert 1 == text.count("run:e")
    assert "      read run:d  (see above)\n" in text


_DIAMOND = (("a", 0), ("b", 1), ("c", 1), ("d", 2), ("e", 3))


def test_a_chain_of_thousands_is_shown() -> None:
    length = 3_000
    nodes = tuple(Node(digest=str(n), kind="run", reference=f"run:{n}", depth=n) for n in range(length))
    edges = tuple(Edge(child=str(n), parent=str(n + 1), role="read", trust="verified") for n in range(length - 1))

    assert length + 1 == len(text_of(Lineage(reference="run:0", nodes=nodes, edges=edges)).splitlines())


def test_a_thing_without_relations_says_so() -> None:
    alone = Lineage(reference="run:a", nodes=(Node(digest="a", kind="run", reference="run:a", depth=0),), edges=())

    assert "run:a\n  nothing is known of where it came from or what came of it\n" == text_of(alone)


def test_a_cut_graph_says_that_it_goes_on() -> None:
    assert "the graph goes on" in text_of(msgspec.structs.replace(LINEAGE, truncated=True), PAGE)
