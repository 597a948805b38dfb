"""A scan with every field set."""

from __future__ import annotations

from lineal.objects.scans import Scan, ScanFinding

SCAN = Scan(
    outcome="hostile",
    rules=1,
    findings=(
        ScanFinding(
            rule="hostile-name",
            outcome="hostile",
            file="model.pt",
            what="os.system",
            why="it runs something",
            said="('id',)",
            member="model/data.pkl",
            place=7,
        ),
    ),
    formats={"torch": 1},
    pickles=("model.pt",),
    left_out=2,
)
