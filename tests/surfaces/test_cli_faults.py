"""Interrupts, kills, full and read-only disks, servers that go away: the program's own end, a true record, no traceback."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lineal.client.connect import init
from lineal.testing.faults import run_on_small_disk
from tests.surfaces.commands import SOURCES, answer, lineal, start
from tests.surfaces.conftest import served

LINEAL = f"PYTHONPATH={shlex.quote(str(SOURCES))} {shlex.quote(sys.executable)} -m lineal"
DISK_BYTES = 16 << 20
FILL = "dd if=/dev/zero of=big bs=1M 2>/dev/null"


def began(directory: Path, *line: str, **variables: str) -> subprocess.Popen[str]:
    """Start ``lineal`` with a program that says that it has begun, and wait until it does."""
    process = start(directory, *line, **variables)
    assert process.stdout is not None
    assert "begun\n" == process.stdout.readline()
    return process


def ended(process: subprocess.Popen[str], status: int) -> str:
    """Wait for the end; return what was said on standard error."""
    _, err = process.communicate(timeout=60)
    assert status == process.returncode, err
    assert "Traceback" not in err
    return err


def only_run(directory: Path) -> dict[str, Any]:
    """Return the one run there is, from a repository that is sound."""
    (run,) = answer(directory, "runs")
    assert ("", "") == lineal(directory, "verify", "-q")
    return dict(run)


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds; it must within ``seconds``."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def on_disk(disk: Path, *steps: str, read_only: bool = False) -> subprocess.CompletedProcess[str]:
    """Run ``steps`` in a repository on a disk of its own, which is sound afterwards; each says its exit status."""
    prepare = f"cd {disk} && {LINEAL} init -q && printf 'a,b\\n1,2\\n' > t.csv && {LINEAL} data add -q t.csv"
    script = "; ".join([f"cd {disk}", *(f"{step}; echo status $?" for step in steps), f"{LINEAL} verify -q"])
    done = run_on_small_disk(
        ("sh", "-c", script),
        disk,
        size_bytes=DISK_BYTES,
        read_only=read_only,
        prepare=("sh", "-c", f"({prepare}) >/dev/null"),
    )
    assert 0 == done.returncode, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_an_interrupt_ends_the_program_and_is_recorded(tmp_path: Path) -> None:
    process = began(tmp_path, "run", "--name", "cut", "--", "sh", "-c", "echo made > made.txt; echo begun; sleep 60")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does

    ended(process, -2)
    assert ("killed", -2) == (only_run(tmp_path)["state"], only_run(tmp_path)["exit_status_of_program"])
    assert ["made.txt"] == [each["path"] for each in answer(tmp_path, "show", "run:cut")["run"]["outputs"]]


def test_a_killed_program_is_recorded_as_killed(tmp_path: Path) -> None:
    err = ended(start(tmp_path, "run", "--", "sh", "-c", "kill -9 $$"), -9)

    assert "killed" in err
    assert ("killed", -9) == (only_run(tmp_path)["state"], only_run(tmp_path)["exit_status_of_program"])


def test_a_run_whose_recorder_was_killed_is_delivered_by_the_next_command(tmp_path: Path) -> None:
    lineal(tmp_path, "init")
    process = began(tmp_path, "run", "--name", "cut", "--", "sh", "-c", "echo begun; sleep 60")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

    assert "which was interrupted: lost" in lineal(tmp_path, "runs")[1]
    assert ("cut", "lost") == (only_run(tmp_path)["name"], only_run(tmp_path)["state"])


def test_a_program_outlives_its_recorder_and_is_delivered_once_it_has_ended(tmp_path: Path) -> None:
    lineal(tmp_path, "init")
    wait = "echo begun; while [ ! -e go ]; do sleep 0.02; done; echo made > made.txt; echo $$ > ended"
    process = began(tmp_path, "run", "--", "sh", "-c", wait)
    (told,) = (tmp_path / ".lineal" / "spool").glob("*/start.json")
    until(lambda: json.loads(told.read_bytes())["program"])
    process.kill()
    process.wait()

    assert "running" == only_run(tmp_path)["state"]
    (tmp_path / "go").touch()
    until(lambda: (tmp_path / "ended").exists() and "running" != only_run(tmp_path)["state"])
    assert "made\n" == (tmp_path / "made.txt").read_text(encoding="utf-8")
    assert "lost" == only_run(tmp_path)["state"]
    process.communicate(timeout=60)


def test_a_disk_that_fills_up_meanwhile_costs_only_bytes(small_disk: Path) -> None:
    done = on_disk(small_disk, f"{LINEAL} run -- sh -c 'cat t.csv; {FILL}; exit 4'", "rm big", f"{LINEAL} runs --json")
    (run,) = json.loads(done.stdout.splitlines()[-2])

    assert done.stdout.startswith("a,b\n1,2\nstatus 4\n")
    assert "No space left on device; the next lineal command tries again" in done.stderr
    assert ("failed", 4) == (run["state"], run["exit_status_of_program"])


def test_a_full_disk_is_told_and_works_again_with_room(small_disk: Path) -> None:
    done = on_disk(
        small_disk, FILL, f"{LINEAL} data add t.csv --name more", "rm big", f"{LINEAL} data add t.csv --name more"
    )

    assert "status 8\n" in done.stdout
    assert "the disk is full\nhint: free some space" in done.stderr
    assert "data:more@1" in done.stdout


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("data list", 0),
        ("show data:t", 0),
        ("runs", 0),
        ("verify", 0),
        ("data add t.csv --name more", 8),
        ("promote x --to production", 8),
    ],
)
def test_a_read_only_repository_answers_questions_and_refuses_the_rest(
    line: str, status: int, small_disk: Path
) -> None:
    done = on_disk(small_disk, f"{LINEAL} {line}", read_only=True)

    assert f"status {status}\n" in done.stdout
    assert ("hint: " in done.stderr) is bool(status)


def test_what_a_server_could_not_take_waits_for_it_and_goes_to_no_other(tmp_path: Path) -> None:
    cache, go = (
        {"XDG_CACHE_HOME": str(tmp_path / "cache")},
        "echo begun; while [ ! -e go ]; do sleep 0.02; done; exit 4",
    )
    with init(tmp_path / "one") as one, init(tmp_path / "other") as other:
        with served(one) as url:
            process = began(tmp_path, "run", "--repository", url, "sh", "-c", go, **cache)
        (tmp_path / "go").touch()

        assert "could not be stored and waits in" in ended(process, 4)
        with served(other) as elsewhere:
            assert "[]\n" == lineal(tmp_path, "runs", "--json", "--repository", elsewhere, **cache)[0]
        with served(one, port=urlsplit(url).port or 0) as again:
            (run,) = json.loads(lineal(tmp_path, "runs", "--json", "--repository", again, **cache)[0])

    assert ("failed", 4) == (run["state"], run["exit_status_of_program"])
