"""What came from MLflow goes back, into a folder or a server, and comes again the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.mlflow.exporting import export_history
from lineal.client.mlflow.importing import Imported
from lineal.objects.errors import Invalid, Unavailable
from lineal.objects.ulid import ulid_of
from lineal.operations.recording import tracking
from lineal.operations.versioning import registry
from lineal.storage.mlflow.folder_writing import FolderTarget
from lineal.storage.mlflow.opening import open_target
from tests.surfaces.conftest import served
from tests.unit.client.mlflow.test_importing import brought, counted, loss
from tests.unit.storage.mlflow.databases import DELETED, MODEL, RUN, make


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    """A repository with what a database of MLflow 3 knew."""
    with init(tmp_path / "here") as found:
        brought(found, make(tmp_path / "there", 3))
        yield found


def taken(repository: LocalRepository, address: object) -> Imported:
    return export_history(repository, open_target(str(address), variables={}))


def test_a_folder_holds_all_of_it_with_the_same_ids(local: LocalRepository, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "mlruns"
    first, second = taken(local, folder), taken(local, folder)
    with init(tmp_path / "again") as again:
        found = brought(again, folder)

        assert (0, ()) == (first.check(), first.left_out)
        assert 7 == counted(first)["points of metrics, taken now"]
        assert (0, ()) == (second.new, second.left_out)
        assert counted(brought(local, tmp_path / "there")) == counted(found)
        assert loss(local) == loss(again)
        before, after = (tracking.tracked(each, ulid_of(RUN)) for each in (local, again))
        assert before == after
        assert tracking.tracked(again, ulid_of(DELETED)).deleted_at is not None
        versions = [registry.version(each, "clf", number=number) for each in (local, again) for number in (1, 3, 4)]
        assert [each.digest for each in versions[:3]] == [each.digest for each in versions[3:]]
        assert [each.stage for each in versions[:3]] == [each.stage for each in versions[3:]]
        assert ("champion",) == versions[4].aliases


def test_a_server_holds_all_of_it_and_says_which_is_which(local: LocalRepository, tmp_path: Path) -> None:
    with init(tmp_path / "other") as other, served(other) as url, init(tmp_path / "again") as again:
        first, second = taken(local, url), taken(local, url)
        found = brought(again, url)

        # Number 2 was deleted before it came, and a server counts without gaps.
        assert first.left_out == second.left_out
        assert [
            f"version {ours} of clf: it is version {theirs} there, for a server counts versions itself"
            for ours, theirs in ((3, 2), (4, 3))
        ] == list(first.left_out)
        assert 0 == second.new
        assert counted(brought(local, tmp_path / "there")) == counted(found)
        (run,) = [each for each in other.exports.runs(experiment=1) if each.deleted_at is None]
        assert run.tags["lineal.exported.run"] == RUN != run.id
        history = tracking.history(again, ulid_of(run.id), key="loss")
        assert loss(local) == list(zip(history.steps, history.values, history.times, strict=True))
        assert "lineal.exported.run" not in str(bytes(tracking.tracked(again, ulid_of(run.id)).tags))


def test_what_another_program_wrote_stays_as_it_is(local: LocalRepository, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    taken(local, folder)
    place = folder / "7" / RUN
    (place / ".lineal-exported").unlink()
    (place / "metrics" / "loss").write_text("1 2 3\n")
    found = taken(local, folder)

    assert "1 2 3\n" == (place / "metrics" / "loss").read_text()
    refused = f"run {RUN} of churn: {place} is there, and no export wrote it (export into another folder)"
    assert (refused,) == found.left_out
    assert 3 == found.check()


def full(*_: object) -> None:
    raise Unavailable("the disk is full")


def test_an_export_that_was_cut_off_goes_on(
    local: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(FolderTarget, "model", full)
        with pytest.raises(Unavailable):
            taken(local, folder)
    found = taken(local, folder)

    assert (0, ()) == (found.check(), found.left_out)
    assert 1 == counted(found)["logged models"]
    assert b"net" == (folder / "7" / "models" / MODEL / "artifacts" / "net.bin").read_bytes()


def test_a_run_that_was_watched_goes_too(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("open('model.pkl', 'w').write('weights')\n")
    with init(tmp_path) as local:
        command = (sys.executable, "-m", "lineal", "run", "--name", "train", "--", sys.executable, str(script))
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        local.model.register("run:train", name="clf")
        found = taken(local, tmp_path / "out")
        with init(tmp_path / "again") as again:
            back = brought(again, tmp_path / "out")

            assert (0, ()) == (found.check(), found.left_out)
            assert {"runs": 1, "files": 1, "versions": 1}.items() <= counted(back).items()
            assert ["model.pkl"] == [each.path for each in again.data.files("clf:#1")]


@pytest.mark.parametrize("address", ["sqlite:///mlflow.db", "mysql://x/y", "http://"])
def test_what_cannot_be_written_to_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        open_target(address, variables={})
