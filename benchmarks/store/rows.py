"""A row of the results: one object of JSON, one line for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

HEADER = (
    "| work | Lineal | DVC | limit | DVC : Lineal | goal | peak memory, Lineal : DVC |\n|---|--:|--:|--:|--:|---|--:|"
)
"""Of the table that ``Row.cells`` fills."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured. A figure that is None was not reached; ``note`` says why.

    ``ratio`` says how many times better ours is than the peer's, ``growth`` how many times the figure is that of a
    tenth of the files. CPU is in seconds; a peak is that of the largest process, in 10^6 bytes; runs are the seconds of
    each turn, of which a speed is the median.
    """

    row: str
    work: str
    ours: float | None
    peer: float | None
    unit: str
    ratio: float | None
    goal: str
    holds: bool
    peer_name: str
    limit: float | None
    limit_name: str
    ours_cpu: float | None = None
    peer_cpu: float | None = None
    ours_peak_mb: float | None = None
    peer_peak_mb: float | None = None
    ours_runs: tuple[float, ...] = ()
    peer_runs: tuple[float, ...] = ()
    restic: float | None = None
    growth: float | None = None
    note: str = ""

    def json(self) -> str:
        """Return it as one object, figures to three places."""
        figures = {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(self).items()}
        return json.dumps(figures, ensure_ascii=False)

    def cells(self) -> str:
        """Return it as a row of a table in Markdown."""
        limit = _figure(self.limit, self.unit) + f" {self.limit_name}"
        if self.restic is not None:
            limit += f", restic {_figure(self.restic, self.unit)}"
        ratio = "–" if self.ratio is None else f"**{self.ratio:.1f}**"
        if self.growth is not None:
            ratio += f", growth {self.growth:.1f}"
        goal = self.goal if self.holds else f"{self.goal}: missed"
        sides = (_figure(self.ours, self.unit), _figure(self.peer, self.unit), limit, ratio, goal)
        peaks = f"{_figure(self.ours_peak_mb, 'MB', 0)} : {_figure(self.peer_peak_mb, 'MB', 0)}"
        return f"| {' | '.join((self.work, *sides, peaks))} |"

    def lines(self) -> str:
        """Return it as a person reads it."""
        sides = [
            _side("Lineal", self.ours, self.unit, self.ours_cpu, self.ours_peak_mb),
            _side(self.peer_name, self.peer, self.unit, self.peer_cpu, self.peer_peak_mb),
            *(
                _side(name, value, self.unit, None, None)
                for name, value in (("restic", self.restic), (self.limit_name, self.limit))
                if value is not None
            ),
        ]
        figures = "".join(
            f", {word} ×{value:.1f}"
            for word, value in (("ratio", self.ratio), ("growth", self.growth))
            if value is not None
        )
        note = f"\n    {self.note}" if self.note else ""
        return (
            f"{self.work}{figures}; goal: {self.goal}: {'holds' if self.holds else 'MISSED'}\n"
            f"    {' · '.join(sides)}{note}"
        )


def _side(name: str, value: float | None, unit: str, cpu: float | None, peak_mb: float | None) -> str:
    if value is None:
        return f"{name} –"
    beside = ", ".join(
        f"{figure:.{digits}f} {what}"
        for figure, digits, what in ((cpu, 2, "s CPU"), (peak_mb, 0, "MB"))
        if figure is not None
    )
    return f"{name} {value:.2f} {unit}" + (f" ({beside})" if beside else "")


def _figure(value: float | None, unit: str, digits: int | None = None) -> str:
    """Return a figure with its unit; three digits where nothing else is said."""
    if value is None:
        return "–"
    places = digits if digits is not None else max(0, 3 - len(str(int(value))))
    return f"{value:.{places}f} {unit}"
