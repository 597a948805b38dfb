"""Can it be served? What the evaluation measured of time and memory, and the size of the files."""

from __future__ import annotations

import math
from difflib import get_close_matches

import msgspec

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import listed
from lineal.objects.costs import Cost
from lineal.objects.statements import Verdict

SIZE, DURATION = "size_bytes", "duration_ms"

FIGURES = (DURATION, *(name for name in Cost.__struct_fields__ if name != "request_count"))
"""What can be asked for: how long the evaluation took, and what it measured of cost."""


class Budget(Check, frozen=True, tag="budget"):
    """Passes when a measured ``figure`` is at most ``at_most``, or at least ``at_least``: time, memory, bytes or a rate.

    ``size_bytes`` is that of the version's files and is always known. ``lineal evaluate`` measures the others where the
    version predicts: ``latency_p50_ms``, ``latency_p95_ms`` and ``latency_p99_ms`` of requests of one row,
    ``rows_per_second`` of batches, ``start_ms``, ``load_ms``, ``memory_bytes``, ``environment_bytes`` and ``duration_ms``.
    Times are those of the machine that measured: compare like with like.

    Options:
        figure: its name.
        at_most: the largest that is allowed, in the unit that the name ends with.
        at_least: the smallest, for a rate; give one of the two.
    """

    figure: str
    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        """Refuse a figure that nobody measures, and a bar that nothing meets."""
        if self.figure not in FIGURES:
            near = get_close_matches(self.figure, FIGURES, 1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"no figure is called {self.figure!r}; {meant}there are {', '.join(FIGURES)}")
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("give either at_most or at_least")
        for name in ("at_most", "at_least"):
            bar = getattr(self, name)
            if bar is not None and not bar > 0:
                raise ValueError(f"{name} must be more than zero, not {bar}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare the figure with the bar."""
        known = figures(evidence)
        value = known.get(self.figure)
        if value is None:
            there = f"measured are {listed(known)}" if known else "nothing was measured"
            reason = f"{self.figure} of {evidence.name} is not known; {there}; lineal evaluate {evidence.name}"
            return self.verdict("inconclusive", reason)
        most, least = self.at_most, self.at_least
        bar, asked, is_met = (
            (most, "at most", value <= most)
            if most is not None
            else (least or 0.0, "at least", value >= (least or 0.0))
        )
        numbers = {"value": value, "at_most" if most is not None else "at_least": bar}
        said = f"{self.figure} is {value:,.6g}"
        if not is_met:
            return self.verdict("fail", f"{said}, but {asked} {bar:,.6g} is asked", **numbers)
        return self.verdict("pass", f"{said}, {asked} {bar:,.6g} as asked", **numbers)


def figures(evidence: Evidence) -> dict[str, float]:
    """Return every figure that was measured, by its name. Nothing takes no time and no memory: a zero was not measured."""
    found: dict[str, float] = {}
    if evidence.evaluation:
        found[DURATION] = evidence.evaluation.duration_ms
        found |= msgspec.structs.asdict(evidence.evaluation.cost) if evidence.evaluation.cost else {}
    if evidence.size_bytes is not None:
        found[SIZE] = evidence.size_bytes
    return {name: found[name] for name in FIGURES if found.get(name) and math.isfinite(found[name])}
