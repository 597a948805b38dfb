"""Histories of MLflow 1, 2 and 3 in a repository: all of it, once, and going on where it was cut off."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.mlflow import filing
from lineal.client.mlflow.importing import Imported, import_history
from lineal.objects.errors import Corrupt, Unavailable
from lineal.objects.ulid import ulid_of
from lineal.operations.migration import tracking_imports
from lineal.operations.recording import experiments, logged_models, tracking
from lineal.operations.versioning import registry
from lineal.storage.mlflow.opening import open_source
from tests.unit.storage.mlflow.databases import AT, DELETED, MODEL, RUN, insert, make, point

LOSS = [
    (0, 1.0, AT),
    (1, 0.5, AT + 1),
    (2, "NaN", AT + 2),
    (3, "Infinity", AT + 3),
    (3, "-Infinity", AT + 4),
    (1, 0.4, AT + 5),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalRepository]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with init(tmp_path / "here", database=url) as found:
        yield found


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    with init(tmp_path / "here") as found:
        yield found


def brought(repository: LocalRepository, place: Path | str, *, files: bool = True, artifacts: str = "") -> Imported:
    source = open_source(str(place), artifacts=artifacts, variables={})
    try:
        return import_history(repository, source, files=files)
    finally:
        source.close()


def counted(found: Imported) -> dict[str, int]:
    """Return the counts of an import, which must be the same there and here."""
    assert [] == [each for each in found.counts if each.source != each.target]
    return {each.kind: each.target for each in found.counts}


def loss(repository: LocalRepository) -> list[tuple[int, object, int]]:
    found = tracking.history(repository, ulid_of(RUN), key="loss")
    return list(zip(found.steps, found.values, found.times, strict=True))


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_everything_that_a_database_knows_comes_with_its_ids_and_times(
    repository: LocalRepository, tmp_path: Path, generation: int
) -> None:
    found = brought(repository, make(tmp_path / "there", generation))

    expected = {
        "experiments": 3,
        "runs": 2,
        "params": 1,
        "tags": 2,
        "points of metrics": 7 if generation > 2 else 6,
        "inputs": int(generation > 1),
        "logged models": int(generation > 2),
        "files": 3 if generation > 2 else 2,
        "registered models": 1,
        "versions": 3 if generation > 2 else 2,
        "aliases": int(generation > 1),
    }
    assert expected == counted(found)
    assert () == found.left_out
    assert LOSS == loss(repository)
    run, deleted = (tracking.tracked(repository, ulid_of(each)) for each in (RUN, DELETED))
    assert (7, "train", "ada", "finished", AT, AT + 9, None) == (
        run.experiment, run.name, run.started_by, run.state, run.started_at, run.ended_at, run.deleted_at
    )  # fmt: skip
    assert deleted.deleted_at is not None
    assert b'"value":"-Infinity"' in bytes(run.metrics)
    assert [("churn", "active", "a"), ("gone", "deleted", None)] == [
        (each.name, each.state, each.tags.get("team"))
        for each in (experiments.shown(repository, number=number) for number in (7, 8))
    ]
    assert () == repository.verify().problems


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_versions_keep_their_numbers_and_are_sealed(local: LocalRepository, tmp_path: Path, generation: int) -> None:
    brought(local, make(tmp_path / "there", generation))

    first, third = (registry.version(local, "clf", number=number) for number in (1, 3))
    assert ("production", "number 1", AT + 1, AT + 40, "ada", {"x": "y"}) == (
        first.stage, first.description, first.created_at, first.updated_at, first.created_by, first.tags
    )  # fmt: skip
    assert ulid_of(RUN) == first.run
    assert f"mlflow-artifacts:/7/{RUN}/artifacts/model" == first.location
    assert (("champion",) if generation > 1 else ()) == third.aliases
    assert {"MLmodel", "model.pkl"} == {each.path for each in local.data.files("clf:#1")}
    model = registry.model(local, "clf")
    assert ("d", AT, AT + 50, {"k": "v"}) == (model.description, model.created_at, model.updated_at, model.tags)


def test_a_logged_model_comes_with_its_files_and_what_was_made_of_it(local: LocalRepository, tmp_path: Path) -> None:
    brought(local, make(tmp_path / "there", 3))

    model = logged_models.show(local, MODEL)
    assert ("net", "clf", "READY", ulid_of(RUN), {"p": "1"}, {"t": "u"}) == (
        model.name, model.model_type, model.status, model.run, model.params, model.tags
    )  # fmt: skip
    assert [("auc", 0.75, 1)] == [(each.key, each.value, each.step) for each in model.metrics]
    assert {"net.bin"} == {each.path for each in local.data.files("clf:#4")}
    assert b'"step":4' in bytes(tracking.tracked(local, ulid_of(RUN)).outputs)


def test_importing_again_brings_only_what_is_new(local: LocalRepository, tmp_path: Path) -> None:
    path = make(tmp_path / "there", 2)
    brought(local, path)
    again = brought(local, path)
    with sqlite3.connect(path) as database:
        point(database, RUN, 0.3, 4, AT + 9)
        database.execute("UPDATE latest_metrics SET value = 0.3, step = 4, timestamp = ?, is_nan = 0", (AT + 9,))
        insert(database, "tags", key="note", value="late", run_uuid=RUN)
        database.execute("UPDATE model_versions SET current_stage = 'Archived' WHERE version = 1")
    later = brought(local, path)

    assert (0, ()) == (again.new, again.left_out)
    assert (2, ()) == (later.new, later.left_out)
    assert 7 == counted(later)["points of metrics"]
    assert [*LOSS, (4, 0.3, AT + 9)] == loss(local)
    assert "archived" == registry.version(local, "clf", number=1).stage


class CutOff(LocalRepository):
    """A repository that goes away before an act, the one whose number is given."""

    left = 0

    def perform(self, operation: object, request: object, *, key: str = "") -> object:
        type(self).left -= 1
        if not type(self).left:
            raise Unavailable("the disk was pulled out")
        return super().perform(operation, request, key=key)  # type: ignore[arg-type]


@pytest.mark.parametrize("acts", range(2, 14))
def test_an_import_that_was_cut_off_goes_on_without_anything_twice(
    local: LocalRepository, tmp_path: Path, acts: int
) -> None:
    path = make(tmp_path / "there", 3)
    CutOff.left = acts
    with pytest.raises(Unavailable):
        brought(CutOff(local.store), path)
    found = brought(local, path)

    assert 7 == counted(found)["points of metrics"]
    assert (0, ()) == (found.check(), found.left_out)
    assert LOSS == loss(local)
    assert [1, 3, 4] == sorted(each.number for each in local.model.show("clf").versions)


def test_a_name_that_is_taken_is_the_same_experiment_and_a_number_that_is_taken_is_not(
    local: LocalRepository, tmp_path: Path
) -> None:
    ours = experiments.create(local, "churn")
    for number in range(8):
        experiments.create(local, f"ours {number}")
    found = brought(local, make(tmp_path / "there", 1))

    assert () == found.left_out
    assert ours.number == tracking.tracked(local, ulid_of(RUN)).experiment
    assert "deleted" == experiments.shown(local, name="gone").state
    assert "active" == experiments.shown(local, number=8).state
    assert 11 == experiments.create(local, "next").number


def test_a_version_that_is_another_one_here_stays_and_is_named(local: LocalRepository, tmp_path: Path) -> None:
    brought(local, make(tmp_path / "one", 1))
    before = registry.version(local, "clf", number=1)
    other = make(tmp_path / "two", 1)
    with sqlite3.connect(other) as database:
        database.execute("UPDATE model_versions SET creation_time = 5, description = 'another'")
    found = brought(local, other)

    assert before == registry.version(local, "clf", number=1)
    assert 2 == len(found.left_out)
    assert "version 1 of clf is another one here" in found.left_out[0]
    assert 3 == found.check()


def test_files_that_cannot_be_reached_are_named_and_come_later(local: LocalRepository, tmp_path: Path) -> None:
    path = make(tmp_path / "there", 3)
    moved = tmp_path / "elsewhere"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE runs SET artifact_uri = 'mlflow-artifacts:/7/' || run_uuid || '/artifacts'")
    found = brought(local, path)
    (tmp_path / "there" / "mlruns").rename(moved)
    later = brought(local, path, artifacts=str(moved))

    assert 3 == found.check()
    assert [True] * 4 == [RUN in each or DELETED in each for each in found.left_out]
    assert {"version 1 of clf", "version 3 of clf"} == {each.partition(":")[0] for each in found.left_out[2:]}
    assert (0, ()) == (later.check(), later.left_out)
    assert {"files": 3, "versions": 3}.items() <= counted(later).items()


def test_without_files_programs_go_on_finding_them_where_they_are(local: LocalRepository, tmp_path: Path) -> None:
    found = brought(local, make(tmp_path / "there", 2), files=False)
    source = f"{tmp_path}/there/mlruns/7/{RUN}/artifacts/model"

    assert (0, ()) == (found.check(), found.left_out)
    assert source == registry.version(local, "clf", number=1).location
    assert f"{tmp_path}/there/mlruns/7" == tracking.tracked(local, ulid_of(RUN)).artifact_location
    assert f"{tmp_path}/there/mlruns/7" == experiments.shown(local, number=7).artifact_location


def test_what_is_lost_on_the_way_is_told(
    local: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_imports.points.operation, "function", lambda store, *, curves: None)  # type: ignore[attr-defined]
    found = brought(local, make(tmp_path / "there", 1))

    assert [("points of metrics", 6, 0)] == [(each.kind, each.source, each.target) for each in found.missing]
    with pytest.raises(Corrupt, match="of 6 points of metrics only 0 came"):
        found.check()


def test_a_version_of_which_nothing_is_left_is_named(local: LocalRepository, tmp_path: Path) -> None:
    path = make(tmp_path / "there", 1)
    shutil.rmtree(tmp_path / "there" / "mlruns" / "7" / RUN / "artifacts" / "model")
    found = brought(local, path)
    kept = brought(local, path, files=False)

    assert [f"version {number} of clf: there is nothing at model" for number in (1, 3)] == [
        each.partition(" (")[0] for each in found.left_out
    ]
    assert ((), 2) == (kept.left_out, len(local.model.show("clf").versions))


def test_a_version_whose_files_are_of_no_run_has_them_all_the_same(local: LocalRepository, tmp_path: Path) -> None:
    path = make(tmp_path / "there", 2)
    (tmp_path / "bought").mkdir()
    (tmp_path / "bought" / "net.onnx").write_bytes(b"net")
    with sqlite3.connect(path) as database:
        database.execute(
            "UPDATE model_versions SET source = ?, run_id = NULL WHERE version = 3", (f"{tmp_path}/bought",)
        )
    found = brought(local, path)

    assert () == found.left_out
    assert ["net.onnx"] == [each.path for each in local.data.files("clf:#3")]
    assert registry.version(local, "clf", number=3).location.startswith("mlflow-artifacts:/versions/")


def test_many_files_come_in_parts(local: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "there", 1)
    folder = tmp_path / "there" / "mlruns" / "7" / RUN / "artifacts" / "many"
    folder.mkdir()
    for number in range(7):
        (folder / str(number)).write_text(str(number))
    monkeypatch.setattr(filing, "_FILES_AT_ONCE", 3)
    found = brought(local, path)

    assert () == found.left_out
    assert 9 == counted(found)["files"]
