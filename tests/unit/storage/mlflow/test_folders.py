"""Folders as MLflow's file store writes them, also the oldest ones, and those that were moved or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.objects.errors import Invalid, NotFound
from lineal.storage.mlflow.folders import Folders
from lineal.storage.mlflow.opening import open_source

RUN = "a" * 32


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one run, as MLflow 1 wrote it on another machine."""
    root = tmp_path / "mlruns"
    run = root / "0" / RUN
    for name in ("metrics/val", "params", "tags", "artifacts/model"):
        (run / name).mkdir(parents=True)
    (root / "0" / "meta.yaml").write_text("experiment_id: 0\nname: Default\nlifecycle_stage: active\n")
    said = f"run_uuid: {RUN}\nstatus: 3\nstart_time: 1\nend_time: 2\nlifecycle_stage: active\nuser_id: ada\n"
    (run / "meta.yaml").write_text(f"{said}name: ''\nartifact_uri: file:///home/ada/mlruns/0/{RUN}/artifacts\n")
    (run / "metrics" / "loss").write_text("10 0.5\n20 nan 7\n20 nan 7\n15 -inf 9\n")
    (run / "metrics" / "val" / "acc").write_text("10 1e-3 1\n")
    (run / "params" / "text").write_text("two\nlines ")
    (run / "tags" / "mlflow.runName").write_text("old")
    (run / "artifacts" / "model" / "x").write_bytes(b"x")
    return root


def test_a_run_of_the_oldest_form_is_read(root: Path) -> None:
    source = Folders(root)
    (experiment,) = source.experiments()
    (run,) = source.runs(experiment)
    curves = {each.key: (each.steps, each.values, each.times) for each in source.curves([run])}

    assert ("0", "Default", False) == (experiment.id, experiment.name, experiment.is_deleted)
    assert (RUN, "old", "ada", "finished", 1, 2) == (
        run.id, run.name, run.user, run.state, run.started_at, run.ended_at
    )  # fmt: skip
    assert {"text": "two\nlines "} == run.params
    assert {
        "loss": ([0, 7, 7, 9], [0.5, "NaN", "NaN", "-Infinity"], [10, 20, 20, 15]),
        "val/acc": ([1], [0.001], [10]),
    } == curves
    assert 4 == run.point_count  # one was written twice
    assert [("loss", 9, "-Infinity"), ("val/acc", 1, 0.001)] == [
        (each.key, each.step, each.value) for each in run.metrics
    ]


def test_a_folder_that_was_moved_has_its_files_with_it(root: Path) -> None:
    moved = root.rename(root.parent / "copy")
    source = open_source(str(moved), artifacts="", variables={})
    (experiment,) = source.experiments()
    (run,) = source.runs(experiment)

    assert [("model/x", 1)] == [(each.path, each.size_bytes) for each in source.files(run)]


def test_what_is_damaged_is_named_and_the_rest_is_read(root: Path) -> None:
    (root / "0" / ("b" * 32)).mkdir()
    (root / "1").mkdir()
    (root / "1" / "meta.yaml").write_text("name: [")
    source = Folders(root)
    (experiment,) = source.experiments()

    assert [RUN] == [each.id for each in source.runs(experiment)]
    assert [f"{root}/1/meta.yaml", f"{root}/0/{'b' * 32}/meta.yaml"] == [each.split(" ")[0] for each in source.problems]


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("nowhere", NotFound),
        ("sqlite:///nowhere.db", NotFound),
        (".", Invalid),
        ("text", Invalid),
        ("mysql+pymysql://ada@x/y", Invalid),
        ("http://", Invalid),
    ],
)
def test_what_is_no_place_of_mlflows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, kind: type[Exception]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("this is no database, and long enough")

    with pytest.raises(kind):
        open_source(address, artifacts="", variables={})
