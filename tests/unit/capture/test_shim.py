"""What a program's own interpreter tells: arguments, seeds, models; and that it never notices."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.capture.launch import launch
from lineal.capture.launched import Launched

Record = Callable[..., Launched]
Write = Callable[[str, str], Path]

TRAINING = """
import joblib, numpy, pandas, pickle
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

X = pandas.DataFrame({{"age": [1, 2, 3, 4], "income": [1.5, 2.5, 3.5, 4.5]}})
y = pandas.Series(["no", "yes", "no", "yes"], name="churned")
model = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(C=0.25, random_state=7))]).fit(X, y)
joblib.dump(model, "model.joblib")

# Threads in the forest, processes in the search: parts of one fit, and no models of their own.
forest = RandomForestClassifier(n_estimators=3, n_jobs=2)
numbers = numpy.arange(40, dtype="float32").reshape(20, 2)
search = GridSearchCV(forest, {{"max_depth": [1, 2]}}, cv=2, n_jobs=2).fit(numbers, [0, 1] * 10)
with open("{far}", "wb") as file:
    pickle.dump({{"model": search}}, file)
"""


def test_arguments_are_params_with_their_defaults(record: Record, write: Write) -> None:
    write(
        "program.py",
        "import argparse, pathlib\np = argparse.ArgumentParser()\n"
        "p.add_argument('--rate', type=float, default=0.1)\n"
        "p.add_argument('--layers', type=int, nargs='+', default=[3, 4])\n"
        "p.add_argument('--out', type=pathlib.Path, default='x'); p.add_argument('--fast', action='store_true')\n"
        "s = p.add_subparsers(dest='verb'); q = s.add_parser('fit'); q.add_argument('--depth', type=int)\n"
        "q.set_defaults(run=print)\n"
        "p.parse_args()",
    )

    launched = record("program.py", "--rate", "0.5", "fit", "--depth", "7")

    assert {
        "rate": 0.5,
        "layers": "3, 4",
        "out": "x",
        "fast": False,
        "verb": "fit",
        "depth": 7,
    } == launched.record.params


def test_seeds_are_recorded_by_what_they_seed(record: Record, write: Write) -> None:
    write(
        "program.py",
        "import random, numpy as np\nfrom numpy.random import default_rng\n"
        "random.seed(1); np.random.seed(2); default_rng(3); default_rng(3)\n"
        "np.random.default_rng(np.int64(4)); default_rng()\n"
        "random.seed('text')",
    )

    launched = record("program.py")

    assert {"random": 1, "numpy": 2, "numpy.default_rng": 3, "numpy.default_rng.2": 4} == launched.record.seeds


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Launched:
    """Return a run that trains two models with scikit-learn; one for all claims, since its imports take seconds."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "project").mkdir()
    (folder / "far" / "away").mkdir(parents=True)
    (folder / "project" / "program.py").write_text(TRAINING.format(far=str(folder / "far" / "away" / "grid.pkl")))
    return launch(
        ("program.py",),
        directory=folder / "project",
        spool=folder / "spool",
        variables={"PATH": os.environ["PATH"]},
        run_id="RUN",
    )


def test_a_fitted_pipeline_tells_its_params(trained: Launched) -> None:
    params = trained.record.params

    assert (0, 0.25, False) == (trained.exit_status, params["LogisticRegression.C"], params["Pipeline.verbose"])
    assert {"Pipeline", "LogisticRegression", "GridSearchCV", "best"} == {each.partition(".")[0] for each in params}
    assert {"LogisticRegression.random_state": 7} == trained.record.seeds


def test_a_saved_model_is_tied_to_what_it_is(trained: Launched) -> None:
    facts = trained.record.models["model.joblib"]

    assert ("sklearn", {"age": "int64", "income": "float64"}) == (facts.framework, facts.inputs)
    assert (["churned"], ("no", "yes")) == (list(facts.outputs), facts.classes)
    assert [
        "sklearn.pipeline.Pipeline",
        "  scale: sklearn.preprocessing._data.StandardScaler",
        "  model: sklearn.linear_model._logistic.LogisticRegression",
    ] == facts.architecture.splitlines()


