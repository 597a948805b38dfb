"""Golden requests of real models: stored and answered at registration, inherited, replayed, evidence of the semantic version."""

from __future__ import annotations

import os
import pickle
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.executors.environments import installed
from lineal.objects.canonical import object_digest
from lineal.objects.replays import AnswerChanges, Golden, Replay
from lineal.objects.runs import FileUse, ModelFacts, Package, Run, Runtime
from lineal.objects.statements import Verdict
from lineal.operations.answers.models import VersionAnswer
from tests.surfaces.commands import lineal
from tests.unit.operations.making import CODE

CHANCE = np.random.default_rng(5)
X = CHANCE.random((120, 2)).round(3)
Y = np.where(X.sum(1) + CHANCE.random(120) / 2 > 1.2, "yes", "nö")
TABLE = "x0,x1,y\n" + "".join(f"{a},{b},{y}\n" for (a, b), y in zip(X, Y, strict=True)) + "0.5,,yes\n"
RUNTIME = Runtime(
    python=platform.python_version(),
    implementation=sys.implementation.name,
    packages=tuple(Package(name=name, version=version) for name, version in installed().items()),
)
POLICY = """\
[evaluation]
dataset = "data:test"
label = "y"

[golden]
rows = 40

[[gate.production]]
check = "replays_equal"
"""


