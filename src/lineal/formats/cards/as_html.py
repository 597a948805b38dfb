"""A card as HTML: a part for a page, or one file that needs nothing else and prints well."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lineal.formats.cards import prose
from lineal.formats.cards.blocks import Block, Cell, Code, Diagram, Facts, Lines, Mono, Rate, Table, Text, Title
from lineal.formats.cards.facts import Card, LineageFact, SectionState
from lineal.formats.cards.generated import generated
from lineal.formats.cards.sections import Section, shown
from lineal.formats.cards.stylesheet import STYLE
from lineal.formats.figures import lineage

_UNWRITTEN = SectionState(state="missing")


class Figure(NamedTuple):
    """A picture for a section: what it shows, and what it is of."""

    title: str
    svg: str
    note: str = ""


Figures = Mapping[str, Sequence[Figure]]
"""Figures by the id of the section that they belong to."""


def document(card: Card, figures: Figures) -> str:
    """Return a card as one file: no script, nothing from elsewhere."""
    facts = card.facts
    body = f"<header><h1>{_text(facts.title)}</h1><p>Model card of {_text(facts.reference)}</p></header>"
    return _document(f"{facts.reference}: model card", facts.reference, body + part(card, figures))


def _document(title: str, reference: str, body: str) -> str:
    # A page's margins take texts from the stylesheet only, where they need other escapes than in HTML.
    running = "".join(each if each.isalnum() or each in " .:@/_-" else " " for each in reference)
    style = (
        STYLE
        + f'@page {{ @bottom-left {{ content: "{running}"; font: 8pt system-ui, sans-serif; color: #5c6672; }} }}\n'
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<main class="card">\n{body}\n</main>\n</body>\n</html>\n'
    )


def part(card: Card, figures: Figures) -> str:
    """Return the sections of a card, to be put into a page."""
    made = []
    for section in shown(frozenset(card.written), card.profiles):
        made.append(f'<section id="{section.id}">\n<h2>{_text(section.title)}</h2>')
        made += blocks(generated(section.id, card.facts))
        if drawn := [_figure(each) for each in figures.get(section.id, ()) if each.svg]:
            made.append(f'<div class="figures">{"".join(drawn)}</div>')
        if section.asks:
            made.append(human(section, card))
        made.append("</section>")
    return "\n".join(made)


def blocks(found: Iterable[Block]) -> list[str]:
    """Return blocks as HTML, one text each."""
    return [_WRITERS[type(each)](each) for each in found]


def human(section: Section, card: Card) -> str:
    """Return what people wrote in a section, and how it stands."""
    state, text = card.states.get(section.id, _UNWRITTEN), card.written.get(section.id, "").strip()
    if not text:
        return f'<div class="human unwritten"><p>Nobody has written this yet: {_text(section.asks)}</p></div>'
    note = ""
    if state.state != "fresh":
        note = f'<p class="stale-note"><b>{_text(_sentence(state))}</b></p>'
    by = f'<p class="by">{_text(state.said_by)}</p>' if state.said_by else ""
    return f'<div class="human {_text(state.state.replace(" ", "-"))}">{note}{prose.as_html(text)}{by}</div>'


def _sentence(state: SectionState) -> str:
    if state.state != "stale":
        return f"This says nothing yet: {state.state}."
    why = "; ".join(state.changes) or "what it speaks about has changed"
    return f"Stale. Since this was written: {why}."


def _figure(found: Figure) -> str:
    return f"<figure>{found.svg}<figcaption><b>{_text(found.title)}</b> {_text(found.note)}</figcaption></figure>"


def _facts(block: Facts) -> str:
    said = [(name, value) for name, value in block.rows if (value if isinstance(value, str) else value[0])]
    return "<dl>" + "".join(f"<dt>{_text(name)}</dt><dd>{_cell(value)}</dd>" for name, value in said) + "</dl>"


def _table(block: Table) -> str:
    texts = block.text_columns
    head = "".join(
        f'<th{_number(place >= texts)} scope="col">{_text(each).replace("_", "_<wbr>")}</th>'
        for place, each in enumerate(block.header)
    )
    body = "".join(f"<tr>{_row(each, texts)}</tr>" for each in block.rows)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _diagram(block: Diagram) -> str:
    more = f"<p>… and {block.lineage.left_out:,} more.</p>" if block.lineage.left_out else ""
    return f'<div class="drawing">{drawn(block.lineage)}</div>{more}'


_WRITERS: dict[type, Callable[[Any], str]] = {
    Text: lambda block: f"<p>{_text(block.text)}</p>",
    Title: lambda block: f"<h3>{_text(block.text)}</h3>",
    Lines: lambda block: "<ul>" + "".join(f"<li>{_text(each)}</li>" for each in block.items) + "</ul>",
    Code: lambda block: f"<pre>{_text(block.text)}</pre>",
    Facts: _facts,
    Table: _table,
    Diagram: _diagram,
}


def drawn(found: LineageFact) -> str:
    """Return a lineage as SVG."""
    nodes = [lineage.Node(each.key, each.kind, each.reference, each.depth) for each in found.nodes]
    edges = [lineage.Edge(each.child, each.parent, each.role) for each in found.edges]
    centre = next((each.reference for each in found.nodes if each.depth == 0), "this version")
    return lineage.lineage(centre, nodes, edges)


def _row(row: Sequence[Cell], texts: int) -> str:
    return "".join(f"<td{_number(place >= texts)}>{_cell(each)}</td>" for place, each in enumerate(row))


def _number(is_number: object) -> str:
    return ' class="number"' if is_number else ""


def _cell(value: Cell) -> str:
    match value:
        case Mono(text):
            return f"<code>{_text(text)}</code>"
        case Rate(number, interval):
            return _text(number) + (f"<small>{_text(interval.replace(' to ', '–'))}</small>" if interval else "")
        case _:
            return _text(value)


def _text(value: str) -> str:
    return html.escape(value)
