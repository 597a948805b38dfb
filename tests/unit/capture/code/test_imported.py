"""The sources that a program imports are kept, wherever they lie."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from lineal.capture.launched import Launched

Record = Callable[..., Launched]
Write = Callable[[str, str], Path]
Git = Callable[..., str]

PROGRAM = """
import sys; sys.path += ["parts", "ignored", "{far}"]
import json, argparse, msgspec
import package.deep.inner, plain, generated, secret_far
"""


def write_project(write: Write, far: Path) -> None:
    write("train.py", PROGRAM.format(far=far))
    write("parts/package/__init__.py", ""), write("parts/package/deep/__init__.py", "")
    write("parts/package/deep/inner.py", "x = 1\n"), write("parts/package/unused.py", "x = 2\n")
    write("parts/plain.py", "y = 1\n"), write("ignored/generated.py", "z = 1\n")
    far.mkdir(parents=True)
    (far / "secret_far.py").write_text("password = 'hunter22'\n")


def test_without_git_every_imported_source_is_kept(record: Record, write: Write, tmp_path: Path) -> None:
    write_project(write, tmp_path / "far")

    code = record("train.py").code

    assert {
        "train.py",
        "parts/package/__init__.py",
        "parts/package/deep/__init__.py",
        "parts/package/deep/inner.py",
        "parts/plain.py",
        "ignored/generated.py",
    } == set(code.sources)
    assert {"secret_far.py": b"password = '[masked]'\n"} == code.imported
    assert 1 == code.masked_secrets


def test_with_git_only_what_it_does_not_know_is_kept(record: Record, write: Write, git: Git, tmp_path: Path) -> None:
    write_project(write, tmp_path / "far")
    write(".gitignore", "ignored\n__pycache__\n")
    git("add", "."), git("commit", "--quiet", "-m", "first")

    code = record("train.py").code

    assert ({"ignored/generated.py": b"z = 1\n"}, ["secret_far.py"]) == (code.sources, list(code.imported))
    assert () == code.gaps


def test_a_module_that_changes_or_is_compiled_is_a_gap(record: Record, write: Write, project: Path) -> None:
    write("helper.py", "x = 1\n")
    write("parts/empty.py", "")
    write(
        "train.py",
        "import sys, py_compile, time; sys.path.append('parts'); time.sleep(0.01)\n"
        "open('parts/made.py', 'w').write('y = 1')\n"
        "py_compile.compile('helper.py', 'parts/old.pyc')\nimport made, old",
    )

    launched = record("train.py")

    assert 0 == launched.exit_status
    assert b"y = 1" == launched.code.sources["parts/made.py"]
    assert "code: parts/made.py changed after the program began, and is kept as it was at the end" in launched.gaps
    assert "code: of old only the compiled form was imported" in launched.gaps


def test_a_program_that_is_killed_tells_no_modules_and_the_record_says_so(record: Record, write: Write) -> None:
    write("train.py", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    launched = record("train.py")

    assert ["train.py"] == list(launched.code.sources)
    assert any(each.startswith("code: no interpreter came to its end") for each in launched.gaps)


def test_a_program_outside_of_the_repository_is_kept(record: Record, git: Git, tmp_path: Path) -> None:
    git("commit", "--quiet", "--allow-empty", "-m", "first")
    (tmp_path / "far.py").write_text("x = 1\n")

    code = record(sys.executable, str(tmp_path / "far.py")).code

    assert (str(tmp_path / "far.py"), {"far.py": b"x = 1\n"}) == (code.entry_point, code.imported)
