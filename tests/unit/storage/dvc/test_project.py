"""A DVC repository as it lies on a disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.objects.errors import Invalid, NotFound
from lineal.storage.dvc.project import Project, find
from tests.unit.storage.dvc.folder import open_folder

MD5 = "20f35e630daf44dbfa4c3f68f5399d8c"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "repo"
    write(
        root / ".dvc/config",
        "[core]\n    remote = r\n['remote \"r\"']\n    url = ../../remote\n['remote \"c\"']\n    url = s3://b/p\n",
    )
    write(root / ".dvc/config.local", "['remote \"q\"']\n    url = remote://r/inside\n    version_aware = true\n")
    write(root / "data/d.dvc", f"outs:\n- md5: {MD5}.dir\n  hash: md5\n  path: d\n")
    write(root / "wide.dvc", f"wdir: data\nouts:\n- md5: {MD5}\n  hash: md5\n  path: m.bin\n")
    write(
        root / "dvc.lock",
        f"schema: '2.0'\nstages:\n  train:\n    cmd: x\n    outs:\n    - path: model.pkl\n      hash: md5\n      md5: {MD5}\n",
    )
    write(root / "dvc.yaml", "stages:\n  train:\n    cmd: x\n    wdir: models\n")
    found = find(root / "data" / "d", open_folder)
    assert found is not None
    return found


def test_it_is_found_from_inside(project: Project, tmp_path: Path) -> None:
    assert tmp_path / "repo" == project.root
    assert find(tmp_path, open_folder) is None


def test_places_are_where_the_configuration_says(project: Project, tmp_path: Path) -> None:
    assert str(tmp_path / "repo/.dvc/cache") == project.cache.where
    assert str(tmp_path / "remote") == project.remote().objects.where
    assert str(tmp_path / "remote/inside") == project.remote("q").objects.where
    assert project.remote("q").is_named
    assert "s3://b/p" == str(project.remote("c").objects.where).replace(":/", "://")
    with pytest.raises(NotFound, match="no remote 'x'") as caught:
        project.remote("x")
    assert "there are c, q, r" in caught.value.hint


def test_a_shared_cache_is_used(project: Project, tmp_path: Path) -> None:
    write(project.root / ".dvc/config.local", "[cache]\n    dir = ../../shared\n")

    assert tmp_path / "shared" == Project(project.root, open_folder).cache.directory


def test_files_of_configuration_elsewhere_say_less(project: Project, tmp_path: Path) -> None:
    write(tmp_path / "global", "[core]\n    remote = q\n    no_scm = true\n['remote \"r\"']\n    profile = p\n")
    both = Project(project.root, open_folder, beside=(tmp_path / "global", tmp_path / "nowhere"))

    assert ("r", "true") == (both.config.default_remote, both.config.sections["core"]["no_scm"])
    assert "p" == both.config.remotes["r"]["profile"]


TRACKED = {
    "data/d": ("data/d", "d.dvc"),
    "data/d/inside/x": ("data/d", "d.dvc"),
    "data/m.bin": ("data/m.bin", "wide.dvc"),
    "models/model.pkl": ("models/model.pkl", "dvc.lock"),
    "data/dd": None,
    "model.pkl": None,
}


@pytest.mark.parametrize("path", TRACKED)
def test_what_dvc_keeps_is_found_by_its_path(project: Project, path: str) -> None:
    found = project.tracked(project.root / path)

    assert TRACKED[path] == (found and (found.path, found.said_by.name))


def test_sources_begin_with_what_is_near(project: Project, tmp_path: Path) -> None:
    (tracked,) = project.outs_of(project.root / "data/d.dvc")

    assert [str(tmp_path / "repo/.dvc/cache"), str(tmp_path / "remote/inside"), str(tmp_path / "remote")] == [
        each.objects.where for each in project.sources(tracked.out, remote="q")
    ]


def test_a_pointer_that_is_none_is_told(project: Project) -> None:
    write(project.root / "bad.dvc", "outs: 5\n")
    with pytest.raises(Invalid, match=r"bad\.dvc is no pointer"):
        project.outs_of(project.root / "bad.dvc")
    with pytest.raises(NotFound, match=r"nowhere\.dvc"):
        project.outs_of(project.root / "nowhere.dvc")
