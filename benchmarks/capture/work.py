"""The work: a program with the lines that a contender recommends, and clocks in it."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any, NamedTuple

from benchmarks.capture.peers import LINEAL, PEERS, Peer, command, environment
from benchmarks.store.measure import Failed, talk

BARE = Peer("bare", "", "pass", "pass")
_ATTEMPTS, _SECONDS_MAX = 2, 30

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
for turn in range({repeats}):
    began = time.perf_counter()
    files = sorted(glob.glob(os.environ['DATA'] + '/*.bin'))
    rows = np.stack([np.fromfile(path, dtype=np.float32) for path in files])
    weights, wanted = np.zeros(rows.shape[1], np.float32), rows.sum(axis=1)
    for step in range(10):
        for _ in range(40):
            wrong = rows @ weights - wanted
            weights -= 1e-4 * (rows.T @ wrong) / len(rows)
        value = float((wrong ** 2).mean())
        {log}
    steps.append(time.perf_counter() - began)
"""
"""Twice the whole of it a second: the shortest of some is what a quiet machine would take."""


class Hung(Failed):
    """A program did not end."""


class Sizes(NamedTuple):
    """How much is done."""

    files: int
    repeats: int
    seconds: float
    turns: int


FULL, QUICK = Sizes(5_000, 6, 2.0, 5), Sizes(5_000, 4, 0.3, 1)


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
        subprocess.run(
            (command(LINEAL, "")[0], "init", "-q"),
            cwd=project,
            env=environment(peer, home),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    own = environment(peer, home) | variables | {"CLOCKS": str(clocks)}
    # So it watches them, as it does in a project; others see no files, and one takes arguments for parameters.
    arguments = (variables["DATA"],) if peer is LINEAL else ()
    began, began_s = time.time(), time.perf_counter()
    with tempfile.TemporaryFile() as said:
        status = run_whole(command(peer, "program.py", *arguments), project, own, said)
        wall, ended = time.perf_counter() - began_s, time.time()
        if status or not clocks.is_file():
            said.seek(0)
            raise Failed(f"{peer.name} ended with {status}: {said.read()[-300:].decode(errors='replace')}")
    told = json.loads(clocks.read_text(encoding="utf-8"))
    clocks.unlink()
    return Clocks(told["first"] - began, ended - told["last"], min(told["steps"], default=0.0), wall)


def run_whole(
    line: tuple[str, ...], project: Path, own: dict[str, str], said: IO[bytes], seconds_max: int = _SECONDS_MAX
) -> int:
    """Run a program and return its exit status; one that hangs is stopped, with whatever it started. Raises Failed."""
    with subprocess.Popen(
        line, cwd=project, env=own, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
    ) as process:
        try:
            return process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise Hung(f"{line[0]} hung for {seconds_max} s") from None


def patiently(peer: Peer, work: str, home: Path, variables: dict[str, str]) -> Clocks:
    """Run a program once more where a contender hung; what it costs when it does not is measured."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return run(peer, work, home, variables)
        except Hung as fault:
            talk(f"{peer.name}: {fault}")
    return run(peer, work, home, variables)


def check_inputs(home: Path, count: int, variables: dict[str, str]) -> None:
    """Raise Failed unless Lineal's newest run in ``home`` has ``count`` inputs: a figure of what was not seen is none."""
    lineal, project = command(LINEAL, "")[0], home / "project"

    def asked(*words: str) -> Any:
        done = subprocess.run(
            (lineal, "--json", *words),
            cwd=project,
            env=environment(LINEAL, home) | variables,
            capture_output=True,
            check=False,
        )
        return json.loads(done.stdout or "null")

    newest = asked("runs", "--limit", "1")[0]
    found = len(asked("show", newest["reference"])["run"]["inputs"])
    if found != count:
        raise Failed(f"Lineal saw {found} of {count} files that the training read")


class Costs(NamedTuple):
    """What recording adds, medians: microseconds a value, milliseconds at the start and the exit, percent of a training."""

    value_us: float
    start_ms: float
    exit_ms: float
    training_percent: float


def costs(sizes: Sizes, data: Path, home: Path) -> dict[str, Costs | str]:
    """Return what each contender costs, or why it could not be measured; they take turns with the bare program."""
    found: dict[str, Costs | str] = {}
    # Threads that wait for each other measure who else is on the machine.
    variables = {"DATA": str(data), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    training = _TRAINING.replace("{repeats}", str(sizes.repeats))
    for peer in (LINEAL, *PEERS):
        own = home / peer.requirement.partition("=")[0]
        bare = BARE._replace(requirement=peer.requirement)
        turns: dict[str, list[Clocks]] = {"empty": [], "bare": [], "training": [], "bare training": []}
        try:
            run(
                peer, "step, value = 1, 0.5\n{log}", own, variables
            )  # what only the first time costs: compiled files, a database
            for _ in range(sizes.turns):
                turns["empty"].append(patiently(peer, "step, value = 1, 0.5\n{log}", own, variables))
                turns["bare"].append(patiently(bare, "", home / "bare", variables))
                turns["training"].append(patiently(peer, training, own, variables))
                if peer is LINEAL:
                    check_inputs(own, sizes.files, variables)
                turns["bare training"].append(patiently(bare, training, home / "bare", variables))
            value = patiently(peer, _VALUES.replace("{seconds}", str(sizes.seconds)), own, variables).step
        except Failed as error:
            found[peer.name] = " ".join(str(error).split())
            continue
        found[peer.name] = Costs(
            value * 1e6,
            (_median(turns["empty"], "start") - _median(turns["bare"], "start")) * 1e3,
            (_median(turns["empty"], "exit") - _median(turns["bare"], "exit")) * 1e3,
            (_median(turns["training"], "step") / _median(turns["bare training"], "step") - 1) * 100,
        )
    return found


def _median(clocks: list[Clocks], name: str) -> float:
    return statistics.median(getattr(each, name) for each in clocks)


def write_data(directory: Path, files: int) -> None:
    """Write files of 1,024 numbers."""
    directory.mkdir()
    for number in range(files):
        (directory / f"{number:05}.bin").write_bytes(bytes((number * 7 + each) % 61 for each in range(4096)))
