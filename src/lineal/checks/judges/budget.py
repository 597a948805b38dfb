"""Can it be served? What the evaluation measured of time and memory, and the size of the files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import msgspec

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.wording import listed
from lineal.objects.statements import Verdict

SIZE = "size_bytes"
"""What is known of every version, whoever evaluated it."""


class Budget(Check, frozen=True, tag="budget"):
    """Passes when a measured ``figure`` is at most ``at_most``: time, memory or bytes.

    ``size_bytes`` is that of the version's files and is always known; what ``lineal evaluate`` measured stands in the
    evaluation by its name, as ``duration_ms``. One of several has its name behind a point, as ``latency_ms.p95``.

    Options:
        figure: its name.
        at_most: the largest that is allowed, in the unit that the name ends with.
    """

    figure: str
    at_most: float

    def __post_init__(self) -> None:
        """Refuse a bar that nothing meets."""
        if not self.at_most > 0:
            raise ValueError(f"at_most must be more than zero, not {self.at_most}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare the figure with the bar."""
        known = figures(evidence)
        value = known.get(self.figure)
        if value is None:
            there = f"measured are {listed(known)}" if known else "nothing was measured"
            reason = f"{self.figure} of {evidence.name} is not known; {there}; lineal evaluate {evidence.name}"
            return self.verdict("inconclusive", reason)
        numbers = {"value": value, "at_most": self.at_most}
        said = f"{self.figure} is {value:,.6g}"
        if not value <= self.at_most:
            return self.verdict("fail", f"{said}, but at most {self.at_most:,.6g} is asked", **numbers)
        return self.verdict("pass", f"{said}, at most {self.at_most:,.6g} as asked", **numbers)


def figures(evidence: Evidence) -> dict[str, float]:
    """Return every single figure that was measured, by its name."""
    found = dict(_numbers("", msgspec.structs.asdict(evidence.evaluation))) if evidence.evaluation else {}
    if evidence.size_bytes is not None:
        found[SIZE] = evidence.size_bytes
    return dict(sorted(found.items()))


def _numbers(prefix: str, values: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            # Nothing takes no time and no memory: a zero says that it was not measured.
            if value and math.isfinite(value):
                yield prefix + name, value
        elif isinstance(value, Mapping) and not prefix:
            yield from _numbers(f"{name}.", value)
        elif isinstance(value, msgspec.Struct) and name != "overall":
            yield from _numbers(f"{name}.", msgspec.structs.asdict(value))