def test_a_model_saved_outside_of_the_watched_directories_is_an_output(trained: Launched) -> None:
    (far,) = (each for each in trained.record.models if each.endswith("away/grid.pkl"))

    facts = trained.record.models[far]
    assert [far, "model.joblib"] == [each.path for each in trained.outputs]
    assert ({"x0": "float32", "x1": "float32"}, {"y": "int"}, ("0", "1")) == (
        facts.inputs,
        facts.outputs,
        facts.classes,
    )


def test_native_libraries_are_those_that_the_program_loaded(trained: Launched) -> None:
    assert any("threads" in each for each in trained.runtime.libraries.values())


def test_a_recorded_program_pickles_nothing_of_ours(record: Record, write: Write, project: Path) -> None:
    write(
        "program.py",
        "import cloudpickle, pickle, joblib, random, numpy as np\nfrom sklearn.base import BaseEstimator\n"
        "class Own(BaseEstimator):\n    def fit(self, X, y=None):\n        self.x_ = 1\n        return self\n"
        "def work(): return pickle.dump, joblib.dump, np.random.default_rng, random.seed\n"
        "dump, rng, seed, store = pickle.dump, np.random.default_rng, np.random.seed, joblib.dump\n"
        "def names(): return dump, rng, seed, store\n"
        "open('own.pkl', 'wb').write(cloudpickle.dumps([Own().fit([1]), work, names]))\n",
    )

    record("program.py")

    assert b"lineal" not in (project / "own.pkl").read_bytes()


def test_what_a_forked_child_logs_is_recorded_too(record: Record, write: Write) -> None:
    write(
        "program.py",
        "import os, lineal.capture.live as l\nl.log(parent=1)\npid = os.fork()\n"
        "if pid:\n    os.waitpid(pid, 0); l.log(parent=2)\nelse:\n    l.log(child=1); os._exit(0)",
    )

    launched = record("program.py")

    assert {"parent": 2.0, "child": 1.0} == launched.record.metrics


def test_threads_do_not_mix_their_lines(record: Record, write: Write) -> None:
    write(
        "program.py",
        "import threading, lineal.capture.live as l\n"
        "def work(n):\n    for i in range(500): l.log(step=i, **{f'm{n}': i})\n"
        "ts = [threading.Thread(target=work, args=(n,)) for n in range(4)]\n"
        "[t.start() for t in ts]; [t.join() for t in ts]",
    )

    launched = record("program.py")

    assert (2000, ()) == (len(launched.record.series), launched.record.gaps)


def test_a_program_whose_spool_is_gone_goes_on(
    record: Record, write: Write, spool: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(
        "program.py",
        f"import shutil; shutil.rmtree({str(spool)!r})\n"
        "import random, argparse, subprocess, sys, lineal.capture.live as l\n"
        "random.seed(1); argparse.ArgumentParser().parse_args([]); l.log(a=1)\n"
        "sys.exit(subprocess.run([sys.executable, '-c', 'import random; random.seed(2); print(3)']).returncode)",
    )

    launched = record("program.py")

    out, err = capfd.readouterr()
    assert (0, "3\n") == (launched.exit_status, out)
    assert 1 == err.count("warning")


def test_an_isolated_interpreter_is_a_gap_and_its_packages_are_still_known(record: Record) -> None:
    launched = record(sys.executable, "-I", "-c", "pass")

    assert "msgspec" in {each.name for each in launched.runtime.packages}
    assert any("told nothing" in each for each in launched.gaps)


def test_the_runtime_is_that_of_the_program(record: Record, write: Write) -> None:
    write("requirements.txt", "x\n")
    write("uv.lock", "x\n")
    write("notes.txt", "x\n")

    launched = record("sh", "-c", f"{sys.executable} -c pass")

    assert sys.version.partition(" ")[0] == launched.runtime.python
    assert {"msgspec", "scikit-learn"} <= {each.name for each in launched.runtime.packages}
    assert launched.runtime.hardware.core_count > 0
    assert launched.runtime.hardware.memory_bytes > 1 << 20
    assert ["requirements.txt", "uv.lock"] == sorted(launched.locks)


def test_a_module_that_was_only_looked_for_is_still_watched_when_it_comes(record: Record, write: Write) -> None:
    write(
        "program.py",
        "import importlib.util; assert importlib.util.find_spec('argparse')\n"
        "import argparse; p = argparse.ArgumentParser(); p.add_argument('--a', default=1); p.parse_args()",
    )

    launched = record("program.py")

    assert {"a": 1} == launched.record.params
