"""What a generated part of a card is made of, before it is Markdown or HTML. Texts are plain: writers escape them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineal.formats.cards.facts import LineageFact


class Mono(NamedTuple):
    """A text that is code: a digest, a name of a type."""

    text: str


class Rate(NamedTuple):
    """A measured number, and between what it lies; both are texts already."""

    value: str
    interval: str = ""


Cell = str | Mono | Rate


class Text(NamedTuple):
    """A sentence or two."""

    text: str


class Title(NamedTuple):
    """A heading below the section's."""

    text: str


class Lines(NamedTuple):
    """A list."""

    items: Sequence[str]


class Code(NamedTuple):
    """Lines of text whose spaces matter."""

    text: str


class Facts(NamedTuple):
    """Names and values; those without a value are left out."""

    rows: Sequence[tuple[str, Cell]]


class Table(NamedTuple):
    """A table. The first ``text_columns`` columns are texts, the others numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    text_columns: int = 1


class Diagram(NamedTuple):
    """The lineage."""

    lineage: LineageFact


Block = Text | Title | Lines | Code | Facts | Table | Diagram
