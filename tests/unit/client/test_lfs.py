"""Pointers of Git LFS are replaced by their files, where those are on this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.formats import lfs
from lineal.objects.digest import digest_of
from lineal.objects.errors import Corrupt

WEIGHTS = b"weights " * 1000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Git repository whose ``*.bin`` are kept by Git LFS, of which it has fetched one."""
    top = tmp_path / "project"
    subprocess.run(("git", "init", "--quiet", str(top)), check=True)
    (top / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (top / "d").mkdir()
    (top / "d/m.bin").write_bytes(pointer(WEIGHTS))
    (top / "d/m.bin").chmod(0o755)
    (top / "d/readme").write_text("words\n")
    keep(top / ".git", WEIGHTS, WEIGHTS)
    return top


@pytest.fixture
def repository(project: Path) -> Iterator[LocalRepository]:
    with init(project) as made:
        yield made


def pointer(data: bytes) -> bytes:
    return lfs.write(lfs.Pointer(digest_of(data), len(data)))


def keep(git: Path, named: bytes, data: bytes) -> None:
    """Put an object where Git LFS has it."""
    path = git / "lfs/objects" / lfs.path_of(digest_of(named))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def files(repository: LocalRepository, path: Path) -> dict[str, tuple[bytes, str]]:
    tree = repository.store.get_tree(repository.upload(path).tree)
    return {each.path: (repository.blobs.get(each.digest), each.mode) for each in tree.entries}


def test_a_pointer_is_replaced_by_its_file(repository: LocalRepository, project: Path) -> None:
    assert {"m.bin": (WEIGHTS, "executable"), "readme": (b"words\n", "file")} == files(repository, project / "d")
    assert {"m.bin": (WEIGHTS, "executable")} == files(repository, project / "d/m.bin")


def test_a_file_that_was_not_fetched_stays_a_pointer_and_is_told(
    repository: LocalRepository, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "d/n.bin").write_bytes(pointer(b"elsewhere"))

    assert pointer(b"elsewhere") == files(repository, project / "d")["n.bin"][0]
    assert (
        "lineal: warning: 1 file is a pointer of Git LFS whose content is not here, and stays one: n.bin; "
        "git lfs pull brings it\n" == capsys.readouterr().err
    )


def test_what_the_store_holds_is_not_looked_for(repository: LocalRepository, project: Path) -> None:
    (project / "d/n.bin").write_bytes(pointer(b"known"))
    repository.blobs.put(b"known")

    assert b"known" == files(repository, project / "d")["n.bin"][0]


def test_a_damaged_object_is_refused(repository: LocalRepository, project: Path) -> None:
    keep(project / ".git", WEIGHTS, b"other")

    with pytest.raises(Corrupt, match="Git LFS holds a damaged object") as caught:
        repository.upload(project / "d")
    assert "git lfs fsck" in caught.value.hint


def test_a_worktree_has_the_objects_of_its_repository(
    repository: LocalRepository, project: Path, tmp_path: Path
) -> None:
    identity = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    subprocess.run(("git", "-C", str(project), "add", ".gitattributes", "d/readme"), check=True)
    subprocess.run(("git", "-C", str(project), *identity, "commit", "--quiet", "-m", "begin"), check=True)
    subprocess.run(("git", "-C", str(project), "worktree", "add", "--quiet", str(tmp_path / "other")), check=True)
    (tmp_path / "other/d/m.bin").write_bytes(pointer(WEIGHTS))

    assert WEIGHTS == files(repository, tmp_path / "other/d")["m.bin"][0]


@pytest.mark.parametrize("said", ["../elsewhere", "shared"])
def test_objects_may_be_where_the_configuration_says(said: str, repository: LocalRepository, project: Path) -> None:
    subprocess.run(("git", "-C", str(project), "config", "lfs.storage", said), check=True)
    (project / ".git/lfs").rename(project / ".git" / said)

    assert WEIGHTS == files(repository, project / "d")["m.bin"][0]


def test_attributes_below_hold_for_what_is_beside_and_below_them(repository: LocalRepository, project: Path) -> None:
    (project / ".gitattributes").rename(project / "d/.gitattributes")
    (project / "d/deep").mkdir()
    (project / "other").mkdir()
    for place in ("d/deep/n.bin", "other/m.bin"):
        (project / place).write_bytes(pointer(WEIGHTS))
    found = files(repository, project)

    assert [WEIGHTS, WEIGHTS] == [found[place][0] for place in ("d/m.bin", "d/deep/n.bin")]
    assert pointer(WEIGHTS) == found["other/m.bin"][0]


def test_a_repository_in_the_directory_has_objects_of_its_own(repository: LocalRepository, project: Path) -> None:
    inner = project / "d/inner"
    subprocess.run(("git", "init", "--quiet", str(inner)), check=True)
    (inner / ".gitattributes").write_text("* filter=lfs\n")
    (inner / "n.bin").write_bytes(pointer(b"theirs"))
    keep(inner / ".git", b"theirs", b"theirs")
    found = files(repository, project)

    assert (WEIGHTS, b"theirs") == (found["d/m.bin"][0], found["d/inner/n.bin"][0])


def test_a_storage_elsewhere_is_known_by_what_git_lfs_writes_down(repository: LocalRepository, project: Path) -> None:
    (project / ".gitattributes").rename(project / "d/.gitattributes")
    for name, value in (("lfs.storage", "shared"), ("lfs.repositoryformatversion", "0")):
        subprocess.run(("git", "-C", str(project), "config", name, value), check=True)
    (project / ".git/lfs").rename(project / ".git/shared")

    assert WEIGHTS == files(repository, project)["d/m.bin"][0]


def test_pointers_have_the_name_of_the_version_with_their_files(repository: LocalRepository, project: Path) -> None:
    added = repository.data.add(project / "d")
    (found,) = repository.data.status(project / "d")

    assert found.is_clean
    assert ("data:d@1", added.dataset.tree) == (found.reference, found.tree)
    # So do they once something changed, and once they were added again.
    (project / "d/readme").write_text("other words\n")
    assert (("readme",), "data:d@1") == (repository.data.status()[0].modified, repository.data.status()[0].reference)
    assert "data:d@2" == repository.data.add(project / "d").reference == repository.data.status()[0].reference
    assert "data:d@2" == repository.data.add(project / "d").reference
    assert {"m.bin": (WEIGHTS, "executable"), "readme": (b"other words\n", "file")} == files(repository, project / "d")


def test_files_are_put_in_the_place_of_their_pointers(repository: LocalRepository, project: Path) -> None:
    repository.data.add(project / "d")
    repository.data.get("data:d@1", project / "d")

    assert WEIGHTS == (project / "d/m.bin").read_bytes()
    assert repository.data.status(project / "d")[0].is_clean
    assert not repository.data.add(project / "d").created


def test_without_git_lfs_a_file_that_looks_like_a_pointer_is_a_file(
    repository: LocalRepository, project: Path, tmp_path: Path
) -> None:
    (project / ".gitattributes").unlink()
    shutil.rmtree(project / ".git/lfs")
    (tmp_path / "m.bin").write_bytes(pointer(WEIGHTS))

    assert pointer(WEIGHTS) == files(repository, project / "d")["m.bin"][0]
    assert pointer(WEIGHTS) == files(repository, tmp_path / "m.bin")["m.bin"][0]
