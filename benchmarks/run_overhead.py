"""What ``lineal run`` adds to a program: paired runs, bare and recorded in turn, medians.

``python benchmarks/run_overhead.py [--quick] [--json]``
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from demo import data

SCRIPT = Path(__file__).parents[1] / "demo" / "project" / "train.py"
BIN = Path(sys.executable).parent
GOAL_S = 0.5
"""Start and end together may add so much to the demo's training."""


class Program(NamedTuple):
    """What is run, and how often at least."""

    work: str
    command: tuple[str, ...]


PROGRAMS = (
    Program("nothing: python -c pass", ("python", "-c", "pass")),
    Program("the demo's training, logistic regression", ("python", "train.py", "--kind", "logistic")),
    Program("the demo's training, gradient boosting", ("python", "train.py", "--kind", "boosting")),
)


def main() -> None:
    """Measure, print, and exit with 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pairs")
    parser.add_argument("--json", action="store_true", help="one object a row")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        project = make_project(Path(directory) / "project")
        rows = [measure(project, each, pairs=3 if options.quick else 9) for each in PROGRAMS]
    for row in rows:
        print(json.dumps(row) if options.json else line(row))
    sys.exit(not all(row["holds"] for row in rows))


def make_project(project: Path) -> Path:
    """Make the demo's project with a repository."""
    project.mkdir()
    shutil.copy(SCRIPT, project)
    data.write(project / "data")
    (project / ".gitignore").write_text("data/\nout/\n", encoding="utf-8")
    for command in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "train")):
        subprocess.run(
            ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", *command), cwd=project, check=True
        )
    run(project, ("lineal", "init"))
    return project


def measure(project: Path, program: Program, *, pairs: int) -> dict[str, object]:
    """Return the row of one program: medians of paired runs, after one pair that warms the caches."""
    times = []
    for pair in range(pairs + 1):
        bare = run(project, program.command)
        recorded = run(project, ("lineal", "run", "--", *program.command))
        if pair:
            times.append((bare, recorded))
    added = statistics.median(recorded - bare for bare, recorded in times)
    return {
        "work": program.work,
        "ours": round(statistics.median(recorded for _, recorded in times), 3),
        "peer": round(statistics.median(bare for bare, _ in times), 3),
        "unit": "s",
        "ratio": round(statistics.median(recorded / bare for bare, recorded in times), 2),
        "added": round(added, 3),
        "goal": f"adds at most {GOAL_S} s",
        "holds": added <= GOAL_S,
    }


def run(project: Path, command: tuple[str, ...]) -> float:
    """Return how long a command took, in seconds of the clock on the wall."""
    variables = {**os.environ, "PATH": str(BIN) + os.pathsep + os.environ["PATH"]}
    began = time.perf_counter()
    subprocess.run((str(BIN / command[0]), *command[1:]), cwd=project, env=variables, capture_output=True, check=True)
    return time.perf_counter() - began


def line(row: dict[str, object]) -> str:
    """Return a row as a person reads it."""
    verdict = "holds" if row["holds"] else "MISSED"
    return (
        f"{row['work']:<44} bare {row['peer']} s, recorded {row['ours']} s, added {row['added']} s"
        f" (×{row['ratio']}); {row['goal']}: {verdict}"
    )


if __name__ == "__main__":
    main()
