"""One life of a model, claim by claim, on a small table: locally, over PostgreSQL, and through a server."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from lineal.client.connect import Repository
from lineal.objects.digest import is_digest
from lineal.objects.errors import Conflict, Invalid, NotFound, Refused
from tests.surfaces.project import write_table
from tests.surfaces.recording import record

ROWS = [{"age": 70, "hours": 20}, {"age": 20, "hours": 60}]


@pytest.fixture
def model(repository: Repository, project: Path) -> str:
    """The first version of a model of who is rich: registered and evaluated."""
    repository.data.add(project / "train.csv")
    repository.data.add(project / "test.csv")
    run = record(repository, project, "python", "train.py")
    version = repository.model.register(run.reference, name="rich")
    repository.evaluate(version.reference)
    return version.reference


def test_a_version_binds_all_seven_parts_without_a_call_in_the_script(
    model: str, repository: Repository, project: Path
) -> None:
    shown = repository.show(model)
    run = repository.show(shown.run)

    assert (shown.semantic, shown.stage) == ("1.0.0", "staging")
    assert is_digest(shown.digest)
    assert shown.version.main_file == "model.joblib"
    assert [each.path for each in shown.version.data] == ["train.csv"]
    assert shown.version.data[0].dataset == repository.data.show("train").digest
    assert shown.version.params["strength"] == 1.0
    assert len(run.code.commit) == 40
    assert any(each.name == "scikit-learn" for each in run.runtime.packages)
    assert 0.5 < shown.version.metrics["fit"] <= 1
    assert shown.version.facts.framework == "sklearn"
    assert shown.version.facts.inputs.keys() == {"age", "hours"}
    assert repository.model.card(model).text.startswith("---\n")


def test_registering_the_same_run_again_gives_the_version_it_has(model: str, repository: Repository) -> None:
    again = repository.model.register("run:train", name="rich")

    assert (again.reference, again.created) == (model, False)


def test_an_evaluation_is_overall_and_by_subgroup(model: str, repository: Repository) -> None:
    metrics = repository.show(model).metrics

    assert {"accuracy", "auc", "recall[sex=Female]", "recall[sex=Male]"} <= metrics.keys()


def test_a_version_that_fails_a_subgroup_is_refused_with_the_reason(
    model: str, repository: Repository, project: Path
) -> None:
    repository.promote(model, to="production")
    write_table(project / "train.csv", rows=800, seed=1, lost="Female")
    run = record(repository, project, "python", "train.py")
    worse = repository.model.register(run.reference, name="rich").reference
    repository.evaluate(worse)

    with pytest.raises(Refused, match="sex=Female"):
        repository.promote(worse, to="production")
    assert repository.show("rich@production").reference == model
    kept = [
        each.predicate.outcome
        for each in repository.show(worse).statements
        if "gate" in str(type(each.predicate)).lower()
    ]
    assert kept == ["fail"]

    with pytest.raises(Invalid, match="reason"):
        repository.promote(worse, to="production", force=True)
    moved = repository.promote(worse, to="production", force=True, reason="to show that it can be done")
    assert (moved.outcome, moved.archived) == ("fail", model)
    assert "to show that it can be done" in repository.log(worse)[0].request


def test_promoting_twice_says_so(model: str, repository: Repository) -> None:
    repository.promote(model, to="production")

    with pytest.raises(Conflict, match="already"):
        repository.promote(model, to="production")


def test_what_is_deployed_answers_with_its_digest_is_counted_and_comes_back_after_a_rollback(
    model: str, repository: Repository, project: Path
) -> None:
    repository.promote(model, to="production")
    first = repository.deploy(model)
    before, digest = ask(first.endpoint)
    run = record(repository, project, "python", "train.py", "--strength", "0.01")
    second = repository.model.register(run.reference, name="rich").reference
    repository.evaluate(second)
    repository.promote(second, to="production")
    replaced = repository.deploy(second)

    assert digest == first.desired == first.observed
    assert replaced.endpoint == first.endpoint
    assert ask(replaced.endpoint)[1] == replaced.desired != first.desired
    assert {each.version: each.request_count for each in repository.deployments(all=True)} == {model: 1, second: 1}

    back = repository.rollback("rich")

    assert back.version == model
    assert ask(back.endpoint) == (before, digest)
    assert repository.show("rich@production").reference == model
    with pytest.raises(NotFound, match="before"):
        repository.rollback("rich")
    repository.undeploy(back.reference)
    assert repository.deployments() == ()


def test_only_what_stands_in_production_runs_there(model: str, repository: Repository) -> None:
    with pytest.raises(Refused, match="staging"):
        repository.deploy(model)


def test_questions_find_what_was_made(model: str, repository: Repository, project: Path) -> None:
    run = record(repository, project, "python", "train.py", "--strength", "0.001")
    second = repository.model.register(run.reference, name="rich").reference
    repository.evaluate(second)
    best = repository.search("best by accuracy trained on data:train").versions
    diff = {(each.part, each.name): (each.left, each.right) for each in repository.diff(model, second).differences}
    nodes = {each.reference: each.depth for each in repository.lineage(model).nodes}

    assert {each.reference for each in repository.search("accuracy > 0.5").versions} == {model, second}
    assert best[0].metrics["accuracy"] >= best[1].metrics["accuracy"]
    assert diff["params", "strength"] == ("1.0", "0.001")
    assert nodes["data:train@1"] > nodes[repository.show(model).run] > nodes[model] == 0
    assert [each.operation for each in repository.log(model)] == ["evaluate", "evaluate", "model register"]


def test_verify_reads_everything_and_finds_nothing_wrong(model: str, repository: Repository) -> None:
    found = repository.verify()

    assert found.problems == ()
    assert found.blobs > 5
    assert found.journal_entries == len(repository.log(limit=1000))


def test_an_unknown_name_is_answered_with_those_near_it(model: str, repository: Repository) -> None:
    with pytest.raises(NotFound) as caught:
        repository.show("rihc:1.0.0")

    assert "rich" in caught.value.hint


def ask(endpoint: str) -> tuple[str, str]:
    """Return what is predicted for ``ROWS``, exactly as it came, and the digest of the version that did."""
    request = Request(
        f"{endpoint}/predict", data=json.dumps({"rows": ROWS}).encode(), headers={"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=30) as response:
        return response.read().decode(), response.headers["Lineal-Version"]
