"""This very environment is used when it is the recorded one; building others is in ``tests/surfaces``."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from lineal.executors.environments import installed, interpreter_for
from lineal.objects.errors import Unavailable, Unsupported
from lineal.objects.runs import Package, Runtime


def this_runtime() -> Runtime:
    """Return what a run in this environment records, spelled as the packages spell themselves."""
    return Runtime(
        python=platform.python_version(),
        implementation=sys.implementation.name,
        packages=tuple(
            Package(name=each.name, version=each.version) for each in reversed(list(importlib.metadata.distributions()))
        ),
        variables={"OMP_NUM_THREADS": "1"},
    )


def test_installed_is_what_the_packages_say_of_themselves() -> None:
    expected = {re.sub(r"[-_.]+", "-", each.name).lower(): each.version for each in importlib.metadata.distributions()}
    expected.pop("lineal", None)

    assert installed() == expected
    assert "scikit-learn" in installed()


def test_identical_packages_are_this_environment(tmp_path: Path) -> None:
    found = interpreter_for(this_runtime(), tmp_path)

    assert (found.python, found.description) == (Path(sys.executable), "this environment: identical packages")
    assert list(tmp_path.iterdir()) == []


def test_another_lineal_is_no_other_environment(tmp_path: Path) -> None:
    runtime = this_runtime()
    others = tuple(each for each in runtime.packages if each.name != "lineal")
    older = msgspec.structs.replace(runtime, packages=(*others, Package(name="lineal", version="0.0.1")))

    assert interpreter_for(older, tmp_path).python == Path(sys.executable)


def test_its_programs_find_lineal_and_get_the_recorded_variables_but_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAL_TOKEN", "secret")
    found = interpreter_for(this_runtime(), tmp_path)
    text = "import lineal.serving, os; print(os.environ['OMP_NUM_THREADS'], 'LINEAL_TOKEN' in os.environ)"
    done = subprocess.run((found.python, "-c", text), env=found.variables, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["1", "False"]


def test_a_python_that_is_not_here_is_named(tmp_path: Path) -> None:
    runtime = msgspec.structs.replace(this_runtime(), python="3.99.1")

    with pytest.raises(Unavailable, match=r"made with Python 3\.99 \(cpython\)") as caught:
        interpreter_for(runtime, tmp_path)
    assert "python3.99" in caught.value.hint


def test_a_launcher_of_nothing_is_no_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launcher = tmp_path / "bin" / "python3.98"
    launcher.parent.mkdir()
    launcher.write_text("#!/bin/sh\necho no such version >&2\nexit 127\n", encoding="utf-8")
    launcher.chmod(0o755)
    monkeypatch.setenv("PATH", str(launcher.parent), prepend=":")
    runtime = msgspec.structs.replace(this_runtime(), python="3.98.0")

    with pytest.raises(Unavailable, match=r"Python 3\.98"):
        interpreter_for(runtime, tmp_path / "home")


@pytest.mark.parametrize(
    ("python", "says"), [("3.9.2", "needs 3.11 or newer"), ("", "not recorded"), ("x", "not recorded")]
)
def test_a_python_that_cannot_serve_is_refused(tmp_path: Path, python: str, says: str) -> None:
    with pytest.raises(Unsupported, match=says):
        interpreter_for(msgspec.structs.replace(this_runtime(), python=python), tmp_path)
