"""Searches of a repository: what was recorded and what was told, page by page, with what only the repository knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.runs import Code, Package, Runtime
from lineal.objects.ulid import ulid
from lineal.operations.recording import experiments, inputs, tracking
from lineal.operations.recording.summaries import Dataset, UsedDataset
from lineal.operations.recording.tracking import NewRun
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from lineal.storage.made_with import note_made_with
from tests.unit.operations.recording.test_tracking import in_database, point

_RUNS = tuple(ulid(1_000 + number, b"0123456789") for number in range(6))


@pytest.fixture(params=["sqlite", "postgresql"])
def repository(request: pytest.FixtureRequest) -> Iterator[LocalRepository]:
    """Six runs that told of themselves, the last two of which are in an experiment of their own."""
    database = Sqlite(MEMORY) if request.param == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    with in_database(database) as found:
        trials = experiments.create(found, "churn trials").number
        for number, run in enumerate(_RUNS):
            new = NewRun(id=run, name=f"r{number}", started_at=number, experiment=trials if number > 3 else 0)
            tracking.create(found, new)
            tracking.record(
                found,
                run,
                points=(point("val_auc", number / 10), point("val_loss", 1 - number / 10)),
                params={"kind": "tree" if number % 2 else "forest", "depth": str(number)},
                tags={"team": "ab"[number % 2], "mlflow.source.git.commit": "3fe4a1" if number < 2 else "9c0d"},
            )
        told = Dataset(name="customers", digest="d1a4f00d", source_type="local", source="")
        inputs.add_inputs(found, _RUNS[2], datasets=(UsedDataset(dataset=told),))
        yield found


def found(repository: LocalRepository, query: str) -> list[str]:
    return [each.name for each in repository.search(query, kind="runs").runs]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("val_auc > 0.3", ["r5", "r4"]),
        ("metrics./^val_/ > 0.9", ["r0"]),
        ("best 2 by val_loss", ["r5", "r4"]),
        ("best by val_auc trained on data:customers", ["r2"]),
        ("trained on data:customers@d1a4", ["r2"]),
        ("params.depth >= 4 order by params.depth", ["r4", "r5"]),
        ("params.kind = tree and tags.team = b and val_auc < 0.2", ["r1"]),
        ("commit = 3fe4", ["r1", "r0"]),
        ("experiment = 'churn trials'", ["r5", "r4"]),
        ("experiment = 'no such'", []),
        ("not has tags./team/", []),
        ("status = running and user = ada limit 2", ["r5", "r4"]),
    ],
)
def test_what_programs_told_is_found(repository: LocalRepository, query: str, names: list[str]):
    assert names == found(repository, query)


def test_what_was_deleted_is_not_found(repository: LocalRepository):
    tracking.delete(repository, _RUNS[5])

    assert ["r4"] == found(repository, "experiment = 'churn trials'")


def test_packages_compare_as_versions_do(repository: LocalRepository):
    for run, version in zip(_RUNS, ("1.9.0", "1.10.0", "1.10rc1", "2.0"), strict=False):
        runtime = Runtime(packages=(Package(name="scikit-learn", version=version),), python="3.12.1")
        note_made_with(repository.store.database, run, Code(branch="main"), runtime)

    assert ["r3", "r1"] == found(repository, "package scikit_learn >= 1.10")
    assert ["r3", "r2", "r1", "r0"] == found(repository, "package scikit-learn > 1.8 and branch = main")
    assert "did you mean scikit-learn?" in repository.search("package scikit-lern > 1", kind="runs").note


def test_a_page_goes_on_behind_the_last_row_whatever_comes_meanwhile(repository: LocalRepository):
    query = "started > 7 days ago or val_auc >= 0 order by val_auc desc"
    first = repository.search(query, kind="runs", limit=2)
    new = NewRun(id=ulid(9_000, b"0123456789"), name="new", started_at=9)
    tracking.create(repository, new)
    tracking.record(repository, new.id, points=(point("val_auc", 0.45), point("val_auc_2", 1)))
    second = repository.search(query, kind="runs", limit=3, page=first.next_page)
    third = repository.search(query, kind="runs", limit=3, page=second.next_page)

    assert ["r5", "r4", "r3", "r2", "r1", "r0"] == [each.name for page in (first, second, third) for each in page.runs]
    assert not third.next_page


@pytest.mark.parametrize(("query", "kind"), [("val_auc >= 0 order by val_auc", "runs"), ("", "versions")])
def test_a_page_belongs_to_its_search(repository: LocalRepository, query: str, kind: str):
    first = repository.search("val_auc >= 0 order by val_auc desc", kind="runs", limit=2)
    for page in (first.next_page, "nothing", "0.e30=", first.next_page[:-4]):
        with pytest.raises(Invalid):
            repository.search(query, kind=kind, page=page)


def test_a_limit_in_the_text_is_how_many_there_are_altogether(repository: LocalRepository):
    page = repository.search("limit 3", kind="runs", limit=2)

    assert (3, "") == (len(page.runs), page.next_page)


@pytest.mark.parametrize(
    ("query", "kind", "problem", "place"),
    [
        ("params.kind > 3", Invalid, "the parameter kind is a text", "params.kind > 3"),
        ("trained on custmers", NotFound, "there is no dataset", "custmers"),
        (
            "trained on data:customers@ffff",
            NotFound,
            "no run used a dataset customers whose digest",
            "data:customers@ffff",
        ),
        ("metrics./val_[/ > 1", Invalid, "this bracket is never closed", "["),
    ],
)
def test_an_error_that_only_the_repository_can_tell_points_at_the_place_too(
    repository: LocalRepository, query: str, kind: type[Exception], problem: str, place: str
):
    with pytest.raises(kind) as caught:
        repository.search(query, kind="runs")
    said, line, marks = str(caught.value.message).split("\n")

    assert said.startswith(problem)
    assert place == line[marks.index("^") : marks.rindex("^") + 1]


def test_a_list_shows_the_metrics_that_the_search_names(repository: LocalRepository):
    asked = repository.search("val_loss > 0 and val_auc >= 0 limit 1", kind="runs").runs[0]
    plain = repository.search("limit 1", kind="runs").runs[0]

    assert ["val_loss", "val_auc"] == list(asked.metrics)
    assert ["val_auc", "val_loss"] == list(plain.metrics)
