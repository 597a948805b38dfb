"""Which semantic version is proposed, of versions and of runs; and who may say otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Denied, Invalid
from lineal.objects.runs import ModelFacts
from lineal.storage.store import Actor
from tests.unit.formats.tensors.making import ONE_SAFE, VALUES, safetensors
from tests.unit.operations.making import run

ONE = ModelFacts(framework="torch", inputs={"age": "int64"}, outputs={"left": "int64"})
TWO = ModelFacts(framework="torch", inputs={"age": "int64", "zip": "int64"}, outputs={"left": "int64"})


def made(repository: LocalRepository, data: bytes, facts: ModelFacts = ONE) -> str:
    return run(repository, writes={"m.pkl": data}, models={"m.pkl": facts}).reference


def test_a_run_is_told_what_it_would_be_and_registering_it_gives_that(repository: LocalRepository) -> None:
    repository.model.register(made(repository, b"1"), name="m")
    other = made(repository, b"2", TWO)
    told = repository.model.bump(other, name="m")
    version = repository.model.register(other, name="m")

    assert ("2.0.0", "major", "m:1.0.0") == (told.semantic, told.level, told.against)
    assert [("input-added", "zip"), ("retrained", "m.pkl")] == [(each.rule, each.where) for each in told.findings]
    assert (told.semantic, "2.0.0") == (version.semantic, repository.model.bump(version.reference).given)
    assert told.findings == repository.model.bump("m:2.0.0").findings


def test_of_a_run_the_model_must_be_named_and_the_first_has_no_findings(repository: LocalRepository) -> None:
    first = made(repository, b"1")
    with pytest.raises(Invalid, match="no version of a model yet"):
        repository.model.bump(first)

    told = repository.model.bump(first, name="m")
    assert ("1.0.0", "first", ()) == (told.semantic, told.level, told.findings)


def test_the_same_tensors_in_a_file_that_was_written_anew_are_a_patch(repository: LocalRepository) -> None:
    bias = {"layer.bias": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]}}
    weight = {"layer.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
    again = safetensors({**bias, **weight, "__metadata__": {"format": "pt"}}, VALUES + b"\x80\x3f\x00\x40")
    other = safetensors({**bias, **weight, "__metadata__": {"format": "pt"}}, VALUES + b"\x81\x3f\x00\x40")
    versions = [
        repository.model.register(run(repository, writes={"m.safetensors": data}).reference, name="m")
        for data in (ONE_SAFE, again, other)
    ]

    assert ["1.0.0", "1.0.1", "1.1.0"] == [each.semantic for each in versions]
    assert ["weights-rewritten"] == [each.rule for each in repository.model.bump("m:1.0.1").findings]


def test_a_version_is_compared_with_whichever_is_named(repository: LocalRepository) -> None:
    for data, facts in ((b"1", ONE), (b"2", ONE), (b"3", TWO)):
        repository.model.register(made(repository, data, facts), name="m")
    levels = {each: repository.model.bump("m:2.0.0", against=each).level for each in ("m:1.0.0", "m:1.1.0")}

    assert {"m:1.0.0": "major", "m:1.1.0": "major"} == levels
    assert "minor" == repository.model.bump("m:1.1.0").level


def test_the_policy_of_the_repository_sets_levels(repository: LocalRepository, policy: Callable[[str], None]) -> None:
    policy('[semver]\ninput-added = "minor"\n')
    versions = [repository.model.register(made(repository, *each), name="m") for each in ((b"1", ONE), (b"2", TWO))]

    assert ["1.0.0", "1.1.0"] == [each.semantic for each in versions]


def test_only_approvers_lower_a_level_and_what_was_derived_stays(repository: LocalRepository) -> None:
    repository.model.register(made(repository, b"1"), name="m")
    other = made(repository, b"2", TWO)
    with pytest.raises(Denied, match=r"the evidence asks for a major version.*callers must now send zip"):
        repository.acting(Actor("grace", "writer")).model.register(other, name="m", level="minor", reason="nobody does")
    lowered = repository.acting(Actor("ada", "approver")).model.register(
        other, name="m", level="minor", reason="nobody does"
    )

    (statement,) = (each for each in lowered.statements if hasattr(each.predicate, "overridden_because"))
    assert ("1.1.0", "ada") == (lowered.semantic, statement.by)
    assert "nobody does (derived: major)" == repository.model.bump("m:1.1.0").overridden_because
