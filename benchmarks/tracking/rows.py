"""A row of the results: one object of JSON, one line for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

HEADER = "| work | over | Lineal | MLflow | FastTrackML | MLflow : Lineal | goal |\n|---|---|--:|--:|--:|--:|--:|"
"""Of the table that ``Row.cells`` fills."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured. ``ratio`` says how many times better ours is than the peer's; ``over`` names the database.

    The goal is against MLflow, the ``peer``; a part of another row has none. Where FastTrackML does it too, the ``other``, ours must be ahead of it as well.
    """

    row: str
    work: str
    over: str
    ours: float
    peer: float
    other: float | None
    unit: str
    ratio: float
    goal: float | None
    holds: bool

    def json(self) -> str:
        """Return it as one object, figures to four digits."""
        figures = {
            name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in asdict(self).items()
        }
        return json.dumps(figures, ensure_ascii=False)

    def cells(self) -> str:
        """Return it as a row of a table in Markdown."""
        goal = "–" if self.goal is None else f"{self.goal:g}" if self.holds else f"{self.goal:g}: missed"
        other = "–" if self.other is None else f"{self.other:.4g} {self.unit}"
        sides = (f"{self.ours:.4g} {self.unit}", f"{self.peer:.4g} {self.unit}", other, f"**{self.ratio:.1f}**", goal)
        return f"| {' | '.join((self.work, self.over, *sides))} |"

    def lines(self) -> str:
        """Return it as a person reads it."""
        verdict = "" if self.goal is None else f"; goal ×{self.goal:g}: {'holds' if self.holds else 'MISSED'}"
        return (
            f"{self.work}, {self.over}: ×{self.ratio:.1f}{verdict}\n"
            f"    Lineal {self.ours:.4g} {self.unit} · MLflow {self.peer:.4g} {self.unit}"
            + ("" if self.other is None else f" · FastTrackML {self.other:.4g} {self.unit}")
        )
