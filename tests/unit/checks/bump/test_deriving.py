from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lineal.checks.bump import Subject, derive
from lineal.objects.digest import digest_of
from lineal.objects.errors import Invalid
from lineal.objects.runs import ModelFacts
from lineal.objects.runtime import Package, Runtime
from lineal.objects.structures import Structure
from lineal.objects.versions import DataUse, Version
from tests.unit.checks.evidence import FACTS, evidence, people, version

OTHER = digest_of(b"other")
BEFORE = version()


def facts(**changes: Any) -> ModelFacts:
    return msgspec.structs.replace(FACTS, **changes)


def bumped(**changes: Any) -> tuple[str, str, tuple[str, ...]]:
    found = derive(Subject(BEFORE), Subject(version(**changes)), previous_semantic="1.4.2")
    assert found.previous == "1.4.2"
    return found.semantic, found.level, found.findings


def test_the_first_version_is_one() -> None:
    found = derive(None, Subject(BEFORE))

    assert (found.semantic, found.level, found.previous) == ("1.0.0", "first", "")


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"facts": facts(inputs={**FACTS.inputs, "zip": "int64"})}, "major: callers must now send zip"),
        ({"facts": facts(inputs={"age": "int32", "job": "object"})}, "major: the input age was int64 and is int32"),
        ({"facts": facts(inputs={"age": "float64", "job": "object"})}, "major: the input age was int64 and is float64"),
        ({"facts": facts(outputs={})}, None),
        ({"facts": facts(outputs={"other": "object"})}, "major: income is no longer answered"),
        ({"facts": facts(classes=("no", "maybe", "yes"))}, "major: the classes were no, yes and are no, maybe, yes"),
        (
            {"facts": facts(architecture="sklearn.ensemble.HistGradientBoostingClassifier")},
            "major: the model is built otherwise: sklearn.linear_model.LogisticRegression gave way to sklearn.ensemble",
        ),
        ({"facts": facts(framework="torch")}, "major: the framework was sklearn and is torch"),
    ],
)
def test_what_breaks_callers_or_servers_is_major(changes: dict[str, Any], finding: str | None) -> None:
    semantic, level, findings = bumped(weights=OTHER, **changes)

    if finding is None:
        assert (semantic, level) == ("1.5.0", "minor")
    else:
        assert (semantic, level) == ("2.0.0", "major")
        assert findings[0].startswith(finding)


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({}, "minor: other weights (sha256:"),
        (
            {"data": (DataUse(path="data/train.csv", digest=OTHER, dataset=OTHER),)},
            "minor: trained on other data: data/train.csv sha256:",
        ),
        ({"data": ()}, "minor: trained on other data: data/train.csv is gone"),
        ({"params": {"rate": 0.2, "depth": 3}}, "minor: other parameters: depth unset → 3, rate 0.1 → 0.2"),
        ({"metrics": {"validation_accuracy": 0.9}}, "minor: its own metrics: validation_accuracy 0.8 → 0.9"),
        ({"facts": facts(inputs={"age": "int64"})}, "minor: job is no longer read"),
        ({"facts": facts(outputs={**FACTS.outputs, "why": "object"})}, "minor: why is answered as well"),
        ({"facts": facts(framework_version="1.6.0")}, "minor: sklearn 1.5.0 became 1.6.0"),
    ],
)
def test_what_may_answer_otherwise_is_minor(changes: dict[str, Any], finding: str) -> None:
    semantic, level, findings = bumped(weights=OTHER, **changes)

    assert (semantic, level) == ("1.5.0", "minor")
    assert any(each.startswith(finding) for each in findings), findings


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"code": OTHER},
        {"runtime": OTHER},
        {"card": OTHER},
        {"params": {"rate": 0.2}},
        {"metrics": {}},
        {"data": ()},
        {"facts": facts(framework_version="1.5.1")},
    ],
)
def test_with_the_same_weights_everything_else_is_a_patch(changes: dict[str, Any]) -> None:
    semantic, level, findings = bumped(**changes)

    assert (semantic, level) == ("1.4.3", "patch")
    assert any("the weights are the same bytes" in each for each in findings)


