"""Files go into a store and come back as they were; nothing else is sent, and nothing is written elsewhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.client.transfer import SKIPPED, fetch, upload_path
from lineal.objects.canonical import object_digest
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable
from lineal.objects.files import Entry, Mode, Tree
from lineal.operations.operation import Upload
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.blobs.wrappers import Forwarding
from tests.unit.storage.processes import as_nobody


class Sent(Forwarding):
    """Remembers the files that it was sent, and the trees."""

    def __init__(self) -> None:
        super().__init__(MemoryBlobs())
        self.files: list[str] = []
        self.asked = 0
        self.trees: list[Tree] = []

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Count that it was asked."""
        self.asked += 1
        return super().has(digests)

    def put_file(self, path: PathLike[str] | str, *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Remember its name."""
        self.files.append(Path(path).name)
        return super().put_file(path, expected=expected)

    def put_tree(self, tree: Tree) -> Digest:
        """Remember it."""
        self.trees.append(tree)
        return object_digest(tree)

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put what is at ``path`` here."""
        return upload_path(self, self.put_tree, path)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What the last tree holds."""
        return self.trees[-1].entries


@pytest.fixture
def blobs() -> Sent:
    """An empty store."""
    return Sent()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a bit of everything."""
    top = tmp_path / "photos"
    (top / "a" / "b").mkdir(parents=True)
    (top / "empty").mkdir()
    (top / "one.txt").write_bytes(b"one")
    (top / "a" / "b" / "two.bin").write_bytes(bytes(range(256)))
    (top / "a" / "nothing").write_bytes(b"")
    (top / "run.sh").write_bytes(b"#!/bin/sh\n")
    (top / "run.sh").chmod(0o755)
    (top / "zo\u00eb \u2603.txt").write_bytes(b"snow")
    (top / "latest").symlink_to("a/b/two.bin")
    (top / "gone").symlink_to("nowhere")
    return top


def entry(path: str, data: bytes, mode: Mode = "file") -> Entry:
    return Entry(path=path, digest=digest_of(data), size_bytes=len(data), mode=mode)


def test_a_file_is_a_tree_with_one_entry(tmp_path: Path, blobs: Sent) -> None:
    (tmp_path / "table.csv").write_bytes(b"a,b\n")

    assert "table.csv" == blobs.upload(tmp_path / "table.csv").name
    assert (entry("table.csv", b"a,b\n"),) == blobs.entries


def test_a_directory_comes_back_as_it_was(folder: Path, tmp_path: Path, blobs: Sent) -> None:
    blobs.upload(folder)
    fetch(blobs, blobs.entries, tmp_path / "copy")
    again = Sent()

    assert blobs.upload(folder).tree == again.upload(tmp_path / "copy").tree
    assert Path("a/b/two.bin") == (tmp_path / "copy" / "latest").readlink()
    assert b"snow" == (tmp_path / "copy" / "zo\u00eb \u2603.txt").read_bytes()
    assert os.access(tmp_path / "copy" / "run.sh", os.X_OK)
    assert not os.access(tmp_path / "copy" / "one.txt", os.X_OK)


def test_entries_are_sorted_and_links_stay_links(folder: Path, blobs: Sent) -> None:
    blobs.upload(folder)

    assert ["a/b/two.bin", "a/nothing", "gone", "latest", "one.txt", "run.sh", "zo\u00eb \u2603.txt"] == [
        each.path for each in blobs.entries
    ]
    assert entry("gone", b"nowhere", "symlink") in blobs.entries
    assert entry("latest", b"a/b/two.bin", "symlink") in blobs.entries
    assert entry("run.sh", b"#!/bin/sh\n", "executable") in blobs.entries


def test_only_what_is_missing_is_sent(folder: Path, blobs: Sent) -> None:
    blobs.upload(folder)
    blobs.files.clear()
    (folder / "new.txt").write_bytes(b"new")
    blobs.upload(folder)

    assert ["new.txt"] == blobs.files
    assert 2 == blobs.asked  # for all the files of a directory together


def test_a_store_and_a_history_are_no_part_of_a_tree(folder: Path, blobs: Sent) -> None:
    before = blobs.upload(folder).tree
    for name in SKIPPED:
        (folder / "a" / name).mkdir()
        (folder / "a" / name / "config").write_bytes(b"secret")

    assert before == blobs.upload(folder).tree


def test_a_link_that_is_named_means_what_it_points_at(folder: Path, blobs: Sent) -> None:
    (folder.parent / "data").symlink_to(folder)

    upload = blobs.upload(folder.parent / "data")

    assert ("data", blobs.upload(folder).tree) == (upload.name, upload.tree)


def test_a_dot_is_called_what_the_directory_is_called(
    folder: Path, blobs: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "a")

    assert ["a", "photos"] == [blobs.upload(each).name for each in (".", "..")]


def test_what_is_not_there_has_near_matches(folder: Path, blobs: Sent) -> None:
    with pytest.raises(NotFound) as told:
        blobs.upload(folder / "runs.sh")

    assert f"did you mean {folder / 'run.sh'}?" == told.value.hint


def test_a_link_that_leads_nowhere_is_told(folder: Path, blobs: Sent) -> None:
    with pytest.raises(Invalid, match="leads nowhere"):
        blobs.upload(folder / "gone")


def test_a_pipe_and_a_socket_have_no_content(folder: Path, blobs: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    os.mkfifo("pipe")
    with pytest.raises(Invalid, match="pipe is no regular file"):
        blobs.upload(folder)
    Path("pipe").unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(Invalid, match="socket is no regular file"):
            blobs.upload(folder)

    assert [] == blobs.trees


def test_a_name_that_is_no_utf_8_is_told(folder: Path, blobs: Sent) -> None:
    Path(os.fsdecode(bytes(folder) + b"/caf\xe9.csv")).write_bytes(b"")

    with pytest.raises(Invalid, match=r"caf\\xe9.csv' is no UTF-8"):
        blobs.upload(folder)


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "secret").write_bytes(b"")
    (tmp_path / "secret").chmod(0)
    imports = "from lineal.client.transfer import upload_path; from lineal.storage.blobs.memory import MemoryBlobs"
    script = "told(lambda: upload_path(MemoryBlobs(), None, Path('secret')))"
    # The way to a temporary directory may be closed to others; a process that is there already needs no way.
    done = as_nobody(script, tmp_path, imports=imports, directory=tmp_path)

    assert "Invalid | secret cannot be read: Permission denied | check its permissions\n" == done.stdout


@pytest.mark.parametrize("change", ["rewritten", "removed"])
def test_a_file_that_changes_meanwhile_is_told_and_no_tree_is_made(change: str, folder: Path) -> None:
    class Meanwhile(Sent):
        """Somebody changes a file between its hashing and its sending."""

        def has(self, digests: Iterable[Digest]) -> set[Digest]:
            (folder / "one.txt").write_bytes(b"two") if change == "rewritten" else (folder / "one.txt").unlink()
            return super().has(digests)

    blobs = Meanwhile()
    with pytest.raises(Conflict, match=r"one.txt changed while it was added"):
        blobs.upload(folder)

    assert [] == blobs.trees


HOSTILE = ["../out", "/out", "a/../../out", "..", "", ".git/hooks/post-checkout", "a/.GIT/config", ".lineal/x", "a\0b"]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_path_is_refused(path: str, tmp_path: Path, blobs: Sent) -> None:
    blobs.put(b"evil")
    with pytest.raises(Invalid, match="must not be written"):
        fetch(blobs, [entry(path, b"evil")], tmp_path / "here")

    assert [] == list(tmp_path.rglob("*"))


def test_a_link_leads_no_later_file_out(tmp_path: Path, blobs: Sent) -> None:
    (tmp_path / "outside").mkdir()
    for data in (b"../outside", b"evil"):
        blobs.put(data)
    with pytest.raises(Invalid, match="goes through a link out of"):
        fetch(blobs, [entry("a", b"../outside", "symlink"), entry("a/file", b"evil")], tmp_path / "here")

    assert [] == list((tmp_path / "outside").iterdir())


@given(parts=st.lists(st.sampled_from(["..", ".", "a", "b", "/", ".git", "link", "\0"]), max_size=6))
def test_nothing_is_ever_written_outside(parts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    top, blobs = tmp_path_factory.mktemp("top"), MemoryBlobs()
    for data in (b"../..", b"evil"):
        blobs.put(data)
    here = top / "x" / "here"
    here.mkdir(parents=True)
    for each in (entry("link", b"../..", "symlink"), entry("/".join(parts), b"evil")):
        try:
            fetch(blobs, [each], here)
        except (Invalid, Unavailable):
            continue

    assert {here} == set((top / "x").iterdir())
    assert {top / "x"} == set(top.iterdir())


def test_a_file_replaces_what_was_there_and_a_link_is_not_followed(tmp_path: Path, blobs: Sent) -> None:
    (tmp_path / "kept").write_bytes(b"kept")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "file").symlink_to(tmp_path / "kept")
    blobs.put(b"new")
    fetch(blobs, [entry("file", b"new")], tmp_path / "here")

    assert b"kept" == (tmp_path / "kept").read_bytes()
    assert b"new" == (tmp_path / "here" / "file").read_bytes()


def test_missing_and_spoiled_files_are_told(tmp_path: Path, blobs: Sent) -> None:
    with pytest.raises(NotFound):
        fetch(blobs, [entry("file", b"nobody has it")], tmp_path)
    spoiled = blobs.put(b"right")
    assert isinstance(blobs.inner, MemoryBlobs)
    blobs.inner.spoil(spoiled, b"wrong")
    with pytest.raises(Corrupt):
        fetch(blobs, [entry("file", b"right")], tmp_path)

    assert [] == list(tmp_path.iterdir())


def test_a_place_that_is_a_file_is_told(tmp_path: Path, blobs: Sent) -> None:
    (tmp_path / "here").write_bytes(b"a file")
    blobs.put(b"x")
    with pytest.raises(Unavailable, match="cannot be written"):
        fetch(blobs, [entry("file", b"x")], tmp_path / "here")
