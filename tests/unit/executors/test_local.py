"""A program runs to its end; how it failed is told in its own words."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from lineal.executors.executor import Environment, Executor
from lineal.executors.local import LOCAL
from lineal.objects.errors import Unavailable

HERE = Environment(Path(sys.executable), {"WORD": "said"}, "this one")


def run(text: str, directory: Path, *, environment: Environment = HERE, timeout_s: float = 60) -> str:
    """Run a program's text and return its output."""
    executor: Executor = LOCAL
    executor(environment, ("-c", text), directory=directory, timeout_s=timeout_s, log_path=directory / "log")
    return (directory / "log").read_text(encoding="utf-8")


def test_it_runs_in_the_directory_with_the_environments_variables_only(tmp_path: Path) -> None:
    text = "import os, sys; print(os.getcwd(), os.environ['WORD'], 'HOME' in os.environ); sys.stdout.flush()"

    assert run(text, tmp_path).split() == [str(tmp_path), "said", "False"]


def test_its_last_words_are_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="exit status 3") as caught:
        run("import sys; print('\\n'.join(map(str, range(50))), file=sys.stderr); sys.exit(3)", tmp_path)

    assert caught.value.message.endswith(":\n44\n45\n46\n47\n48\n49")


def test_the_signal_that_ended_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="ended by SIGABRT"):
        run("import os; os.abort()", tmp_path)


def test_one_that_takes_too_long_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    text = (
        "import subprocess, pathlib, time;"
        "child = subprocess.Popen(['sleep', '60']);"
        "pathlib.Path('child').write_text(str(child.pid)); time.sleep(60)"
    )
    with pytest.raises(Unavailable, match="longer than 2 seconds"):
        run(text, tmp_path, timeout_s=2)

    child = Path("/proc") / (tmp_path / "child").read_text(encoding="utf-8")
    until = time.monotonic() + 5
    while is_running(child) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_running(child)


def test_what_cannot_be_started_is_named(tmp_path: Path) -> None:
    absent = HERE._replace(python=Path("/absent/bin/python"))

    with pytest.raises(Unavailable, match="/absent/bin/python cannot be started: No such file") as caught:
        run("", tmp_path, environment=absent)
    assert "/absent" in caught.value.hint


def is_running(process: Path) -> bool:
    """Tell whether a process lives; one that waits to be buried does not."""
    try:
        return (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
