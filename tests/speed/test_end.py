"""The end of a run is short: what can be done while the program runs is done then. Counted in work, not in seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PROGRAM = "import lineal, time; lineal.log(loss=0.5); time.sleep(1.5)"

_COUNT = f"""
import os, subprocess, sys
from lineal.cli.main import execute
from lineal.capture import launch
from lineal.capture.runtime import distributions
first, started, known, described = [], [], [], []
start, gather, describe = subprocess.Popen.__init__, launch.gather, distributions._with_origin

def starting(self, command, *rest, **named):
    if known:
        started.append(command)
    start(self, command, *rest, **named)

def gathering(*arguments, **named):
    known[:] = sys.modules
    return gather(*arguments, **named)

def describing(*arguments):
    if known:
        described.append(arguments)
    return describe(*arguments)

subprocess.Popen.__init__, launch.gather, distributions._with_origin = starting, gathering, describing
status = execute(['run', '--', sys.executable, '-c', {_PROGRAM!r}], sys.stdout, sys.stderr, os.environ)
print(status, [each for each in sys.modules if each not in known], started, described)
"""


def test_at_the_end_nothing_is_imported_no_process_started_and_no_package_read(tmp_path: Path) -> None:
    variables = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    done = subprocess.run(
        (sys.executable, "-c", _COUNT), cwd=tmp_path, env=variables, capture_output=True, text=True, check=True
    )

    assert "0 [] [] []" == done.stdout.splitlines()[-1], done.stderr


def test_whoever_waits_for_our_end_is_called_and_everything_printed(tmp_path: Path) -> None:
    program = (
        "import atexit, sys; from lineal.cli.main import main; atexit.register(print, 'called');"
        "sys.argv[1:] = ['--version']; sys.exit(main())"
    )

    done = subprocess.run((sys.executable, "-c", program), cwd=tmp_path, capture_output=True, text=True, check=True)

    assert ["lineal", "called"] == [line.split()[0] for line in done.stdout.splitlines()]


def test_a_thread_that_still_works_is_waited_for(tmp_path: Path) -> None:
    program = (
        "import sys, threading, time; from lineal.cli.main import main;"
        "threading.Thread(target=lambda: (time.sleep(0.3), print('done'))).start();"
        "sys.argv[1:] = ['--version']; sys.exit(main())"
    )

    done = subprocess.run((sys.executable, "-c", program), cwd=tmp_path, capture_output=True, text=True, check=True)

    assert "done" == done.stdout.splitlines()[-1]
