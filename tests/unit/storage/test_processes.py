"""Copies of a process that work for it: with nothing of it but two streams, and only where nothing else runs in it."""

from __future__ import annotations

import pytest

from tests.unit.storage.processes import start

SHOUT = """
from lineal.storage import processes
def shout(asked, said):
    for line in asked:
        said.write(line.upper()); said.flush()
"""


def told(script: str) -> list[str]:
    """Return the lines that a process printed that runs ``script``, in which nothing else runs."""
    running = start(f"{SHOUT}{script}", ".")
    out, error = running.communicate(timeout=60)

    assert ("", 0) == (error, running.returncode)
    return out.splitlines()


ASK = "process.stdin.write(b'a\\n'); process.stdin.flush(); print(process.stdout.readline())"


def test_a_copy_answers_and_ends_with_its_streams() -> None:
    assert ["b'A\\n'", "0"] == told(
        f"process = processes.copy(shout); {ASK}; processes.end(process); print(process.returncode)"
    )


def test_a_copy_has_no_file_of_ours_and_tells_nothing_of_ours_twice() -> None:
    script = """
import signal
kept = open(os.devnull)
def files(asked, said):
    said.write(repr(sorted(map(int, os.listdir("/proc/self/fd")))).encode())
print("once")
first = processes.copy(shout)
second = processes.copy(files)
print(second.stdout.read().decode(), os.getpgid(first.process) == first.process)
processes.end(first), processes.end(second)
"""
    once, files = told(script)

    assert "once" == once
    assert "[0, 1, 2, 3] True" == files  # the last one lists them


@pytest.mark.parametrize("end", ["raise KeyboardInterrupt", "sys.exit(0)", "1 / 0"])
def test_a_copy_that_fails_only_ends(end: str) -> None:
    script = f"""
def work(asked, said):
    {end}
process = processes.copy(work)
print(process.stdout.read(), process.wait())
processes.end(process)
"""
    assert ["b'' 1"] == told(script)


def test_a_copy_that_is_killed_is_waited_for() -> None:
    script = """
process = processes.copy(shout)
process.kill(); print(process.wait()); process.kill(); processes.end(process)
"""
    assert ["-9"] == told(script)


def test_a_copy_is_not_outlived_by_its_own_copy() -> None:
    script = f"""
first, process = processes.copy(shout), processes.copy(shout)
processes.end(first)  # the other one holds no end of its streams
print(first.returncode); {ASK}; processes.end(process)
"""
    assert ["0", "b'A\\n'"] == told(script)


def test_there_is_no_copy_while_another_thread_runs() -> None:
    script = """
import os, threading, time
done = threading.Event()
thread = threading.Thread(target=done.wait)
thread.start(); print(processes.copy(shout)); done.set(); thread.join()
while len(os.listdir("/proc/self/task")) > 1: time.sleep(0.001)  # the system is later than Python
process = processes.copy(shout); print(process is None); processes.end(process)
"""
    assert ["None", "False"] == told(script)
