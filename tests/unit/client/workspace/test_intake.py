"""Files go into a store as they are: links, programs and empty directories kept, nothing else sent, nothing half changed."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from lineal.client.local import LocalRepository
from lineal.client.transfer import upload_path
from lineal.client.workspace.index import MEMORY, Index
from lineal.client.workspace.ways import UNKNOWN, Ways
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.objects.files import NOTHING, Entry
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.blobs.wrappers import Measured
from lineal.storage.progress import Silent
from tests.unit.client.workspace.places import EMPTY, Files, Link, Program, digest_of_tree, put, read, write
from tests.unit.storage.processes import as_nobody

FILES: Files = {
    "a/b/two.bin": bytes(range(256)),
    "a/nothing": b"",
    "empty/deep": EMPTY,
    "gone": Link("nowhere"),
    "latest": Link("a/b/two.bin"),
    "link to a directory": Link("a"),
    "one.txt": b"one",
    "run.sh": Program(b"#!/bin/sh\n"),
    "large.bin": os.urandom(1 << 20),
    "zo\u00eb \u2603\n\t.txt": b"snow",
    "x" * 255: b"a long name",
    "\u00e9" * 127: b"another one",
    "..a": b"dots",
    "...": b"dots",
    "-rf": b"a dash",
    " ": b"a space",
    "back\\slash": b"and",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a bit of everything."""
    return write(tmp_path / "photos", FILES)


def test_a_directory_comes_back_as_it_was(folder: Path, repository: LocalRepository, tmp_path: Path) -> None:
    upload = repository.upload(folder)
    put(repository, FILES, tmp_path / "copy")

    assert ("photos", digest_of_tree(FILES)) == (upload.name, upload.tree)
    assert FILES == read(tmp_path / "copy")
    assert upload.tree == repository.upload(tmp_path / "copy").tree


