"""An environment that is not here is built from what was recorded: once, exactly, and with nothing of ours in it."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import pytest

from lineal.executors.environments import SERVING_NEEDS, Environment, installed, interpreter_for
from lineal.executors.local import run_program
from lineal.objects.digest import digest_of
from lineal.objects.errors import Unavailable
from lineal.objects.files import Entry
from lineal.objects.runs import ModelFacts, Package, Runtime
from lineal.serving.release import Release, write_release

ABSENT = Package(name="lineal-project-that-no-index-has", version="1.2.3")
RECORDED = {"joblib": "1.4.2", "attrs": "25.3.0"}
"""Small, pure, and not what is installed here."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    recorded = tuple(Package(name=name, version=version) for name, version in RECORDED.items())
    return Runtime(
        python=platform.python_version(), implementation=sys.implementation.name, packages=(*recorded, ABSENT)
    )


@pytest.fixture(scope="module")
def built(runtime: Runtime, home: Path) -> Environment:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: interpreter_for(runtime, home), range(2))
    assert first == second
    return first


def test_it_holds_the_recorded_packages_and_what_the_server_needs(built: Environment) -> None:
    text = "import importlib.metadata as m, json; print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"
    found = json.loads(ask(built, text))
    ours = {name: version for name, version in installed().items() if name in SERVING_NEEDS}

    assert {
        name.replace("_", "-"): version for name, version in found.items() if name not in {"pip", "setuptools"}
    } == (RECORDED | ours)


def test_lineal_can_be_imported_there_and_its_neighbours_cannot(built: Environment) -> None:
    text = (
        "import lineal.serving.app, importlib.util as u; print([bool(u.find_spec(n)) for n in ('sklearn', 'pytest')])"
    )

    assert ask(built, text).strip() == "[False, False]"


def test_what_no_index_has_is_told(built: Environment) -> None:
    count = len(RECORDED) + sum(name in installed() for name in SERVING_NEEDS)

    assert built.description.endswith(f"{count} packages as recorded, without {ABSENT.name}, which no index has")


def test_it_is_built_once(built: Environment, runtime: Runtime, home: Path) -> None:
    before = (built.python.parent.parent / "complete.json").stat().st_mtime_ns

    assert interpreter_for(runtime, home) == built
    assert (built.python.parent.parent / "complete.json").stat().st_mtime_ns == before
    assert len([each for each in home.iterdir() if each.is_dir()]) == 1


def test_a_version_is_loaded_by_its_own_packages(built: Environment, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    joblib.dump({"not": "a model"}, tmp_path / "model" / "model.joblib")
    content = (tmp_path / "model" / "model.joblib").read_bytes()
    entry = Entry(path="model.joblib", digest=digest_of(content), size_bytes=len(content))
    release = Release(
        digest=entry.digest, model="m", semantic="1.0.0", main_file=entry.path, facts=ModelFacts(), files=(entry,)
    )
    write_release(tmp_path, release)
    arguments = ("-m", "lineal.serving", "predict", str(tmp_path), "in.csv", "out.jsonl")

    # It gets as far as the model, which is none.
    with pytest.raises(Unavailable, match="holds a dict, which does not predict"):
        run_program(built, arguments, directory=tmp_path, timeout_s=60, log_path=tmp_path / "log")


def test_half_an_environment_is_built_again(built: Environment, runtime: Runtime, home: Path) -> None:
    directory = built.python.parent.parent
    (directory / "complete.json").unlink()
    (directory / "bin" / "python").unlink()

    assert interpreter_for(runtime, home) == built
    assert ask(built, "print('whole')").strip() == "whole"


def test_an_index_that_cannot_be_reached_is_not_one_that_has_nothing(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")

    with pytest.raises(Unavailable, match="could not be filled"):
        interpreter_for(runtime, tmp_path)
    assert not list(tmp_path.glob("*/complete.json"))


def ask(environment: Environment, text: str) -> str:
    """Return what a program's text prints in an environment."""
    command = (environment.python, "-c", text)
    return subprocess.run(command, env=environment.variables, capture_output=True, text=True, check=True).stdout
