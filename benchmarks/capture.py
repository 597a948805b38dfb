"""Capture: what recording a program costs and keeps, Lineal and its peers on the same programs in one run.

``python benchmarks/capture.py [--quick] [--json] [--facts]``
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.capture.facts import page
from benchmarks.capture.work import FULL, QUICK, Costs, costs, write_data

ROWS = (
    ("value_us", "one logged value, on the caller's thread", "us", 10.0),
    ("start_ms", "start: until the program's own first line", "ms", 0.0),
    ("exit_ms", "exit: after the program's last line", "ms", 0.0),
    ("both_ms", "start and exit", "ms", 300.0),
    ("training_percent", "a training that reads 5,000 files", "%", 2.0),
)
"""Figure, work, unit, and the limit that ours must keep, besides being the lowest."""


def main() -> None:
    """Measure, print each row, and exit with 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, once each; the goals are the same")
    parser.add_argument("--json", action="store_true", help="one object a row")
    parser.add_argument("--facts", action="store_true", help="write what each keeps of a run to docs/reference instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineal-") as name:
        home = Path(name)
        if options.facts:
            page(home)
            return
        sizes = QUICK if options.quick else FULL
        write_data(home / "data", sizes.files)
        found = costs(sizes, home / "data", home)
    missed = [row for row in rows(found) if not tell(row, as_json=options.json)]
    sys.exit(bool(missed))


def rows(found: dict[str, Costs | str]) -> list[dict[str, object]]:
    """Return the rows: ours, each peer's, and whether ours is the lowest and below its limit."""
    made: list[dict[str, object]] = []
    for key, work, unit, limit in ROWS:
        figures = {name: figure(each, key) for name, each in found.items() if isinstance(each, Costs)}
        ours, lowest = figures["Lineal"], min(value for name, value in figures.items() if name != "Lineal")
        # A share of the noise of a machine is no cost, of nobody.
        is_lowest = ours <= lowest or (unit == "%" and ours <= limit)
        made.append(
            {
                "work": work,
                "unit": unit,
                "ours": ours,
                "peers": {name: value for name, value in figures.items() if name != "Lineal"},
                "peer": lowest,
                "ratio": round(lowest / ours, 1) if ours > 0 else None,
                "goal": "the lowest" + (f", at most {limit:g} {unit}" if limit else ""),
                "holds": is_lowest and (not limit or ours <= limit),
                "failed": {name: each for name, each in found.items() if isinstance(each, str)},
            }
        )
    return made


def figure(cost: Costs, key: str) -> float:
    """Return a figure to three digits."""
    value = cost.start_ms + cost.exit_ms if key == "both_ms" else getattr(cost, key)
    return float(f"{value:.3g}")


def tell(row: dict[str, object], *, as_json: bool) -> bool:
    """Print a row and tell whether its goal holds."""
    if as_json:
        print(json.dumps(row, ensure_ascii=False))
    else:
        peers = row["peers"]
        assert isinstance(peers, dict)
        verdict = "holds" if row["holds"] else "MISSED"
        print(f"{row['work']}: Lineal {row['ours']} {row['unit']}; goal: {row['goal']}: {verdict}")
        print("    " + " · ".join(f"{name} {value} {row['unit']}" for name, value in peers.items()))
        if row["failed"]:
            print(f"    not measured: {row['failed']}")
    return bool(row["holds"])


if __name__ == "__main__":
    main()
