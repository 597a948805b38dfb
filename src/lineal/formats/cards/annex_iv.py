"""A card as the technical documentation of Annex IV of the EU AI Act (Regulation 2024/1689): nine parts, who fills each.

The mapping is data: it says where Lineal keeps what a part asks for. Whether that is enough is for people to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lineal.formats import markdown
from lineal.formats.cards import as_markdown
from lineal.formats.cards.blocks import Block, Table
from lineal.formats.cards.facts import Card, CardFacts, SectionState
from lineal.formats.cards.generated import changes, generated, packages
from lineal.formats.cards.marks import fenced
from lineal.formats.cards.sections import HUMAN


class Part(NamedTuple):
    """A part of Annex IV: the sections that people write for it, and the facts that fill it by themselves."""

    title: str
    human: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


ANNEX_IV = (
    Part("General description", ("intended-use", "provider"), ("model-details",)),
    Part(
        "Elements, and process of development",
        ("design-choices", "training-data"),
        ("training-data", "evaluation-data", "history", "packages"),
    ),
    Part("Monitoring, functioning and control", ("oversight", "factors"), ("quantitative-analyses",)),
    Part("Appropriateness of the metrics", ("metric-choice",), ("metrics",)),
    Part("Risk management", ("risk-management", "ethical-considerations", "caveats")),
    Part("Changes over its life", (), ("changes",)),
    Part("Standards applied", ("standards",)),
    Part("EU declaration of conformity", ("conformity",)),
    Part("Monitoring after release", ("post-market-monitoring",), ("trust",)),
)
"""The nine parts, in their order."""

_NAMED: dict[str, Callable[[CardFacts], Iterable[Block]]] = {"changes": changes, "packages": packages}
_NEEDED: dict[str, tuple[str, Callable[[CardFacts], object]]] = {
    "model-details": ("the framework is not known", lambda facts: facts.facts.framework),
    "training-data": ("it is not known what it was trained on", lambda facts: facts.data),
    "evaluation-data": ("it was not measured on held-out rows", lambda facts: facts.evaluation),
    "quantitative-analyses": (
        "no subgroup was measured",
        lambda facts: facts.evaluation and facts.evaluation.slices,
    ),
    "metrics": ("it was not measured on held-out rows", lambda facts: facts.evaluation),
    "packages": ("the packages are not known", lambda facts: facts.packages),
}
"""What is a gap when it is not known, and how that is said."""


def document(card: Card) -> str:
    """Return the documentation as Markdown: gaps first, then the nine parts."""
    facts, parts = card.facts, []
    parts.append(f"# Technical documentation of {markdown.plain(facts.reference)}\n")
    parts.append(f"In the order of Annex IV of Regulation (EU) 2024/1689. Digest: `{facts.digest}`\n")
    parts += as_markdown.blocks([Table(("Part", "filled by", "gaps"), list(_coverage(card)), 3)])
    for number, part in enumerate(ANNEX_IV, 1):
        parts.append(f"## {number}. {part.title}\n")
        for name in part.facts:
            found = _NAMED[name](facts) if name in _NAMED else generated(name, facts)
            parts += as_markdown.blocks(found)
        for name in part.human:
            parts.append(f"### {HUMAN[name].title}\n")
            parts.append(_written(card, name))
    return "\n".join(parts)


def gaps(card: Card) -> dict[int, tuple[str, ...]]:
    """Return what is missing from each part, by its number."""
    return {number: tuple(_gaps(card, part)) for number, part in enumerate(ANNEX_IV, 1)}


def _coverage(card: Card) -> Iterator[tuple[str, str, str]]:
    for number, missing in gaps(card).items():
        part = ANNEX_IV[number - 1]
        by = " and ".join(who for who, has in (("Lineal", part.facts), ("people", part.human)) if has)
        yield f"{number}. {part.title}", by, "; ".join(missing) or "none"


def _gaps(card: Card, part: Part) -> Iterator[str]:
    for name in part.facts:
        sentence, known = _NEEDED.get(name, ("", lambda _: True))
        if not known(card.facts):
            yield sentence
    for name in part.human:
        state = card.states.get(name, SectionState(state="missing"))
        if state.state != "fresh":
            yield f"{HUMAN[name].title} is {state.reason}"


def _written(card: Card, name: str) -> str:
    state, text = card.states.get(name, SectionState(state="missing")), card.written.get(name, "")
    if not text:
        return f"**Gap.** {HUMAN[name].asks}\n"
    note = f"> **Stale.** {markdown.plain('; '.join(state.changes))}\n\n" if state.state == "stale" else ""
    return note + fenced(name, text)
