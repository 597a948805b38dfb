"""Where nobody may watch, Python tells what it opens, and notices nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.capture.launched import Launched

Record = Callable[..., Launched]
Write = Callable[[str, str], Path]


def paths(launched: Launched) -> tuple[set[str], set[str], set[str]]:
    inputs, outputs, intermediates = launched.inputs, launched.outputs, launched.intermediates
    return {each.path for each in inputs}, {each.path for each in outputs}, {each.path for each in intermediates}


def test_files_are_inputs_outputs_or_both(record: Record, write: Write) -> None:
    for name in ("a.csv", "b.csv", "old", "same", "shell", "unread", "dir/1", "dir/2"):
        write(name, "1,2\n")
    write(
        "program.py",
        "import os, subprocess, sys, glob\nopen('a.csv').read(); os.close(os.open('b.csv', os.O_RDONLY))\n"
        "open('old').read(); open('old', 'w').write('new'); open('same', 'r+').read()\n"
        "open('both', 'w').write('1'); open('both').read(); open('tmp', 'w').write('1'); os.replace('tmp', 'out')\n"
        "subprocess.run('cat < shell > copy', shell=True, check=True)\n"
        'subprocess.run([sys.executable, \'-c\', \'open("dir/1").read(); open("made", "w").write("1")\'])\n'
        "if not os.fork():\n    open(b'dir/2').read(); os._exit(0)\nos.wait()\n",
    )

    launched = record("program.py", "unread", levels=("readers",))

    assert (0, "readers") == (launched.exit_status, launched.capture_level)
    assert ({"a.csv", "b.csv", "same", "shell", "dir/1", "dir/2"}, {"old", "out", "copy", "made"}, {"both"}) == paths(
        launched
    )
    assert {
        "files: 1 read and then written over, so what was read is not known: old",
        (
            "files: this machine lets no program watch files, so reads are known from Python's own and well-known "
            "libraries' functions only"
        ),
    } == {each for each in launched.gaps if "files:" in each}


def test_what_lies_around_the_project_is_not_looked_at(record: Record, write: Write, project: Path) -> None:
    for number in range(2_000):  # more links than anybody follows
        (project.parent / f"{number}").symlink_to(f"{number + 1}")
    write("data", "1")
    write("unread", "1")
    write(
        "program.py",
        "import subprocess, tempfile\ntempfile.TemporaryFile(dir='..').close()\nopen('data').read()\n"
        "subprocess.run(['ls', '-d', '../0'], check=True)\n",
    )

    launched = record("program.py", levels=("readers",))

    assert (0, "readers") == (launched.exit_status, launched.capture_level)
    assert ({"data"}, set(), set()) == paths(launched)


def test_a_directory_around_the_project_stands_for_what_is_in_the_project(record: Record, write: Write) -> None:
    write("data", "1")
    write("program.py", "import subprocess; subprocess.run(['ls', '-R', '..'], check=True)")

    assert ({"data"}, set(), set()) == paths(record("program.py", levels=("readers",)))


def test_a_directory_in_the_project_stands_for_its_files_and_what_its_links_lead_to(
    record: Record, write: Write, project: Path
) -> None:
    write("in/1", "1")
    write("there", "1")
    write("unread", "1")
    (project / "in" / "link").symlink_to("../there")
    write("program.py", "import subprocess; subprocess.run(['grep', '-R', '1', 'in'], check=True)")

    assert ({"in/1", "there"}, set(), set()) == paths(record("program.py", levels=("readers",)))


def test_opening_a_directory_reads_nothing_in_it(record: Record, write: Write) -> None:
    write("in/1", "1")
    write("in/2", "1")
    write(
        "program.py",
        "import os\nfolder = os.open('in', os.O_RDONLY)\nos.fsync(folder)\n"
        "os.close(os.open('1', os.O_RDONLY, dir_fd=folder))\n",
    )

    assert ({"in/1"}, set(), set()) == paths(record("program.py", levels=("readers",)))


UNCHANGED = """
import builtins, io, os, pickle, tarfile, sys
class Keeps:
    opens = open
    opens_below = os.open
assert Keeps().opens("data").read() == "1"
os.close(Keeps().opens_below("data", os.O_RDONLY))
assert pickle.loads(pickle.dumps([open, os.open, os.rename])) == [open, os.open, os.rename]
assert io.open is builtins.open and open.__name__ == "open" and callable(open)
for call in (lambda: open("missing"), lambda: open(), lambda: os.open("missing", os.O_RDONLY), lambda: open("a\\0b"),
             lambda: open(3.5), lambda: os.rename("missing", "x"), lambda: open("data", "q")):
    try:
        call()
    except Exception as error:
        print(type(error).__name__, error)
read, write = os.pipe()
open(write, "w").write("through")
print(open(read).read())
here = os.open(".", os.O_RDONLY)
print(os.read(os.open("data", os.O_RDONLY, dir_fd=here), 9), open("data", opener=os.open).read())
"""


def test_a_program_notices_nothing(record: Record, write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("data", "1")
    write("program.py", UNCHANGED)

    printed = []
    for level in ("arguments", "readers"):
        launched = record("program.py", levels=(level,))
        printed.append((launched.exit_status, capfd.readouterr()))

    assert printed[0] == printed[1]
    assert (0, 9) == (printed[0][0], len(printed[0][1].out.splitlines()))


def test_what_no_python_does_is_known_from_the_arguments(record: Record, write: Write) -> None:
    write("data", "1")

    launched = record("sh", "-c", "cat data > out", "data", levels=("readers",))

    assert ("arguments", ({"data"}, {"out"}, set())) == (launched.capture_level, paths(launched))


def test_other_levels_load_nothing_of_it(record: Record, write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("program.py", "import sys, io; print('lineal_shim.files' in sys.modules, type(open).__name__)")

    for level in ("fanotify", "readers"):
        record("program.py", levels=(level,))

    assert ["False builtin_function_or_method", "True _Open"] == capfd.readouterr().out.splitlines()


def test_an_interpreter_that_tells_nothing_is_no_reader(record: Record, write: Write) -> None:
    write("data", "1")

    launched = record(sys.executable, "-I", "-c", "open('data').read()", levels=("readers",))

    assert "arguments" == launched.capture_level
