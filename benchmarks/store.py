"""The store: Lineal, DVC and the physical limit on the same data in one run; restic for the bound of deduplication.

``python benchmarks/store.py [--quick] [--json | --markdown] [--only ROW...] [--scale] [--scratch DIR]``
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.store.bench import Bench
from benchmarks.store.measure import talk
from benchmarks.store.rows import HEADER, Row
from benchmarks.store.table import FULL, QUICK, ROWS


def main() -> None:
    """Measure, print each row when it is known, and exit with 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, once each; the goal is only to beat DVC")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const=Row.json, help="one object a row")
    form.add_argument("--markdown", dest="form", action="store_const", const=Row.cells, help="a table for README.md")
    parser.add_argument("--only", nargs="+", metavar="ROW", choices=ROWS, default=(), help=", ".join(ROWS))
    parser.add_argument("--scale", action="store_true", help="how cost grows with the number of files, instead")
    parser.add_argument("--scratch", metavar="DIR", help="the disk that is measured; needs 25 GB; default: temporary")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped, what was made is removed
    talk(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    missed = []
    if options.form is Row.cells:
        print(HEADER)
    with tempfile.TemporaryDirectory(dir=options.scratch, prefix="lineal-") as home:
        sizes = QUICK if options.quick else FULL
        bench = Bench(Path(home), sizes, quick=options.quick, only=frozenset(options.only))
        for row in bench.scale_rows() if options.scale else bench.rows():
            print((options.form or Row.lines)(row), flush=True)
            missed += [] if row.holds else [row.row]
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
