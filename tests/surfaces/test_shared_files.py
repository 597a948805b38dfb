"""A large file that is pulled is one of the store and of the workspace, by the real commands."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lineal.storage.blobs.sharing import can_share
from tests.surfaces.commands import answer, lineal

MIB = 1 << 20
DATA = random.Random(7).randbytes(1 * MIB) * 65


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory to which a dataset of one large and one small file was pushed."""
    top = tmp_path_factory.mktemp("shared")
    (top / "remote").mkdir()
    (top / "here" / "rows").mkdir(parents=True)
    (top / "here" / "rows" / "large.bin").write_bytes(DATA)
    (top / "here" / "rows" / "small.txt").write_bytes(b"small")
    lineal(top / "here", "init")
    lineal(top / "here", "data", "add", "rows")
    lineal(top / "here", "remote", "add", "r", str(top / "remote"))
    lineal(top / "here", "data", "push")
    return top / "remote"


@pytest.fixture
def there(remote: Path, tmp_path: Path) -> Path:
    """Another repository, into which it was pulled."""
    lineal(tmp_path, "init")
    lineal(tmp_path, "remote", "add", "r", str(remote))
    lineal(tmp_path, "data", "pull", "data:rows", "rows")
    return tmp_path


def shares(there: Path) -> bool:
    """Tell whether files can be shared where the tests are; elsewhere an edit costs nothing, and there are two files."""
    blobs = there / ".lineal" / "blobs"
    return can_share(blobs / "shared", there / ".lineal" / "tmp", there)


def large(there: Path) -> Path:
    return there / "rows" / "large.bin"


def edit(path: Path) -> bytes:
    """Change a file in place; return what it holds now."""
    with path.open("r+b") as file:
        file.seek(5 * MIB)
        file.write(b"an edit in place")
    return path.read_bytes()


def own(there: Path) -> list[Path]:
    """Return the large files that only the store has."""
    found = (there / ".lineal" / "blobs" / "sha256").rglob("*")
    return [each for each in found if each.is_file() and each.stat().st_size == len(DATA)]


def test_it_is_written_once_and_everything_is_sound(there: Path) -> None:
    assert large(there).read_bytes() == DATA
    assert large(there).stat().st_nlink == 1 + shares(there)
    assert large(there).stat().st_mode & 0o200
    assert (own(there) == []) == shares(there)
    assert large(there).parent.joinpath("small.txt").stat().st_nlink == 1
    assert answer(there, "verify")["problems"] == []
    assert "unchanged" in lineal(there, "data", "status", "rows")[0]
    assert "everything was there" in lineal(there, "data", "pull", "data:rows")[0]
    assert list((there / ".lineal" / "tmp").iterdir()) == []


def test_an_edit_costs_the_store_its_copy_and_a_repair_brings_it_back(there: Path) -> None:
    mine = edit(large(there))
    if not shares(there):
        assert answer(there, "verify")["problems"] == []
        return

    said, _ = lineal(there, "verify", status=7)
    assert "was edited there" in " ".join(said.split())
    assert "data:rows@1" in said
    assert "lineal repair fetches it" in " ".join(lineal(there, "verify", status=7)[0].split())
    assert "the store lost its copy of what was edited in place" in " ".join(lineal(there, "doctor")[0].split())
    said = lineal(there, "data", "status", "rows", status=1)[0]
    assert "modified  large.bin" in said
    assert "the edit of large.bin cost the store its copy: lineal data pull data:rows@1 fetches it again" in said
    _, told = lineal(there, "data", "get", "data:rows", "elsewhere", status=3)
    assert "lineal data pull" in told

    assert "data:rows" in lineal(there, "repair")[0]
    assert "cost the store" not in lineal(there, "data", "status", "rows", status=1)[0]
    lineal(there, "data", "get", "data:rows", "elsewhere")
    assert (there / "elsewhere" / "large.bin").read_bytes() == DATA
    assert large(there).read_bytes() == mine
    assert answer(there, "verify")["problems"] == []


def test_an_edited_file_can_be_added_and_both_versions_are_had(there: Path) -> None:
    mine = edit(large(there))
    lineal(there, "data", "add", "rows")
    lineal(there, "repair")
    for number, data in ((1, DATA), (2, mine)):
        lineal(there, "data", "get", f"data:rows@{number}", "rows")
        assert large(there).read_bytes() == data
    assert answer(there, "verify")["problems"] == []


def test_a_file_that_is_removed_comes_back_without_the_remote(there: Path, remote: Path) -> None:
    large(there).unlink()
    remote.rename(remote.with_name("away"))
    try:
        lineal(there, "data", "get", "data:rows", "rows")
    finally:
        remote.with_name("away").rename(remote)
    assert large(there).read_bytes() == DATA


def test_with_the_last_remote_the_store_gets_a_copy_of_its_own(there: Path) -> None:
    lineal(there, "remote", "remove", "r")
    edit(large(there))

    assert [each.read_bytes() == DATA for each in own(there)] == [True]
    assert answer(there, "verify")["problems"] == []


def test_what_is_sent_elsewhere_is_a_copy_of_the_stores_own(there: Path) -> None:
    (there / "other").mkdir()
    lineal(there, "data", "push", "data:rows", "--to", str(there / "other"))
    edit(large(there))

    (sent,) = [each for each in (there / "other" / "blobs").rglob("*") if each.is_file()]
    assert sent.read_bytes() == DATA
    assert answer(there, "verify", "--remote", str(there / "other"))["problems"] == []


def test_a_collection_keeps_it_and_the_workspace_keeps_its_file(there: Path) -> None:
    lineal(there, "gc", "--delete", "--grace-days", "0", "--undo-days", "0")

    assert large(there).stat().st_nlink == 1 + shares(there)
    assert answer(there, "verify")["problems"] == []


def test_a_store_of_a_group_gets_its_own_copy(remote: Path, tmp_path: Path) -> None:
    lineal(tmp_path, "init")
    lineal(tmp_path, "remote", "add", "r", str(remote))
    (tmp_path / ".lineal" / "blobs" / "shared").mkdir()
    (tmp_path / ".lineal" / "blobs" / "shared").chmod(0o775)
    lineal(tmp_path, "data", "pull", "data:rows", "rows")

    assert large(tmp_path).stat().st_nlink == 1
    assert len(own(tmp_path)) == 1
    assert large(tmp_path).read_bytes() == DATA