class Project:
    """A repository, and a run for each model that is registered in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.repository: LocalRepository = init(directory)
        (directory / "test.csv").write_text(TABLE, encoding="utf-8")
        self.repository.data.add(directory / "test.csv")
        self.policy(POLICY)

    def policy(self, text: str) -> None:
        (self.directory / "lineal.toml").write_text(text, encoding="utf-8")

    def register(self, model: Any, *, runtime: Runtime = RUNTIME, **options: Any) -> VersionAnswer:
        """Return the version that a run makes which wrote ``model``: an estimator, or the bytes of a file."""
        data = model if isinstance(model, bytes) else pickle.dumps(model, **options)
        store = self.repository.store
        use = FileUse(path="m.pkl", digest=store.blobs.put(data), size_bytes=len(data))
        value = Run(
            id=store.clock.new_id(),
            name="train",
            command=("python", "train.py"),
            directory=".",
            state="finished",
            started_at=store.clock.now(),
            ended_at=store.clock.now(),
            exit_status=0,
            code=object_digest(CODE),
            runtime=object_digest(runtime),
            outputs=(use,),
            models={"m.pkl": ModelFacts(framework="sklearn", inputs={"x0": "float64", "x1": "float64"})},
        )
        run = self.repository.runs.finish(run=value, code=CODE, runtime=runtime)
        return self.repository.model.register(run.reference, name="m")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    found = Project(tmp_path)
    with found.repository:
        yield found


def fitted(labels: Any = Y, **params: Any) -> LogisticRegression:
    return LogisticRegression(**params).fit(X, labels)


def newest(version: VersionAnswer, kind: type) -> Any:
    return next(each.predicate for each in version.statements if isinstance(each.predicate, kind))


def test_a_replay_decides_between_patch_minor_and_major(project: Project, tmp_path: Path) -> None:
    repository = project.repository
    first = project.register(fitted())
    golden = newest(first, Golden)

    # 30 rows alone, the other ten together; the row without a number is refused by such a model, which is an answer too.
    assert (31, {"sampled": 31}, 0, 1, "data:test@1") == (
        golden.request_count, golden.origins, golden.unstable, golden.unanswered, golden.dataset
    )  # fmt: skip
    assert "this environment: identical packages" == golden.environment

    again = project.register(fitted(), protocol=2)
    replay = newest(again, Replay)
    assert ("1.0.1", "equal", 31, 31) == (again.semantic, replay.outcome, replay.equal, replay.exact)
    assert newest(again, Golden).answers == golden.answers

    (tmp_path / "mine.jsonl").write_text('{"x0": 0.1, "x1": 0.9}\n{"x0": "ä😀", "x1": 1}\n', encoding="utf-8")
    added = repository.golden.add(again.reference, tmp_path / "mine.jsonl")
    assert ([200, 400], 33) == ([each.status for each in added.requests], added.golden.request_count)

    other = project.register(fitted(C=0.05))
    replay, golden = newest(other, Replay), newest(other, Golden)
    assert ("1.1.0", "differing", 33, 31) == (
        other.semantic, replay.outcome, replay.request_count, replay.differing
    )  # fmt: skip
    assert ({"given": 2, "sampled": 31}, 33) == (golden.origins, golden.inherited)
    changes = replay.changes
    assert changes.changed > 0
    assert changes.changed == changes.broke + changes.fixed
    assert 39 == changes.labelled

    third = project.register(fitted(np.where(X[:, 0] > 0.8, "maybe", Y)))
    assert ("2.0.0", "reformed") == (third.semantic, newest(third, Replay).outcome)
    rules = {each.rule: each.level for each in repository.model.bump(third.reference).findings}
    assert {"output-labels": "major", "replay-form": "major"}.items() <= rules.items()

    out, _ = lineal(tmp_path, "golden", "replay", "m:1.1.0", "--against", "m:1.0.0", status=5)
    assert "m:1.1.0  against m:1.0.0: differing\n" in out
    assert "the first, request " in out
    assert '{"predictions":["nö"],' in out
    out, _ = lineal(tmp_path, "golden", "show", "m:1.0.1", "--limit", "40")
    assert '\n  32 given\n    {"rows":[{"x0":0.1,"x1":0.9}]}\n    → {"predictions":[' in out


def test_what_could_not_be_asked_is_said_and_done_later(project: Project) -> None:
    repository = project.repository
    project.policy(POLICY.replace("rows = 40", "rows = 4\nregistration_s = 0"))
    first, second = project.register(fitted()), project.register(fitted(), protocol=2)
    golden = newest(first, Golden)
    found = repository.model.bump(second.reference)

    assert (None, 4) == (golden.answers, golden.request_count)
    assert golden.gaps[0].startswith("they were not asked: its golden requests took longer than they may")
    assert ("1.1.0", "not done") == (second.semantic, newest(second, Replay).outcome)
    assert {"retrained": "minor", "replay-not-done": "patch"} == {each.rule: each.level for each in found.findings}

    answer = repository.golden.replay(second.reference)
    told = repository.model.bump(second.reference)
    assert ("equal", 0, 4) == (answer.replay.outcome, answer.exit_status, answer.replay.exact)
    # Its number stays; what it would be by what is known now is told.
    assert ("1.1.0", "1.0.1", "patch") == (told.given, told.semantic, told.level)
    assert all(repository.golden.show(each.reference).golden.answers for each in (first, second))

    repository.promote(first.reference, to="production", force=True, reason="a champion")
    (verdict,) = repository.gate(second.reference).verdicts
    assert isinstance(verdict, Verdict)
    assert ("pass", "all 4 golden requests are answered as before, digit by digit") == (verdict.outcome, verdict.reason)


def test_answers_by_chance_prove_nothing(project: Project) -> None:
    project.policy(POLICY.replace("rows = 40", "rows = 12"))
    first = project.register(DummyClassifier(strategy="uniform").fit(X, Y))
    second = project.register(DummyClassifier(strategy="uniform").fit(X, Y), protocol=2)

    assert newest(first, Golden).unstable > 0
    assert ("1.1.0", "unstable") == (second.semantic, newest(second, Replay).outcome)
    assert "minor" == project.repository.model.bump(second.reference).level


def test_hostile_files_and_other_environments_are_asked_nothing(project: Project) -> None:
    class Hostile:
        def __reduce__(self) -> Any:
            return os.system, ("touch hostile",)

    hostile = project.register(Hostile())
    packages = tuple(Package(name=each, version="0.1") for each in ("joblib", "numpy", "scikit-learn"))
    elsewhere = Runtime(python=RUNTIME.python, implementation=RUNTIME.implementation, packages=packages)
    other = project.register(fitted(), runtime=elsewhere)

    assert "the scan of its files says hostile, so nothing loads them unasked" in newest(hostile, Golden).gaps[0]
    assert "its environment is not built here yet" in newest(other, Golden).gaps[0]
    assert not list(project.directory.rglob("hostile"))


def test_an_evaluation_says_what_changed_for_better_and_for_worse(project: Project, tmp_path: Path) -> None:
    project.policy(POLICY.replace("rows = 40", "rows = 0"))
    repository = project.repository
    (tmp_path / "whole.csv").write_text(TABLE.rpartition("0.5,,")[0], encoding="utf-8")
    repository.data.add(tmp_path / "whole.csv")
    for model in (fitted(), fitted(C=0.05)):
        repository.evaluate(project.register(model).reference, dataset="data:whole")
    changes = newest(repository.show("m:1.1.0"), AnswerChanges)
    told = repository.model.bump("m:1.1.0")

    new, old = (each.predict(X) for each in (fitted(C=0.05), fitted()))
    assert (120, int((new != old).sum()), int(((old == Y) & (new != Y)).sum()), int(((old != Y) & (new == Y)).sum())) == (
        changes.row_count, changes.changed, changes.broke, changes.fixed
    )  # fmt: skip
    assert (changes,) == told.changes
    assert "answers to data:whole@1: " in repository.model.card("m:1.1.0").text
