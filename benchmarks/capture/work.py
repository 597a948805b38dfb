"""The work: a program with the lines that a contender recommends, and clocks in it."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.capture.peers import LINEAL, PEERS, Peer, command, environment
from benchmarks.store.measure import Failed

BARE = Peer("bare", "", "pass", "pass")
_SECONDS_MAX = 600

_PROGRAM = """
import json, os, sys, time
{begin}
first = time.time()
steps = []
{work}
last = time.time()
{end}
json.dump(dict(first=first, last=last, steps=steps), open(os.environ['CLOCKS'], 'w'))
"""

_VALUES = """
until, step, began = time.perf_counter() + {seconds}, 0, time.perf_counter()
while time.perf_counter() < until:
    for _ in range(20):
        step, value = step + 1, 1.0 / (step + 1)
        {log}
steps.append((time.perf_counter() - began) / step)
"""

_TRAINING = """
import glob
import numpy as np
began = time.perf_counter()
rows = np.stack([np.fromfile(path, dtype=np.float32) for path in sorted(glob.glob(os.environ['DATA'] + '/*.bin'))])
weights, wanted = np.zeros(rows.shape[1], np.float32), rows.sum(axis=1)
for step in range({epochs}):
    for _ in range(20):
        wrong = rows @ weights - wanted
        weights -= 1e-4 * (rows.T @ wrong) / len(rows)
    value = float((wrong ** 2).mean())
    {log}
steps.append(time.perf_counter() - began)
"""


class Sizes(NamedTuple):
    """How much is done."""

    files: int
    epochs: int
    seconds: float
    turns: int


FULL, QUICK = Sizes(5_000, 60, 3.0, 7), Sizes(500, 20, 0.3, 1)


class Clocks(NamedTuple):
    """What one run took, in seconds: until the program's own first line, after its last, and the step that it timed."""

    start: float
    exit: float
    step: float
    wall: float


def run(peer: Peer, work: str, home: Path, variables: dict[str, str]) -> Clocks:
    """Run a program once, as ``peer`` records it. Raises Failed."""
    clocks, project = home / "clocks.json", home / "project"
    project.mkdir(parents=True, exist_ok=True)
    log = peer.log.strip() or "pass"
    text = _PROGRAM.format(begin=peer.begin, work=work.replace("{log}", log), end=peer.end)
    (project / "program.py").write_text(text, encoding="utf-8")
    if peer is LINEAL and not (project / ".lineal").exists():
        subprocess.run((command(LINEAL, "")[0], "init", "-q"), cwd=project, env=environment(peer, home), check=True)
    own = environment(peer, home) | variables | {"CLOCKS": str(clocks)}
    began, began_s = time.time(), time.perf_counter()
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            command(peer, "program.py"),
            cwd=project,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS_MAX,
            check=False,
        )
        wall, ended = time.perf_counter() - began_s, time.time()
        if done.returncode or not clocks.is_file():
            said.seek(0)
            raise Failed(f"{peer.name} ended with {done.returncode}: {said.read()[-300:].decode(errors='replace')}")
    told = json.loads(clocks.read_text(encoding="utf-8"))
    clocks.unlink()
    return Clocks(told["first"] - began, ended - told["last"], told["steps"][0] if told["steps"] else 0.0, wall)


class Costs(NamedTuple):
    """What recording adds, medians: microseconds a value, milliseconds at the start and the exit, percent of a training."""

    value_us: float
    start_ms: float
    exit_ms: float
    training_percent: float


def costs(sizes: Sizes, data: Path, home: Path) -> dict[str, Costs | str]:
    """Return what each contender costs, or why it could not be measured; they take turns with the bare program."""
    found: dict[str, Costs | str] = {}
    variables = {"DATA": str(data)}
    training = _TRAINING.replace("{epochs}", str(sizes.epochs))
    for peer in (LINEAL, *PEERS):
        own = home / peer.requirement.partition("=")[0]
        bare = BARE._replace(requirement=peer.requirement)
        turns: dict[str, list[Clocks]] = {"empty": [], "bare": [], "training": [], "bare training": []}
        try:
            run(
                peer, "step, value = 1, 0.5\n{log}", own, variables
            )  # what only the first time costs: compiled files, a database
            for _ in range(sizes.turns):
                turns["empty"].append(run(peer, "step, value = 1, 0.5\n{log}", own, variables))
                turns["bare"].append(run(bare, "", home / "bare", variables))
                turns["training"].append(run(peer, training, own, variables))
                turns["bare training"].append(run(bare, training, home / "bare", variables))
            value = run(peer, _VALUES.replace("{seconds}", str(sizes.seconds)), own, variables).step
        except (Failed, subprocess.TimeoutExpired) as error:
            found[peer.name] = " ".join(str(error).split())
            continue
        found[peer.name] = Costs(
            value * 1e6,
            (_median(turns["empty"], "start") - _median(turns["bare"], "start")) * 1e3,
            (_median(turns["empty"], "exit") - _median(turns["bare"], "exit")) * 1e3,
            (_least(turns["training"]) / _least(turns["bare training"]) - 1) * 100,
        )
    return found


def _median(clocks: list[Clocks], name: str) -> float:
    return statistics.median(getattr(each, name) for each in clocks)


def _least(clocks: list[Clocks]) -> float:
    """Return the shortest step: whatever else the machine does only adds to it."""
    return min(each.step for each in clocks)


def write_data(directory: Path, files: int) -> None:
    """Write files of 1,024 numbers."""
    directory.mkdir()
    for number in range(files):
        (directory / f"{number:05}.bin").write_bytes(bytes((number * 7 + each) % 61 for each in range(4096)))
