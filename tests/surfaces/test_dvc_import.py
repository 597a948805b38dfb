"""The history of a DVC repository that the real DVC made, brought over."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lineal.client.connect import init
from lineal.client.dvc.importing import import_history
from lineal.client.remote import RemoteRepository
from tests.parts.dvc import Dvc
from tests.surfaces.commands import answer, lineal, start
from tests.surfaces.conftest import served
from tests.surfaces.dvc_repositories import (  # noqa: F401 - fixtures are used by their names
    content,
    dvc,
    remote_of,
    taken,
    write,
)

PIPELINE = """
params: [params.yaml]
artifacts:
  clf:
    path: out/model.pkl
    type: model
stages:
  prepare:
    cmd: mkdir -p clean && cp data/raw.csv clean/a.csv && cp data/raw.csv clean/b.csv
    deps: [data/raw.csv]
    outs: [clean]
  train:
    cmd: sh train.sh
    deps: [clean, train.sh]
    params: [lr, deep.layers, {other.yaml: [seed]}]
    outs: [out/model.pkl]
    metrics:
      - out/metrics.json:
          cache: false
"""
TRAIN = """mkdir -p out
cat clean/a.csv params.yaml > out/model.pkl
echo '{"accuracy": 0.75, "loss": {"test": 0.5}}' > out/metrics.json
"""


@pytest.fixture(scope="module")
def history(dvc: Dvc, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """A DVC repository with a branch, a merge, a pipeline and tags of GTO; tests copy it."""
    place = tmp_path_factory.mktemp("history")
    (place / "remote").mkdir()
    repo = dvc.init(place / "repo", Path("../remote"))
    write(repo, {"data/raw.csv": b"a,b\n1,2\n", "images/x": b"x", "images/y": b"y"})
    dvc(repo, "add", "--quiet", "data/raw.csv", "images")
    keep(dvc, repo, "first data")
    dvc.git(repo, "checkout", "--quiet", "-b", "wider")
    write(repo, {"images/z": b"z"})
    dvc(repo, "add", "--quiet", "images")
    keep(dvc, repo, "more images")
    dvc.git(repo, "checkout", "--quiet", "main")
    write(repo, {"data/raw.csv": b"a,b\n1,2\n3,4\n"})
    dvc(repo, "add", "--quiet", "data/raw.csv")
    keep(dvc, repo, "a row more")
    dvc.git(repo, "merge", "--quiet", "--no-edit", "wider")
    dvc(repo, "checkout", "--quiet")
    write(repo, {"dvc.yaml": PIPELINE.encode(), "train.sh": TRAIN.encode(), "other.yaml": b"seed: 7\n"})
    for rate in (0.1, 0.2):
        write(repo, {"params.yaml": f"lr: {rate}\ndeep: {{layers: 3}}\n".encode()})
        dvc(repo, "repro", "--quiet")
        keep(dvc, repo, f"train with {rate}")
        dvc.git(repo, "tag", "-a", "-m", f"version {rate}", f"clf@v1.{int(rate * 10) - 1}.0")
    dvc.git(repo, "tag", "-a", "-m", "to production", "clf#prod#1")
    dvc.git(repo, "tag", "-a", "-m", "not yet", "clf@v2.0.0-rc.1")
    lineal(repo, "init")
    return place


def keep(dvc: Dvc, repo: Path, message: str) -> None:  # noqa: F811
    """Push and commit."""
    dvc(repo, "push", "--quiet")
    dvc.commit(repo, message)


@pytest.fixture
def repo(history: Path, tmp_path: Path) -> Path:
    shutil.copytree(history, tmp_path / "shared", symlinks=True)
    return tmp_path / "shared" / "repo"


@pytest.fixture
def imported(repo: Path) -> Path:
    lineal(repo, "import", "dvc")
    return repo


def versions(repo: Path, name: str) -> list[dict[str, Any]]:
    return list(reversed(answer(repo, "data", "log", name)))


def test_every_commit_brings_its_datasets_with_author_time_and_message(imported: Path) -> None:
    raw, images = versions(imported, "raw"), versions(imported, "images")
    times = subprocess.check_output(("git", "log", "--format=%at %s"), cwd=imported, text=True).splitlines()

    assert ["first data", "a row more"] == [each["message"].partition(" (commit ")[0] for each in raw]
    assert ["first data", "more images"] == [each["message"].partition(" (commit ")[0] for each in images]
    assert {"Ada"} == {each["added_by"] for each in (*raw, *images)}
    assert {f"{each['created_at'] // 1000} {each['message'].partition(' (commit ')[0]}" for each in raw} <= set(times)
    assert {"raw.csv": b"a,b\n1,2\n3,4\n"} == taken(imported, "raw", imported.parent / "raw")
    assert {"x": b"x", "y": b"y"} == taken(imported, "data:images@1", imported.parent / "one")
    assert {"x": b"x", "y": b"y", "z": b"z"} == taken(imported, "data:images@2", imported.parent / "two")


def test_stages_are_runs_that_say_where_they_come_from(imported: Path) -> None:
    runs = answer(imported, "runs")
    train = answer(imported, "show", "run:train")
    seen = train["run"]

    assert ["prepare", "train", "train"] == sorted(each["name"] for each in runs)
    assert {"lr": 0.2, "deep.layers": 3, "other.yaml:seed": 7} == train["params"]
    assert {"accuracy": 0.75, "loss.test": 0.5} == seen["metrics"]
    assert ["sh", "-c", "sh train.sh"] == seen["command"]
    assert ("imported", "finished", "Ada") == (seen["capture_level"], train["state"], train["started_by"])
    assert ["clean/a.csv", "clean/b.csv", "train.sh"] == [each["path"] for each in seen["inputs"]]
    assert ["out/metrics.json", "out/model.pkl"] == [each["path"] for each in seen["outputs"]]
    assert all(each.get("kept", True) for each in (*seen["inputs"], *seen["outputs"]))
    assert "train.sh" == train["code"]["entry_point"]
    assert head(imported) == train["code"]["commit"]
    assert [True] == ["imported from dvc.lock of commit" in each for each in seen["gaps"]]


def head(repo: Path) -> str:
    return subprocess.check_output(("git", "rev-parse", "HEAD"), cwd=repo, text=True).strip()


def test_lineage_leads_from_a_version_to_the_raw_data(imported: Path) -> None:
    found = answer(imported, "lineage", "clf@prod")

    assert {"data:raw@2"} <= {each["reference"] for each in found["nodes"]}
    assert {"declared"} == {each["trust"] for each in found["edges"] if each["role"] in {"read", "written by"}}


def test_tags_of_gto_are_versions_and_aliases(imported: Path) -> None:
    (model,) = answer(imported, "model", "list")
    first, second = (answer(imported, "show", f"clf:1.{minor}.0") for minor in (0, 1))

    assert "clf" == model["name"]
    assert ([], ["prod"]) == (first["aliases"], second["aliases"])
    assert {"lr": 0.1, "deep.layers": 3, "other.yaml:seed": 7} == first["version"]["params"]
    assert ("Ada", "model.pkl") == (second["created_by"], second["version"]["main_file"])


def test_what_cannot_come_is_told(repo: Path) -> None:
    found = answer(repo, "import", "dvc")

    assert (2, 4, 3, 2, 1) == tuple(
        found[each] for each in ("datasets", "dataset_versions", "runs", "model_versions", "aliases")
    )
    assert ["the tag clf@v2.0.0-rc.1: it names the same files of the same run as clf:1.1.0"] == found["left_out"]


def test_experiments_are_runs_under_their_names(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    dvc(repo, "exp", "run", "--quiet", "--name", "bold", "--set-param", "lr=0.9")
    found = answer(repo, "import", "dvc")

    assert 4 == found["runs"]
    assert 0.9 == answer(repo, "show", "run:bold/train")["params"]["lr"]
    assert 0 == answer(repo, "import", "dvc")["new"]


def test_importing_again_changes_nothing(imported: Path) -> None:
    before = {
        words: answer(imported, *words.split()) for words in ("data list", "runs", "model list", "log --limit 500")
    }
    again = answer(imported, "import", "dvc")

    assert 0 == again["new"]
    assert before == {words: answer(imported, *words.split()) for words in before}
    assert ("", "") == lineal(imported, "verify", "-q")


def test_what_was_committed_since_is_brought(dvc: Dvc, imported: Path) -> None:  # noqa: F811
    write(imported, {"data/raw.csv": b"a,b\n9,9\n"})
    dvc(imported, "add", "--quiet", "data/raw.csv")
    dvc.commit(imported, "other rows")

    assert 1 == answer(imported, "import", "dvc")["new"]
    assert 3 == len(versions(imported, "raw"))


def test_what_dvc_lost_is_left_out_and_comes_when_it_is_found(repo: Path) -> None:
    shutil.rmtree(repo / ".dvc/cache")
    lost = next(each for each in remote_of(repo).rglob("*") if each.is_file() and each.read_bytes() == b"z")
    lost.rename(repo.parent / "z")

    found = answer(repo, "import", "dvc")
    told = [each for each in found["left_out"] if " z of " in each]
    assert 2 == len(told), "the commit that added it, and the one that merged it"
    assert all(each.startswith("images of commit") and "is not in" in each for each in told)
    assert 1 == len(versions(repo, "images"))

    (repo.parent / "z").rename(lost)
    assert 0 < answer(repo, "import", "dvc")["new"]
    assert 2 == len(versions(repo, "images"))


def test_a_dataset_that_somebody_added_stays_the_newest(repo: Path) -> None:
    write(repo, {"data/raw.csv": b"a,b\n5,5\n"})
    lineal(repo, "data", "add", "data/raw.csv", "--message", "mine")
    lineal(repo, "import", "dvc")
    newest = answer(repo, "data", "show", "raw")

    assert ("mine", 4) == (newest["message"], newest["number"])
    lineal(repo, "import", "dvc")
    assert 4 == answer(repo, "data", "show", "raw")["number"]


def test_an_import_that_was_killed_goes_on(repo: Path) -> None:
    for seconds in (0.4, 0.6, 0.8, 1.0):
        process = start(repo, "import", "dvc")
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
    lineal(repo, "import", "dvc")

    assert [2, 2] == [len(versions(repo, name)) for name in ("raw", "images")]
    assert 3 == len(answer(repo, "runs"))
    assert ("", "") == lineal(repo, "verify", "-q")


def test_without_git_it_is_told(dvc: Dvc, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "plain").mkdir()
    dvc(tmp_path / "plain", "init", "--quiet", "--no-scm")
    lineal(tmp_path / "plain", "init")

    assert (
        "is in no Git repository\nhint: without Git, lineal data add"
        in lineal(tmp_path / "plain", "import", "dvc", status=2)[1]
    )
    lineal(tmp_path, "init")
    assert "is in no DVC repository" in lineal(tmp_path, "import", "dvc", status=3)[1]


def test_it_says_what_it_did(repo: Path) -> None:
    out, err = lineal(repo, "import", "dvc")

    assert (
        f"{repo}: 6 commits with 4 versions of 2 datasets, 3 runs, 2 versions of models, 1 alias\nnew: 13 items\n"
        == out
    )
    assert "lineal: left out: the tag clf@v2.0.0-rc.1" in err
    assert "unchanged: everything was here" in lineal(repo, "import", "dvc")[1]
    assert 2 == len(json.loads(lineal(repo, "data", "list", "--json")[0]))


def test_a_server_is_filled_from_here(repo: Path, tmp_path: Path) -> None:
    with init(tmp_path / "team") as local, served(local) as url, RemoteRepository(url) as remote:
        first, again = (import_history(remote, repo) for _ in range(2))
        lineal(repo, "data", "get", "images", str(tmp_path / "out"), "--repository", url)

        assert (13, 0) == (first.new, again.new)
        assert "Ada" == remote.show("clf@prod").created_by
    assert {"x": b"x", "y": b"y", "z": b"z"} == content(tmp_path / "out")


def test_tags_of_gto_say_what_holds_now(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo, {"big/m.bin": b"by hand", "big/dvc.yaml": b"artifacts:\n  hand: {path: m.bin}\n"})
    dvc(repo, "add", "--quiet", "big/m.bin")
    keep(dvc, repo, "a model by hand")
    for tag in ("big=hand@v1.0.0", "big=hand@v1.1.0", "big=hand@v1.1.0!", "big=hand#production#1", "big=hand#canary#2"):
        dvc.git(repo, "tag", "-a", "-m", tag, tag)
    dvc.git(repo, "tag", "nothing@v1.0.0")
    dvc.git(repo, "tag", "v1.0.0")
    found = answer(repo, "import", "dvc")
    version = answer(repo, "show", "big/hand:1.0.0")

    assert [] == [each for each in found["left_out"] if "hand@v1.1.0" in each]
    assert ["canary"] == version["aliases"]
    assert ["sh", "-c", "dvc add m.bin"] == answer(repo, "show", version["run"])["command"]
    assert [
        "the stage production of big/hand:1.0.0, which has a gate here: lineal promote big/hand:1.0.0 --to production",
        "the tag clf@v2.0.0-rc.1: it names the same files of the same run as clf:1.1.0",
        "the tag nothing@v1.0.0: dvc.yaml of its commit has no artifact nothing",
    ] == sorted(found["left_out"])
    assert 0 == answer(repo, "import", "dvc")["new"]
