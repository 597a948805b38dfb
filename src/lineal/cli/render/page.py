"""What answers are written on: a width, colours or none, and the time it is."""

from __future__ import annotations

import textwrap
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

_COLOURS = {"good": "32", "bad": "31", "doubtful": "33", "faint": "2", "title": "1"}
"""A tone, and its ANSI SGR code (ECMA-48, 8.3.117). The words beside always say the same."""

_COLUMN_MIN = 8
"""A column is never cut to less than this."""

_GAP = "  "


class Page(NamedTuple):
    """Where an answer is written.

    ``width`` counts characters; ``is_cut`` tells that cells which do not fit are cut (on a terminal) rather than
    kept whole (for another program); ``now`` is the time in milliseconds since 1970 UTC.
    """

    width: int
    now: int
    is_coloured: bool = False
    is_cut: bool = False

    def paint(self, text: str, tone: str) -> str:
        """Return ``text`` in the colour of ``tone``, where there are colours."""
        return f"\x1b[{_COLOURS[tone]}m{text}\x1b[0m" if self.is_coloured and text else text

    def title(self, text: str) -> str:
        """Return ``text`` as a heading."""
        return self.paint(text, "title")

    def wrapped(self, text: str, indent: str = "  ", hanging: str = "") -> Iterator[str]:
        """Yield ``text`` in lines of the page's width; those after the first are indented by ``hanging`` more."""
        for line in text.splitlines():
            yield from textwrap.wrap(
                plain(line),
                max(self.width, 40),
                initial_indent=indent,
                subsequent_indent=indent + hanging,
                break_long_words=False,
                break_on_hyphens=False,
            ) or [""]

    def facts(self, pairs: Iterable[tuple[str, str]], indent: str = "  ") -> Iterator[str]:
        """Yield names and what they are, one pair a line, aligned; pairs without a value are left out."""
        kept = [(plain(name), plain(value)) for name, value in pairs if value]
        space = max((len(name) for name, _ in kept), default=0)
        for name, value in kept:
            yield f"{indent}{self.paint(name.ljust(space), 'faint')}{_GAP}{value}"

    def mapping(self, heading: str, values: Mapping[str, str]) -> Iterator[str]:
        """Yield names and values under a heading; nothing when there are none."""
        if values:
            yield f"  {self.title(heading)}"
            yield from self.facts(values.items(), indent="    ")

    def bullets(self, heading: str, sentences: Iterable[str], tone: str = "title") -> Iterator[str]:
        """Yield sentences under a heading; nothing when there are none."""
        found = list(sentences)
        if found:
            yield f"  {self.paint(heading, tone)}"
            for each in found:
                yield from self.wrapped(f"- {each}", indent="    ", hanging="  ")

    def table(
        self,
        header: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        indent: str = "",
        right: Iterable[str] = (),
        whole: Iterable[str] = (),
    ) -> Iterator[str]:
        """Yield a table as aligned lines. Columns without any value are left out.

        Args:
            header: the names of the columns.
            rows: the cells.
            indent: before each line.
            right: the columns that are aligned at their right side, as numbers are.
            whole: the columns that are never cut, as the first one, because people copy what is in them.
        """
        cells = [[plain(cell) for cell in row] for row in rows]
        used = [index for index in range(len(header)) if any(row[index] for row in cells)]
        names = [header[index] for index in used]
        cells = [[row[index] for index in used] for row in cells]
        kept = {header[0], *right, *whole}
        widths = self._widths(names, cells, len(indent), kept)
        aligned = set(right)

        def line(row: Sequence[str]) -> str:
            parts = (
                _cut(cell, width).rjust(width) if name in aligned else _cut(cell, width).ljust(width)
                for name, cell, width in zip(names, row, widths, strict=True)
            )
            return (indent + _GAP.join(parts)).rstrip()

        if cells:
            yield self.paint(line(names), "faint")
            yield from map(line, cells)

    def _widths(
        self, names: Sequence[str], cells: Sequence[Sequence[str]], indent: int, kept: Container[str]
    ) -> list[int]:
        """Return the width of each column; on a terminal the widest that may be cut give way until the line fits."""
        widths = [max(len(name), *(len(row[index]) for row in cells)) for index, name in enumerate(names) if cells]
        excess = sum(widths) + len(_GAP) * (len(widths) - 1) + indent - self.width
        for _ in range(max(0, excess) if self.is_cut else 0):
            widest = max(
                (index for index, name in enumerate(names) if name not in kept and widths[index] > _COLUMN_MIN),
                key=widths.__getitem__,
                default=None,
            )
            if widest is None:
                break
            widths[widest] -= 1
        return widths


def plain(text: str) -> str:
    """Return ``text`` on one line, with every control character spelled out: names must not steer a terminal."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _SPELLED.get(each) or f"\\x{ord(each):02x}" for each in text)


_SPELLED = {"\n": "⏎", "\t": " ", "\r": ""}


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
