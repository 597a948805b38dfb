"""What a run uses of its machine: of all its processes, of no others, and in few points."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lineal.capture.program import usage
from lineal.capture.program.usage import Family, Sampler
from lineal.capture.told.reading import read

BUSY = "import os, time\nif os.fork() == 0: os.setsid()\nend = time.monotonic() + {seconds}\nwhile time.monotonic() < end: sum(range(9999))"


def test_a_family_keeps_those_whose_parent_died() -> None:
    text = "import os, time\nif os.fork() == 0:\n    os.fork(); time.sleep(30)\ntime.sleep(0.5)"
    program = subprocess.Popen((sys.executable, "-c", text))
    family = Family(lambda: (program.pid,))
    end = time.monotonic() + 20
    while len(family.look()) < 3 and time.monotonic() < end:
        time.sleep(0.02)
    program.wait()

    left = family.look()

    assert 2 == len(left)
    assert os.getpid() not in left
    for each in left:
        os.kill(each, 9)


def test_samples_are_metrics_of_the_system_and_no_last_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "SECONDS_MIN", 0.3)
    program = subprocess.Popen((sys.executable, "-c", BUSY.format(seconds=2)))
    sampler = Sampler(tmp_path, lambda: (program.pid,))

    sampler.start()
    program.wait()
    sampler.stop()

    lines = [json.loads(each)["metrics"] for each in (tmp_path / "events-system.jsonl").read_text().splitlines()]
    assert 2 <= len(lines) <= 8
    assert max(each["system/cpu_percent"] for each in lines) > 10
    assert max(each["system/process_count"] for each in lines) == 2
    assert max(each["system/memory_bytes"] for each in lines) > 1 << 20
    assert {} == read(tmp_path).metrics


def test_a_look_costs_little() -> None:
    family = Family(lambda: (os.getpid(),))
    before = time.process_time()
    for _ in range(10):
        family.look()

    # A hundredth of a core at a look every two seconds, with room for slow machines and many processes.
    assert (time.process_time() - before) / 10 < usage.SECONDS_MIN / 20
