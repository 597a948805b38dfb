"""Which requests a version gets: of the held-out data or what the run read, without what is not to be kept; its example; those before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lineal.checks.policies.policy import parse_policy
from lineal.client.local import LocalRepository
from lineal.formats import golden
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.replays import Golden
from lineal.objects.runs import ModelFacts
from lineal.objects.versions import Version
from lineal.operations.references import find_version
from lineal.operations.versioning import golden_sets
from lineal.operations.versioning.golden_sets import Composed, compose
from lineal.operations.versioning.models import version_of
from tests.unit.operations.making import dataset, run

TABLE = b"age,job,mail,left\n39,baker,a@x.org,no\n,nurse,b@x.org,yes\n90,baker,c@x.org,no\n"
FACTS = ModelFacts(framework="sklearn", inputs={"age": "float64", "job": "object", "mail": "object"})


def made(repository: LocalRepository, *, facts: ModelFacts = FACTS, files: dict[str, bytes] | None = None) -> Version:
    writes = {"m/m.pkl": b"1", **(files or {})}
    found = run(repository, reads={"train.csv": TABLE}, writes=writes, models={"m": facts})
    version = repository.model.register(found.reference, name="m", file="m")
    return version_of(repository.store, find_version(repository.store, version.reference))


def composed(repository: LocalRepository, version: Version, policy: str = "", before: Golden | None = None) -> Composed:
    return compose(repository.store, version, before, parse_policy(policy))


def rows(found: Composed) -> list[dict[str, Any]]:
    return [row for each in found.requests for row in json.loads(each.body)["rows"]]


def test_rows_are_of_the_held_out_data_or_else_of_what_the_run_read(repository: LocalRepository) -> None:
    version = made(repository)
    dataset(repository, "held-out", TABLE + b"17,smith,d@x.org,no\n")
    found = composed(repository, version, '[evaluation]\ndataset = "data:held-out"\nlabel = "left"\n')
    other = composed(repository, version)

    assert ("data:held-out@1", 4) == (found.dataset, len(found.requests))
    assert {"age": None, "job": "nurse", "mail": "b@x.org"} in rows(found)
    assert {"yes", "no"} == {label for each in found.requests for label in each.labels}
    assert ("train.csv", 3, ()) == (other.dataset, len(other.requests), other.requests[0].labels)
    assert found == composed(repository, version, '[evaluation]\ndataset = "data:held-out"\nlabel = "left"\n')


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("rows = 0", []),
        ("rows = 1", [{"age": None, "job": "nurse", "mail": "b@x.org"}]),
        ('rows = 1\nleave_out = ["mail"]', [{"age": None, "job": "nurse", "mail": None}]),
    ],
)
def test_the_policy_says_how_many_and_what_is_left_out(
    repository: LocalRepository, policy: str, expected: list[dict[str, Any]]
) -> None:
    assert expected == rows(composed(repository, made(repository), f"[golden]\n{policy}\n"))


def test_what_every_column_takes_stands_in_place_of_what_is_not_kept(repository: LocalRepository) -> None:
    facts = ModelFacts(framework="sklearn", inputs={"age": "int64", "job": "object"})
    found = composed(repository, made(repository, facts=facts), '[golden]\nleave_out = ["age", "job"]\n')

    assert [{"age": 0, "job": None}] == rows(found)[:1]


def test_a_row_with_a_secret_is_never_taken(repository: LocalRepository) -> None:
    version = made(repository)
    table = b"age,job,mail\n1,baker,password=hunter2secret\n2,nurse,d@x.org\n"
    dataset(repository, "held-out", table)
    found = composed(repository, version, '[evaluation]\ndataset = "data:held-out"\nlabel = "left"\n')

    assert ["d@x.org"] == [each["mail"] for each in rows(found)]


@pytest.mark.parametrize("inputs", [{}, {"zip": "int64"}])
def test_why_nothing_was_sampled_is_said(repository: LocalRepository, inputs: dict[str, str]) -> None:
    found = composed(repository, made(repository, facts=ModelFacts(framework="sklearn", inputs=inputs)))

    assert [] == found.requests
    assert found.gaps[0].endswith("so no rows were sampled")


def test_the_models_own_example_is_asked(repository: LocalRepository) -> None:
    example = b'{"dataframe_split":{"columns":["age"],"data":[[1]]}}'
    version = made(repository, files={"m/input_example.json": example, "m/MLmodel": b""})
    found = composed(repository, version, "[golden]\nrows = 0\n")

    assert [("/invocations", example.decode(), "example")] == [
        (each.path, each.body, each.origin) for each in found.requests
    ]


def test_versions_inherit_and_the_oldest_sampled_ones_make_room(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(requests: list[golden.GoldenRequest]) -> Golden:
        digest: Digest = repository.store.blobs.put(golden.encode(requests))
        return Golden(requests=digest, request_count=len(requests))

    given = golden.of_rows([{"n": 0}], origin="given")
    sampled = [golden.of_rows([{"n": place}]) for place in range(1, 6)]
    version = made(repository)
    whole = composed(repository, version, before=kept([given, *sampled]))
    monkeypatch.setattr(golden_sets, "REQUESTS_MAX", 6)
    few = composed(repository, version, before=kept([given, *sampled]))

    assert ([given, *sampled], 6, 9) == (whole.requests[:6], whole.inherited, len(whole.requests))
    assert ([given, *sampled[3:]], 3, 6) == (few.requests[:3], few.inherited, len(few.requests))


@pytest.mark.parametrize(
    "line", ["rows = -1", "rows = 100000", "request_s = -1", "relative_tolerance = -0.1", "row = 1"]
)
def test_wrong_numbers_of_a_policy_are_told_with_their_line(line: str) -> None:
    with pytest.raises(Invalid, match=r"line [12]: "):
        parse_policy(f"[golden]\n{line}\n")