@pytest.mark.parametrize(
    ("devices", "packages", "finding"),
    [
        ({"devices": "cuda:0"}, (), "major: its tensors were saved on cuda:0, so what loads them needs one"),
        ({}, ("flash-attn", "numpy"), "major: it runs with flash-attn, which needs a GPU"),
        ({}, ("nvidia-cudnn-cu12", "torch"), ""),
    ],
)
def test_a_model_that_comes_to_need_a_gpu_is_major(
    devices: dict[str, str], packages: tuple[str, ...], finding: str
) -> None:
    def subject(runtime: str, facts: dict[str, str], names: tuple[str, ...]) -> Subject:
        installed = tuple(Package(name=each, version="1.0") for each in names)
        return Subject(
            version(weights=digest_of(runtime.encode()), runtime=digest_of(runtime.encode())),
            Structure(format="torch", framework="torch", facts=facts),
            Runtime(python="3.11.7", packages=installed),
        )

    found = derive(subject("a", {}, ("numpy",)), subject("b", devices, packages), previous_semantic="1.4.2")

    assert finding == next((each[: len(finding)] for each in found.findings if "GPU" in each or "saved on" in each), "")
    assert ("2.0.0" if finding else "1.5.0") == found.semantic
    # Whoever needed it before finds nothing new.
    again = derive(subject("b", devices, packages), subject("c", devices, packages), previous_semantic="2.0.0")
    assert "2.1.0" == again.semantic


def test_other_weights_are_never_a_patch() -> None:
    assert bumped(weights=OTHER, code=OTHER)[1] == "minor"


def test_weights_that_are_not_here_are_never_a_patch() -> None:
    there = version(source="s3://b/m")

    for before, after, said in (
        (there, there, "nobody knows which bytes were there"),
        (there, version(source="s3://b/n"), "at s3://b/n and were at s3://b/m"),
        (BEFORE, there, "at s3://b/m and were at hand"),
        (there, BEFORE, "at hand and were at s3://b/m"),
    ):
        found = derive(Subject(before), Subject(after), previous_semantic="1.4.2")

        assert ("1.5.0", "minor") == (found.semantic, found.level)
        assert said in found.findings[0]


def test_a_wider_dtype_is_minor_and_a_renamed_one_is_nothing() -> None:
    old = version(facts=facts(inputs={"age": "int32", "job": "object"}))
    wider = derive(
        Subject(old),
        Subject(version(facts=facts(inputs={"age": "int64", "job": "str"}))),
        previous_semantic="1.0.0",
    )

    assert [each for each in wider.findings if "job" in each] == []
    assert wider.findings[0] == "minor: the input age was int32 and is int64, so it takes more than before"


def test_other_answers_on_the_same_held_out_rows_are_a_finding() -> None:
    known = evidence(people(all=(50, 30, 0, 20)))
    found = derive(
        Subject(BEFORE, evaluation=known.champion_evaluation),
        Subject(version(weights=OTHER), evaluation=known.evaluation),
        previous_semantic="1.0.0",
    )

    assert any("it answers otherwise on the held-out rows: accuracy " in each for each in found.findings)


def test_the_same_two_versions_always_give_the_same_findings() -> None:
    inputs = {f"x{place}": "int64" for place in range(20)}
    old = version(facts=facts(inputs=inputs))
    new: Version = version(facts=facts(inputs=dict.fromkeys(reversed(inputs), "int32")))
    sentences = derive(Subject(old), Subject(new), previous_semantic="1.0.0").findings

    assert [each.split()[3] for each in sentences if "input" in each] == sorted(inputs)


def test_a_previous_version_needs_a_number() -> None:
    with pytest.raises(Invalid, match="no semantic version"):
        derive(Subject(BEFORE), Subject(BEFORE), previous_semantic="")
