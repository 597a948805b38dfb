"""Programs that a program starts: the record tells which, and the program gets from them what it gets without us."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from lineal.capture.launched import Launched

Record = Callable[..., Launched]
Write = Callable[[str, str], Path]

PROGRAM = """
import asyncio, inspect, os, pickle, subprocess, sys

def said(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    return done.returncode, done.stdout, done.stderr

print(said("sh", "-c", "echo out; echo err >&2; exit 3"))
print(said("sh", "-c", "kill -9 $$"), said("cat", input="given"))
for _ in range(3):
    subprocess.run(["true"], check=True)
print(subprocess.run("echo $0 | wc -l", shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout)
print(os.popen("echo popened").read(), subprocess.check_output(["echo", b"bytes"]))
subprocess.run(["echo", "seen", "--password", "hunter2hunter2"])
try:
    subprocess.run(["no-such-program"])
except FileNotFoundError as error:
    print(error)
try:
    subprocess.run(["sleep", "60"], timeout=0.05, capture_output=True)
except subprocess.TimeoutExpired as error:
    print(error, error.stdout)

async def main():
    child = await asyncio.create_subprocess_exec("sh", "-c", "echo async; exit 4", stdout=asyncio.subprocess.PIPE)
    print(await child.communicate(), child.returncode)

asyncio.run(main())
done = subprocess.run([sys.executable, "-c", "import sys; print('inner'); sys.exit(5)"], capture_output=True)
print(done.stdout, done.returncode, pickle.dumps(subprocess.CompletedProcess(["x"], 0)))
left = subprocess.Popen(["sleep", "0.2"])
print(inspect.signature(subprocess.Popen), subprocess.Popen.__init__.__qualname__, type(left.wait))
"""


def test_a_program_and_its_children_notice_nothing_and_the_record_tells(record: Record, write: Write) -> None:
    script = write("program.py", PROGRAM)
    bare = subprocess.run([sys.executable, script], cwd=script.parent, capture_output=True, check=True)

    launched = record("program.py")

    assert launched.stdout is not None
    printed = launched.stdout.read_bytes()
    assert sorted(bare.stdout.splitlines()) == sorted(printed.splitlines())
    told = {each.command: (each.exit_status, each.taken, each.count) for each in launched.record.children}
    both = ("stdout", "stderr")
    assert {
        ("sh", "-c", "echo out; echo err >&2; exit 3"): (3, both, 1),
        ("sh", "-c", "kill -9 $$"): (-9, both, 1),
        ("cat",): (0, both, 1),
        ("true",): (0, (), 3),
        ("/bin/sh", "-c", "echo $0 | wc -l"): (0, both, 1),
        ("/bin/sh", "-c", "echo popened"): (0, ("stdout",), 1),
        ("echo", "bytes"): (0, ("stdout",), 1),
        ("echo", "seen", "--password", "[masked]"): (0, (), 1),
        ("sleep", "60"): (-9, both, 1),
        ("sh", "-c", "echo async; exit 4"): (4, ("stdout",), 1),
        (sys.executable, "-c", "import sys; print('inner'); sys.exit(5)"): (5, both, 1),
        ("sleep", "0.2"): (None, (), 1),
    } == told
    assert b"hunter2hunter2" in printed


def test_what_libraries_start_is_none_of_the_program(record: Record, write: Write) -> None:
    write("site-packages/library.py", "import subprocess\ndef start():\n    subprocess.run(['true'])\n")
    write("program.py", "import sys; sys.path.insert(0, 'site-packages')\nimport library; library.start()")

    assert () == record("program.py").record.children
