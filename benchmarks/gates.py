"""Gates: speed beside fairlearn's bootstrap, agreement with four peers, and how often each comparison is wrong.

``python benchmarks/gates.py [--quick] [--json | --markdown] [--only speed agreement rates]``
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.gates import ours, peers
from benchmarks.gates.rates import Rate, cases, measured

SPEED_GOAL = 100.0
AGREEMENT_GOAL = 1e-6
GAP_GOAL = 0.01
"""Two bootstraps of so many replicates end so near to each other."""

HEADER = "| work | Lineal | peer | ratio | goal |\n|---|--:|--:|--:|---|"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured; ``ratio`` is how many times better ours is, None where there is nothing to divide."""

    work: str
    ours: float | str
    peer: float | str
    unit: str
    ratio: float | None
    goal: str
    holds: bool

    def json(self) -> str:
        """Return it as one object."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def cells(self) -> str:
        """Return it as a row of a table in Markdown."""
        ratio = f"**{self.ratio:.0f}**" if self.ratio else "–"
        goal = self.goal if self.holds else f"{self.goal}: missed"
        return f"| {self.work} | {_figure(self.ours, self.unit)} | {_figure(self.peer, self.unit)} | {ratio} | {goal} |"

    def lines(self) -> str:
        """Return it as a person reads it."""
        ratio = f", {self.ratio:.0f} times" if self.ratio else ""
        sides = f"ours {_figure(self.ours, self.unit)}, {_figure(self.peer, self.unit)}{ratio}"
        return f"{self.work}: {sides}; goal {self.goal}: {'holds' if self.holds else 'MISSED'}"


def _figure(value: float | str, unit: str) -> str:
    return value if isinstance(value, str) else f"{value:.4g} {unit}".strip()


def speed(directory: Path, *, quick: bool) -> Iterator[Row]:
    """Yield how long both bootstraps take, and how near their intervals of gaps are."""
    for count, replicates in ((3_000, 10),) if quick else ((20_000, 50),):
        data = ours.arrays(count, 7, replicates)
        path = directory / "arrays.npz"
        np.savez(path, **data)
        theirs = peers.ask("bootstrap", path)
        mine = ours.bootstrap(data)  # once: draws are kept, and a second time would take them from there
        many = ours.bootstrap(data | {"replicates": np.array(10_000)})
        work = f"{replicates} replicates, {count:,} rows, 7 groups, 5 metrics with difference and ratio"
        ratio = theirs["seconds"] / mine["seconds"]
        goal = f"{SPEED_GOAL:g} times as fast as fairlearn"
        yield Row(
            work=work,
            ours=mine["seconds"],
            peer=theirs["seconds"],
            unit="s of CPU",
            ratio=ratio,
            goal=goal,
            holds=ratio >= SPEED_GOAL,
        )
        yield Row(
            work=f"10,000 replicates of the same, beside fairlearn's {replicates}",
            ours=many["seconds"],
            peer=theirs["seconds"],
            unit="s of CPU",
            ratio=theirs["seconds"] / many["seconds"],
            goal="faster",
            holds=many["seconds"] < theirs["seconds"],
        )
        if quick:
            return
        apart = [
            abs(a - b)
            for name, interval in many["gap_intervals"].items()
            for a, b in zip(interval, theirs["gap_intervals"][name], strict=True)
        ]
        yield Row(
            work="percentile intervals of gaps, ours of 10,000 replicates: farthest ends",
            ours=max(apart),
            peer="fairlearn",
            unit="",
            ratio=None,
            goal=f"{GAP_GOAL:g} at most",
            holds=max(apart) <= GAP_GOAL,
        )


def agreement(directory: Path) -> Iterator[Row]:
    """Yield how far our figures are from the peers' on the same rows."""
    data = ours.arrays(5_000, 3, 1, seed=7)
    path = directory / "arrays.npz"
    np.savez(path, **data)
    theirs, mine = peers.ask("agreement", path), ours.agreement(data)
    for name, said in theirs.items():
        distance = float(np.max(np.abs(np.asarray(said) - np.asarray(mine[name]))))
        yield Row(
            work=name,
            ours=_shown(mine[name]),
            peer=_shown(said),
            unit="",
            ratio=None,
            goal=f"differ by {AGREEMENT_GOAL:g} at most",
            holds=distance <= AGREEMENT_GOAL,
        )


def _shown(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return " ".join(f"{each:.5f}" for each in values[:2]) + (" …" if len(values) > 2 else "")


def rates(count: int) -> Iterator[Row]:
    """Yield how often each comparison is wrong where the truth lies on its bar."""
    for seed, case in enumerate(cases()):
        found = measured(case, count, seed)
        levels = ", ".join(f"{level:.1%}" for level in found.nominal if level < 1)
        yield Row(
            work=case.name,
            ours=f"promoted {_rate(found, found.promoted)}, refused {_rate(found, found.refused)}",
            peer=f"nominal {levels}",
            unit="",
            ratio=None,
            goal="neither above its level, beyond luck",
            holds=found.holds,
        )


def _rate(found: Rate, wrong: int) -> str:
    low, high = found.between(wrong)
    return f"{wrong / found.count:.1%} ({low:.1%} to {high:.1%})"


def main() -> None:
    """Measure, print each row when it is known, and exit with 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few replicates and simulations")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const=Row.json, help="one object a row")
    form.add_argument("--markdown", dest="form", action="store_const", const=Row.cells, help="a table for README.md")
    kinds = ("speed", "agreement", "rates")
    parser.add_argument("--only", nargs="+", choices=kinds, default=kinds, help="some kinds of rows")
    parser.add_argument(
        "--simulations", type=int, metavar="N", help="of each comparison; default 4000, 150 with --quick"
    )
    options = parser.parse_args()
    missed = False
    if options.form is Row.cells:
        print(HEADER)
    with tempfile.TemporaryDirectory(prefix="lineal-") as name:
        count = options.simulations or (150 if options.quick else 4_000)
        found = {
            "speed": lambda: speed(Path(name), quick=options.quick),
            "agreement": lambda: agreement(Path(name)),
            "rates": lambda: rates(count),
        }
        for kind in options.only:
            for row in found[kind]():
                print((options.form or Row.lines)(row), flush=True)
                missed |= not row.holds
    sys.exit(missed)


if __name__ == "__main__":
    main()
