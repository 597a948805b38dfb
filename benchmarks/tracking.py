"""Tracking: Lineal and MLflow under the same requests in one run, each over a database in a file and over PostgreSQL.

``python benchmarks/tracking.py [--quick] [--json | --markdown] [--only ROW... | --growth] [--postgres URL]``
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.store.measure import talk
from benchmarks.tracking import growth
from benchmarks.tracking.rows import HEADER, Row
from benchmarks.tracking.work import FULL, QUICK, ROWS, Sizes, rows


def main() -> None:
    """Measure, print each row when it is known, and exit with 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes; the goals are the same")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="one object a row")
    form.add_argument("--markdown", dest="form", action="store_const", const="cells", help="a table for README.md")
    parser.add_argument("--runs", type=int, metavar="N", help="so many runs are there, in place of 100,000 or 300")
    parser.add_argument("--only", nargs="+", metavar="ROW", choices=[each.row for each in ROWS], default=())
    parser.add_argument("--postgres", default="", metavar="URL", help="a server where databases may be made")
    parser.add_argument("--growth", action="store_true", help="1,000 to 1,000,000 runs instead; 20 GB of disk, an hour")
    parser.add_argument("--over", choices=("SQLite", "PostgreSQL"), help="over one of both only")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped, what was made is removed
    missed, sizes = [], QUICK if options.quick else FULL
    sizes = sizes._replace(runs=options.runs or sizes.runs)
    if options.form == "cells":
        print(growth.HEADER if options.growth else HEADER)
    with tempfile.TemporaryDirectory(prefix="lineal-") as home:
        databases = {"SQLite": "", **({"PostgreSQL": options.postgres} if options.postgres else {})}
        for name, database in databases.items():
            if options.over not in {None, name}:
                continue
            talk(f"over {name}")
            for row in _measured(Path(home), sizes, database, options):
                print(getattr(row, options.form or "lines")(), flush=True)
                missed += [] if row.holds else [row.row]
    sys.exit(bool(missed))


def _measured(home: Path, sizes: Sizes, database: str, options: argparse.Namespace) -> Iterator[Row | growth.Grown]:
    if options.growth:
        counts = growth.QUICK if options.quick else growth.FULL
        return growth.grown(home, counts, sizes, database)
    return rows(home, sizes, database, frozenset(options.only))


if __name__ == "__main__":
    main()