def test_a_file_is_a_tree_with_one_entry(repository: LocalRepository, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(b"a,b\n")
    upload = repository.upload(tmp_path / "table.csv")

    assert ("table.csv", digest_of_tree({"table.csv": b"a,b\n"})) == (upload.name, upload.tree)


def test_links_are_kept_as_their_target_and_directories_only_while_they_are_empty(
    folder: Path, repository: LocalRepository
) -> None:
    entries = {each.path: each for each in repository.store.entries(repository.upload(folder).tree)}

    assert sorted(FILES) == list(entries)
    assert Entry(path="gone", digest=digest_of(b"nowhere"), size_bytes=7, mode="symlink") == entries["gone"]
    assert Entry(path="empty/deep", digest=NOTHING, size_bytes=0, mode="directory") == entries["empty/deep"]
    assert "executable" == entries["run.sh"].mode


def test_a_store_a_history_and_what_a_crash_left_are_no_part_of_a_tree(
    folder: Path, repository: LocalRepository
) -> None:
    write(folder, {f"a/{name}/config": b"secret" for name in (".git", ".lineal")})
    write(folder, {"empty/.lineal-123-456": b"half a file", ".git": b"gitdir: elsewhere"})

    # A directory in which nothing else is counts as one in which something is: it is not empty.
    expected = {path: each for path, each in FILES.items() if path != "empty/deep"} | {"empty/deep": EMPTY}
    assert digest_of_tree(expected) == repository.upload(folder).tree


def test_a_link_that_is_named_means_what_it_points_at(folder: Path, repository: LocalRepository) -> None:
    (folder.parent / "data").symlink_to(folder)
    upload = repository.upload(folder.parent / "data")

    assert ("data", repository.upload(folder).tree) == (upload.name, upload.tree)


def test_a_dot_is_called_what_the_directory_is_called(
    folder: Path, repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "a")

    assert ["a", "photos"] == [repository.upload(each).name for each in (".", "..")]


def test_an_empty_path_means_nothing_and_not_everything_here(
    folder: Path, repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    stored = repository.data.add(folder)

    for act in (repository.upload, repository.data.status, lambda path: repository.data.get(stored.reference, path)):
        with pytest.raises(Invalid, match="empty path"):
            act("")


def test_a_path_too_long_for_the_system_is_told_in_short(folder: Path, repository: LocalRepository) -> None:
    with pytest.raises(Invalid, match="too long") as told:
        repository.upload(folder / "/".join(["directory"] * 1_000))

    assert len(told.value.message) < 300
    assert "shorten" in told.value.hint


def test_what_is_not_there_has_near_matches(folder: Path, repository: LocalRepository) -> None:
    with pytest.raises(NotFound) as told:
        repository.upload(folder / "runs.sh")

    assert f"did you mean {folder / 'run.sh'}?" == told.value.hint


def test_a_link_that_leads_nowhere_is_told(folder: Path, repository: LocalRepository) -> None:
    with pytest.raises(Invalid, match="leads nowhere"):
        repository.upload(folder / "gone")


def test_a_pipe_a_socket_and_a_device_have_no_content(
    folder: Path, repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    os.mkfifo("a/pipe")
    with pytest.raises(Invalid, match="a/pipe is no regular file"):
        repository.upload(folder)
    with pytest.raises(Invalid, match="a/pipe is no regular file"):
        repository.upload(folder / "a" / "pipe")
    Path("a/pipe").unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(Invalid, match="socket is no regular file"):
            repository.upload(folder)
    with pytest.raises(Invalid, match="/dev/null is no regular file"):
        repository.upload("/dev/null")

    assert [] == repository.store.database.run("SELECT digest FROM node")


@pytest.mark.parametrize("place", [b"caf\xe9.csv", b"caf\xe9/ascii.csv", b"a/b/\xff"])
def test_a_name_that_is_no_utf_8_is_told(place: bytes, folder: Path, repository: LocalRepository) -> None:
    path = Path(os.fsdecode(bytes(folder) + b"/" + place))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")

    with pytest.raises(Invalid, match=r"\\x.. ?.* is no UTF-8") as told:
        repository.upload(folder)
    assert "rename the file" == told.value.hint
    with pytest.raises(Invalid, match="is no UTF-8"):
        repository.upload(path if b"/" not in place[:-1] else path.parent)


@pytest.mark.parametrize("place", ["secret", "closed"])
def test_what_may_not_be_read_is_told(place: str) -> None:
    imports = (
        "from lineal.client.transfer import upload_path; from lineal.client.workspace.index import MEMORY, Index\n"
        "from lineal.client.workspace.ways import Ways; from lineal.storage.blobs.memory import MemoryBlobs\n"
        "from lineal.storage.progress import Silent"
    )
    script = (
        "told(lambda: upload_path(Ways(MemoryBlobs(), None, Index(MEMORY, Path('/')), -1, Silent()), here / 'top'))"
    )
    # The way to the directory of a test is closed to others.
    with tempfile.TemporaryDirectory() as directory:
        top = write(Path(directory) / "top", {"secret": b"", "closed/file": b""})
        top.parent.chmod(0o755)
        (top / place).chmod(0)
        said = as_nobody(script, directory, imports=imports).stdout
        top.parent.chmod(0)
        unreachable = as_nobody(script, directory, imports=imports).stdout

    assert said.startswith(f"Invalid | {top / place}")
    assert "cannot be read: Permission denied | check the path and its permissions" in said
    assert unreachable.startswith(f"Invalid | {top} cannot be read: Permission denied")


def ways(blobs: Measured, epoch: int = UNKNOWN) -> Ways:
    """Return a way into a store, which by default never knows more than it is asked."""
    return Ways(blobs, lambda _, **_made: None, Index(MEMORY, Path("/")), epoch, Silent())


def test_only_what_is_missing_is_sent_and_what_is_there_is_asked_for_together(folder: Path) -> None:
    blobs = Measured(MemoryBlobs())
    upload_path(ways(blobs), folder)
    blobs.calls.clear()
    before = blobs.written_bytes
    (folder / "new.txt").write_bytes(b"new")
    tree = upload_path(ways(blobs), folder).tree

    assert len(b"new") + blobs.size(tree) + len(FILES["large.bin"] or b"") == blobs.written_bytes - before
    assert blobs.calls["has"] <= 2


def test_files_too_young_to_be_trusted_are_read_again_and_nothing_else_is(tmp_path: Path) -> None:
    blobs = Measured(MemoryBlobs())
    top = write(tmp_path / "top", {f"{number:05}": b"%d" % number for number in range(3_000)})
    way = ways(blobs, epoch=1)
    tree = upload_path(way, top).tree
    blobs.calls.clear()
    written = blobs.written_bytes

    assert tree == upload_path(way, top).tree
    assert written == blobs.written_bytes
    assert blobs.calls["get"] <= 2

    (top / "01234").write_bytes(b"another")
    blobs.calls.clear()
    changed = upload_path(way, top).tree
    assert changed != tree
    assert changed == upload_path(ways(Measured(MemoryBlobs())), top).tree
    assert blobs.calls["get"] <= 12  # of ninety nodes


def test_the_same_content_under_many_names_is_stored_once(tmp_path: Path) -> None:
    blobs = Measured(MemoryBlobs())
    write(tmp_path / "top", {f"{number:05}": b"the same" for number in range(3_000)})
    upload_path(ways(blobs), tmp_path / "top")

    assert 1 == sum(each == digest_of(b"the same") for each in blobs.list())


def test_a_deep_directory_is_no_trouble(tmp_path: Path, repository: LocalRepository) -> None:
    depth = min(sys.getrecursionlimit(), 400)
    path = "/".join(["d"] * depth)
    write(tmp_path / "top", {f"{path}/file": b"deep"})
    repository.upload(tmp_path / "top")
    put(repository, {f"{path}/file": b"deep"}, tmp_path / "again")

    assert {f"{path}/file": b"deep"} == read(tmp_path / "again")


def test_a_file_that_keeps_changing_is_told_and_no_tree_is_made(tmp_path: Path) -> None:
    class Meanwhile(Measured):
        """A store into which nothing comes before the file has changed."""

        def put_file(self, path, **said):  # type: ignore[no-untyped-def]
            Path(path).write_bytes(Path(path).read_bytes() + b"more")
            return super().put_file(path, **said)

    write(tmp_path / "top", {"large.bin": b"x" * (1 << 20)})
    with pytest.raises(Conflict, match=r"large.bin changed while it was added"):
        upload_path(ways(Meanwhile(MemoryBlobs())), tmp_path / "top")
