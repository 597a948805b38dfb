"""A card as a line of an inventory of models, and as the coverage of a list of materials for AI.

Which element is found where is data, and a mapping of ours, not the wording of a standard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from lineal.formats import markdown
from lineal.formats.cards import as_markdown
from lineal.formats.cards.blocks import Table, Text
from lineal.formats.cards.facts import Card
from lineal.formats.cards.generated import framework_of

_LISTED = 5


class Element(NamedTuple):
    """One thing that should be known, and how it is said; empty where it is not known."""

    name: str
    say: Callable[[Card], str]


def _listed(found: Iterable[str]) -> str:
    names = list(dict.fromkeys(each for each in found if each))
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _written(section: str) -> Callable[[Card], str]:
    def say(card: Card) -> str:
        state = card.states.get(section)
        return f"written, {state.state}" if state and card.written.get(section) else ""

    return say


def _measured(card: Card) -> str:
    found = card.facts.evaluation
    if found is None:
        return ""
    return _listed(f"{name} {markdown.figure(value)}" for name, value in found.overall.metrics.items())


G7: dict[str, tuple[Element, ...]] = {
    "Metadata": (
        Element("format and its version", lambda _: "CycloneDX 1.6 or 1.7"),
        Element("who registered it", lambda card: card.facts.owner),
        Element("when", lambda card: markdown.time(card.facts.created_at)),
    ),
    "System level properties": (
        Element("intended use", _written("intended-use")),
        Element("provider", _written("provider")),
        Element("where it runs", lambda card: _listed(each.environment for each in card.facts.deployments)),
        Element("inputs", lambda card: _listed(card.facts.facts.inputs)),
        Element("outputs", lambda card: _listed((*card.facts.facts.outputs, *card.facts.facts.classes))),
    ),
    "Models": (
        Element("name and version", lambda card: card.facts.reference),
        Element("digest", lambda card: card.facts.digest),
        Element("files with their digests", lambda card: _listed(each.path for each in card.facts.files)),
        Element("framework", lambda card: framework_of(card.facts)),
        Element("architecture", lambda card: card.facts.facts.architecture.partition("\n")[0]),
        Element("license", lambda card: card.facts.labels.license),
    ),
    "Dataset properties": (
        Element("trained on", lambda card: _listed(each.reference or each.path for each in card.facts.data)),
        Element("digests", lambda card: f"{len(card.facts.data)} files" if card.facts.data else ""),
        Element("how it was collected", _written("training-data")),
        Element("measured on", lambda card: card.facts.evaluation_dataset),
    ),
    "Key performance indicators": (
        Element("metrics with intervals", _measured),
        Element(
            "subgroups",
            lambda card: (
                _listed(each.feature for each in card.facts.evaluation.slices) if card.facts.evaluation else ""
            ),
        ),
        Element("verdicts of gates", lambda card: _listed(f"{e.stage}: {e.outcome}" for e in card.facts.gates)),
    ),
    "Infrastructure": (
        Element("software", lambda card: f"{len(card.facts.packages)} packages" if card.facts.packages else ""),
        Element("runtime", lambda card: _listed(card.facts.runtime[:1])),
        Element("hardware", lambda card: _listed(card.facts.hardware)),
    ),
    "Security properties": (
        Element("scan", lambda card: markdown.time(card.facts.scan.at) if card.facts.scan else ""),
        Element("signatures", lambda card: _listed(each.by for each in card.facts.signatures)),
        Element("misuse and limits", _written("caveats")),
    ),
}
"""The seven clusters of "SBOM for AI - Minimum Elements" (G7, 2026), and what is known here for each."""


def coverage(card: Card) -> str:
    """Return as Markdown what is known for each of the seven clusters, and what is not."""
    rows = [
        (cluster, each.name, each.say(card) or "not known") for cluster, elements in G7.items() for each in elements
    ]
    known = sum(said != "not known" for _, _, said in rows)
    whole = sum(all(each.say(card) for each in elements) for elements in G7.values())
    return "\n".join(
        (
            f"# List of materials: what is known of {markdown.plain(card.facts.reference)}\n",
            *as_markdown.blocks(
                (
                    Text(f"{known} of {len(rows)} elements are known; {whole} of {len(G7)} clusters are complete."),
                    Table(("Cluster", "element", "known"), rows, 3),
                )
            ),
        )
    )


INVENTORY: dict[str, Callable[[Card], Any]] = {
    "model": lambda card: card.facts.title,
    "version": lambda card: card.facts.reference,
    "digest": lambda card: card.facts.digest,
    "stage": lambda card: card.facts.stage,
    "owner": lambda card: card.facts.owner,
    "registered": lambda card: markdown.time(card.facts.created_at),
    "purpose": lambda card: card.written.get("intended-use", ""),
    "limitations": lambda card: card.written.get("caveats", ""),
    "risk": lambda card: card.written.get("risk-management", ""),
    "inputs": lambda card: list(card.facts.facts.inputs),
    "trained_on": lambda card: [each.reference or each.path for each in card.facts.data],
    "measured_on": lambda card: card.facts.evaluation_dataset,
    "measured": lambda card: markdown.time(card.facts.evaluated_at) if card.facts.evaluation else "",
    "metrics": lambda card: card.facts.evaluation.overall.metrics if card.facts.evaluation else {},
    "gates": lambda card: {each.stage: each.outcome for each in card.facts.gates},
    "approved_by": lambda card: [each.by for each in card.facts.approvals],
    "runs_in": lambda card: [each.environment for each in card.facts.deployments if each.ended_at is None],
    "monitoring": lambda card: card.written.get("post-market-monitoring", ""),
    "sections": lambda card: {name: each.state for name, each in card.states.items()},
}
"""What an inventory of models asks for, as supervisors of banks do (SR 26-2), and where it is."""


def entry(card: Card) -> str:
    """Return the line of a version in an inventory, as JSON."""
    return (
        msgspec.json.format(msgspec.json.encode({name: say(card) for name, say in INVENTORY.items()})).decode() + "\n"
    )
