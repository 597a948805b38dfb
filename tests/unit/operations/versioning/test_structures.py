"""What the files of a version say that it is, stated when it is registered."""

from __future__ import annotations

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.runs import ModelFacts
from lineal.objects.structures import Field, Structure
from lineal.operations.versioning.structures import completed, structure_said
from tests.unit.formats.tensors.making import ONE_SAFE, torch
from tests.unit.operations.making import run
from tests.unit.operations.tracked import made, registered, tracked


def stated(repository: LocalRepository, digest: str) -> list[Structure]:
    rows = repository.store.database.run(
        "SELECT count(*) AS count FROM statement WHERE subject = :digest AND kind = 'structure'", digest=digest
    )
    found = structure_said(repository.store, digest)  # type: ignore[arg-type]  # a digest is a text
    return [found] * rows[0]["count"] if found else []


def test_a_version_that_is_registered_says_what_its_files_are(repository: LocalRepository) -> None:
    version = repository.model.register(run(repository, writes={"m.safetensors": ONE_SAFE}).reference, name="m")
    (structure,) = (each.predicate for each in version.statements if isinstance(each.predicate, Structure))

    assert ("safetensors", "torch", 8) == (structure.format, structure.framework, structure.parameter_count)
    assert ["layer.bias", "layer.weight"] == [each.name for each in structure.tensors]
    assert ("torch", "") == (version.facts.framework, version.version.facts.framework)


def test_it_is_stated_once_of_one_version_under_two_names(repository: LocalRepository) -> None:
    one = run(repository, writes={"m.safetensors": ONE_SAFE}).reference
    versions = [repository.model.register(one, name=name) for name in ("m", "n")]

    assert 1 == len({each.digest for each in versions})
    assert 1 == len(stated(repository, versions[0].digest))


def test_another_format_of_the_same_tensors_has_the_same_fingerprint(repository: LocalRepository) -> None:
    state = torch()
    files = {"m.pt": state, "other.pt": torch(shape=(3, 2), strides=(2, 1))}
    found = [
        repository.model.register(run(repository, writes={name: data}).reference, name=name).statements
        for name, data in files.items()
    ]
    prints = {each.predicate.fingerprint for said in found for each in said if isinstance(each.predicate, Structure)}

    assert 2 == len(prints)


def test_a_model_that_mlflow_logged_says_what_is_described(either: LocalRepository) -> None:
    version = registered(either, made(either, "churn"), tracked(either))
    (structure,) = stated(either, version.digest)

    assert {"age": Field(dtype="float64"), "visits": Field(dtype="int64")} == structure.inputs
    assert {"output 0": Field(dtype="int64", shape=(-1,))} == structure.outputs
    assert ("mlflow", "sklearn", "1.5.0") == (structure.format, structure.framework, structure.framework_version)


def test_a_file_that_contradicts_itself_is_registered_and_said_to(repository: LocalRepository) -> None:
    version = repository.model.register(run(repository, writes={"m.safetensors": ONE_SAFE[:-1]}).reference, name="m")
    (structure,) = stated(repository, version.digest)

    assert ("", True) == (structure.format, structure.notes[0].startswith("this is no sound model file"))


def test_of_what_is_no_model_nothing_is_stated(repository: LocalRepository) -> None:
    version = repository.model.register(run(repository, writes={"m.pkl": b"1"}).reference, name="m")

    assert [] == stated(repository, version.digest)


READ = Structure(
    format="joblib", framework="scikit-learn", framework_version="1.9.1", architecture="A", classes=("no", "yes"),
    inputs={"age": Field(dtype="int64")},
)  # fmt: skip


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (ModelFacts(), ("scikit-learn", "1.9.1", "A", {"age": "int64"}, ("no", "yes"))),
        (
            ModelFacts(framework="sklearn", architecture="B", inputs={"x": "f"}),
            ("sklearn", "", "B", {"x": "f"}, ("no", "yes")),
        ),
    ],
)
def test_what_a_framework_told_comes_before_what_files_say(told: ModelFacts, expected: tuple[object, ...]) -> None:
    found = completed(told, READ)

    assert expected == (found.framework, found.framework_version, found.architecture, found.inputs, found.classes)
    assert told == completed(told, None)
