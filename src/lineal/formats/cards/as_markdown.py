"""A card as Markdown: facts generated, what people wrote between marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from lineal.formats import markdown
from lineal.formats.cards.blocks import Block, Cell, Code, Diagram, Facts, Lines, Rate, Table, Text, Title
from lineal.formats.cards.facts import Card, LineageFact, SectionState
from lineal.formats.cards.generated import generated
from lineal.formats.cards.marks import base_mark, fenced, placeholder
from lineal.formats.cards.sections import Section, shown

_FOR_MERMAID = re.compile(r'["`<>&\\]|[^\x20-\x7e\xa0-\U0010ffff]')
_UNWRITTEN = SectionState(state="missing")


def render(card: Card) -> str:
    """Return a card as Markdown, without front matter."""
    parts = [f"# {markdown.plain(card.facts.title)}\n"]
    if card.base:
        parts.append(base_mark(card.base))
    for section in shown(frozenset(card.written), card.profiles):
        parts.append(f"## {section.title}\n")
        parts += blocks(generated(section.id, card.facts))
        if section.asks:
            parts.append(_human(section, card))
    return "\n".join(parts)


def editable(card: Card) -> str:
    """Return what people write of a card, ready to be edited: each section with what it asks, and how it stands."""
    parts = [
        f"# {markdown.plain(card.facts.title)}: what people write\n",
        "Write between the marks; everything else here is ignored.\n",
        base_mark(card.base),
    ]
    for section in shown(frozenset(card.written), card.profiles):
        if section.asks:
            state = card.states.get(section.id, _UNWRITTEN)
            parts.append(f"## {section.title}\n")
            parts.append(f"<!-- {_remark(section.asks)} -->\n<!-- {_remark(state.reason)} -->\n")
            parts.append(fenced(section.id, card.written.get(section.id, ""), as_text=True))
    return "\n".join(parts)


def blocks(found: Iterable[Block]) -> list[str]:
    """Return blocks as Markdown, one text each."""
    return [_WRITERS[type(each)](each) for each in found]


def mermaid(lineage: LineageFact) -> str:
    """Return a lineage as a diagram of Mermaid's, which GitHub and Hugging Face draw."""
    names = {each.key: f"n{place}" for place, each in enumerate(lineage.nodes)}
    lines = ["flowchart LR"]
    lines += [f'  {names[each.key]}["{_label(each.kind)}: {_label(each.reference)}"]' for each in lineage.nodes]
    lines += [
        f"  {names[each.parent]} --> {names[each.child]}"
        for each in lineage.edges
        if each.parent in names and each.child in names
    ]
    return "\n".join(lines)


def _label(text: str) -> str:
    return _FOR_MERMAID.sub(lambda match: f"#{ord(match[0])};" if match[0].isprintable() else " ", text)


def _remark(text: str) -> str:
    """Return a text that can stand in a comment."""
    return " ".join(text.replace("--", "- -").replace(">", "›").replace("<", "‹").split())


def _human(section: Section, card: Card) -> str:
    state = card.states.get(section.id, _UNWRITTEN)
    text = card.written.get(section.id, "").strip()
    if not text:
        return fenced(section.id, placeholder(section))
    note = ""
    if state.state == "stale":
        why = "; ".join(map(markdown.plain, state.changes)) or f"other facts: {', '.join(section.about)}"
        note = f"> **Stale.** Since this was written, something it speaks about has changed: {why}. Read it again.\n\n"
    return note + fenced(section.id, text)


def _facts(block: Facts) -> str:
    return markdown.table(
        ("", ""), [(markdown.plain(name), _cell(value)) for name, value in block.rows if _said(value)]
    )


def _table(block: Table) -> str:
    rows = [[_cell(each) for each in row] for row in block.rows]
    return markdown.table([markdown.plain(each) for each in block.header], rows)


def _diagram(block: Diagram) -> str:
    more = f"\n… and {block.lineage.left_out:,} more.\n" if block.lineage.left_out else ""
    return f"```mermaid\n{mermaid(block.lineage)}\n```\n{more}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    Text: lambda block: markdown.plain(block.text) + "\n",
    Title: lambda block: f"### {markdown.plain(block.text)}\n",
    Lines: lambda block: markdown.lines(block.items),
    Code: lambda block: markdown.code(block.text),
    Facts: _facts,
    Table: _table,
    Diagram: _diagram,
}


def _said(value: Cell) -> bool:
    return bool(value if isinstance(value, str) else value[0])


def _cell(value: Cell) -> str:
    if isinstance(value, Rate):
        return markdown.plain(value.value) + (f" [{markdown.plain(value.interval)}]" if value.interval else "")
    if isinstance(value, str):
        return markdown.plain(value)
    # A sign that ends code, or a cell, cannot stand in code in a cell.
    is_code = value.text.isascii() and value.text.isprintable() and not set(value.text) & set("`|\\")
    return f"`{value.text}`" if value.text and is_code else markdown.plain(value.text)
