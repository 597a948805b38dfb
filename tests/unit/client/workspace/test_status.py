"""What differs in the workspace is told without reading what cannot have changed, and never wrongly."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.client.local import LocalRepository
from lineal.client.workspace.index import Seen
from lineal.client.workspace.scanning import stamp_of, told
from lineal.formats import pack
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, NotFound
from lineal.operations.answers.files import Changes
from tests.unit.client.workspace.places import EMPTY, Files, Link, Program, digest_of_tree, read, remove, write

FILES: Files = {
    "a.txt": b"aaaa",
    "deep/er/b.bin": b"bbbb",
    "deep/link": Link("a.txt"),
    "empty": EMPTY,
    "run.sh": Program(b"#!/bin/sh\n"),
}


@pytest.fixture
def top(project: Path, repository: LocalRepository) -> Path:
    """A directory that was added."""
    path = write(project / "photos", FILES)
    repository.data.add(path)
    return path


def status(repository: LocalRepository, top: Path) -> Changes:
    (found,) = repository.data.status(top)
    return found


def grow_old() -> None:
    """Wait until files are trusted; see the fixture ``soon``."""
    time.sleep(0.03)


def test_what_was_just_added_is_clean(repository: LocalRepository, top: Path) -> None:
    found = status(repository, top)

    assert found.is_clean
    assert (str(top), digest_of_tree(FILES), "data:photos@1") == (found.path, found.tree, found.reference)
    assert 5 == found.unchanged


def test_as_many_are_counted_as_were_added_empty_directories_among_them(repository: LocalRepository, top: Path) -> None:
    for edit in (lambda: None, lambda: write(top, {"new/er": EMPTY}), lambda: remove(top / "deep/er/b.bin")):
        edit()
        added = repository.data.add(top)

        assert added.dataset.file_count == status(repository, top).unchanged


def test_an_empty_directory_is_unchanged_beside_what_is_not(repository: LocalRepository, top: Path) -> None:
    (top / "a.txt").write_bytes(b"AAAA")
    found = status(repository, top)

    assert (("a.txt",), 4) == (found.modified, found.unchanged)


EDITS: dict[str, tuple[Callable[[Path], object], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "a new file": (lambda top: write(top, {"deep/new": b""}), ("deep/new",), (), ()),
    "a new link": (lambda top: write(top, {"new": Link("a.txt")}), ("new",), (), ()),
    "a new directory": (lambda top: write(top, {"new/er": EMPTY}), ("new/er/",), (), ()),
    "a file in a directory that was empty": (lambda top: write(top, {"empty/x": b"x"}), ("empty/x",), (), ()),
    "an edit": (lambda top: (top / "a.txt").write_bytes(b"AAAA"), (), ("a.txt",), ()),
    "a longer file": (lambda top: (top / "deep/er/b.bin").write_bytes(b"bbbbb"), (), ("deep/er/b.bin",), ()),
    "the right to run": (lambda top: (top / "a.txt").chmod(0o755), (), ("a.txt",), ()),
    "no right to run": (lambda top: (top / "run.sh").chmod(0o644), (), ("run.sh",), ()),
    "a removed file": (lambda top: (top / "a.txt").unlink(), (), (), ("a.txt",)),
    "a removed directory": (lambda top: remove(top / "deep"), (), (), ("deep/er/b.bin", "deep/link")),
    "a removed empty directory": (lambda top: (top / "empty").rmdir(), (), (), ("empty/",)),
    "a directory that was emptied": (lambda top: remove(top / "deep/er/b.bin"), (), (), ("deep/er/b.bin",)),
    "all of it": (remove, (), (), ("a.txt", "deep/er/b.bin", "deep/link", "empty/", "run.sh")),
}


@pytest.mark.parametrize(("edit", "added", "modified", "removed"), EDITS.values(), ids=EDITS)
def test_what_differs_is_told_as_often_as_it_is_asked(
    edit: Callable[[Path], object],
    added: tuple[str, ...],
    modified: tuple[str, ...],
    removed: tuple[str, ...],
    repository: LocalRepository,
    top: Path,
) -> None:
    edit(top)
    for _ in range(2):
        found = status(repository, top)

        assert (added, modified, removed) == (found.added, found.modified, found.removed)
        assert not found.is_clean


def test_a_file_that_was_written_anew_with_the_same_content_is_no_change(
    repository: LocalRepository, top: Path
) -> None:
    (top / "a.txt").unlink()
    (top / "a.txt").write_bytes(b"aaaa")
    os.utime(top / "run.sh")

    assert status(repository, top).is_clean


@pytest.mark.usefixtures("soon")
def test_what_cannot_have_changed_is_not_read(repository: LocalRepository, top: Path) -> None:
    grow_old()
    assert status(repository, top).is_clean
    # Whoever read the files would find that this is not so.
    index = repository.ways.seen
    for folder in ("", "deep/er/"):
        seen = index.seen(str(top), folder)
        index.see(str(top), [(folder, seen._replace(digests=dict.fromkeys(seen.digests, bytes(32))))])

    assert status(repository, top).is_clean
    os.utime(top / "run.sh")
    assert ("run.sh",) == status(repository, top).modified


@pytest.mark.usefixtures("soon")
def test_an_edit_that_keeps_the_size_and_restores_the_time_is_noticed(repository: LocalRepository, top: Path) -> None:
    grow_old()
    assert status(repository, top).is_clean
    grow_old()
    path = top / "a.txt"
    times = path.stat()
    with path.open("r+b") as file:
        file.write(b"AAAA")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert (times.st_size, times.st_mtime_ns, times.st_ino) == (
        path.stat().st_size,
        path.stat().st_mtime_ns,
        path.stat().st_ino,
    )
    assert ("a.txt",) == status(repository, top).modified
    assert digest_of_tree({**FILES, "a.txt": b"AAAA"}) == repository.data.add(top).dataset.tree


def test_a_file_too_young_to_be_trusted_is_read_and_stays_modified_once_it_is_old(
    repository: LocalRepository, top: Path
) -> None:
    # As on a disk whose clock is slow: the file was written again without a new stamp.
    stamp, device = stamp_of((top / "a.txt").lstat()), top.lstat().st_dev
    digest = pack.raw(digest_of(b"what it was before"))
    now = max(told(stamp).modified_ns, told(stamp).changed_ns) + 1
    before = repository.ways.seen.seen(str(top), "")
    seen = Seen(device, now, 0, {**before.stamps, "a.txt": stamp}, {**before.digests, "a.txt": digest})
    repository.ways.seen.see(str(top), [("", seen)])

    assert ("a.txt",) == status(repository, top).modified
    learnt = repository.ways.seen.seen(str(top), "")
    repository.ways.seen.see(str(top), [("", learnt._replace(at=learnt.at + 60_000_000_000))])
    assert ("a.txt",) == status(repository, top).modified
    assert digest_of_tree(FILES) == repository.data.add(top).dataset.tree


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.usefixtures("soon")
def test_a_clock_that_is_set_between_hides_no_change(
    hours: int, repository: LocalRepository, top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = top / "a.txt", time.time_ns
    times = path.stat()
    for number, content in enumerate((b"AAAA", b"BBBB"), 2):
        grow_old()
        path.write_bytes(content)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

        assert ("a.txt",) == status(repository, top).modified
        monkeypatch.setattr(time, "time_ns", lambda: real() + hours * 3_600_000_000_000)
        assert f"data:photos@{number}" == repository.data.add(top).reference
        assert status(repository, top).is_clean


def test_the_place_may_be_a_file(repository: LocalRepository, project: Path) -> None:
    (project / "table.csv").write_bytes(b"a,b\n")
    repository.data.add(project / "table.csv")
    assert status(repository, project / "table.csv").is_clean

    (project / "table.csv").write_bytes(b"a,b\n1,2\n")
    assert ("table.csv",) == status(repository, project / "table.csv").modified
    (project / "table.csv").unlink()
    assert ("table.csv",) == status(repository, project / "table.csv").removed


@pytest.mark.parametrize("name", ["link", "photos/../photos", "photos/deep/.."])
def test_a_place_is_one_however_it_is_named(name: str, repository: LocalRepository, project: Path, top: Path) -> None:
    (project / "link").symlink_to(top)
    (top / "a.txt").write_bytes(b"second")
    repository.data.add(project / name, name="photos")
    repository.data.get("data:photos@1", project / name)

    assert FILES == read(top)
    assert status(repository, project / name) == status(repository, top)
    assert [str(top)] == [each.path for each in repository.data.status()]


def test_every_place_is_told_or_those_below_a_path(repository: LocalRepository, project: Path, top: Path) -> None:
    write(project / "more", {"one/a": b"1", "two/a": b"2"})
    for name in ("one", "two"):
        repository.data.add(project / "more" / name)

    assert [str(project / each) for each in ("more/one", "more/two", "photos")] == [
        each.path for each in repository.data.status()
    ]
    assert [str(project / "more" / each) for each in ("one", "two")] == [
        each.path for each in repository.data.status(project / "more")
    ]
    with pytest.raises(NotFound, match="nothing was added from") as told:
        repository.data.status(top / "deep")
    assert f"lineal data status {top} shows all of it" == told.value.hint
    with pytest.raises(NotFound) as told:
        repository.data.status(project / "other")
    assert f"lineal data add {project / 'other'} adds it" == told.value.hint


def test_an_interrupted_get_is_seen_as_what_it_left_and_can_be_done_again(
    repository: LocalRepository, top: Path
) -> None:
    second = {**FILES, "a.txt": b"second", "z.bin": os.urandom(1 << 20)}
    write(top, {"a.txt": b"second", "z.bin": second["z.bin"]})
    repository.data.add(top)
    repository.data.get("data:photos@1", top)
    blob = repository.blobs.get(digest_of(second["z.bin"] or b""))
    repository.blobs.delete(digest_of(blob))
    with pytest.raises(NotFound):
        repository.data.get("data:photos@2", top)

    assert {**FILES, "a.txt": b"second"} == read(top)
    assert ("data:photos@1", ("a.txt",)) == (status(repository, top).reference, status(repository, top).modified)
    assert digest_of_tree(read(top)) == repository.upload(top).tree

    repository.blobs.put(blob)
    repository.data.get("data:photos@2", top)
    assert second == read(top)
    assert status(repository, top).is_clean


def test_a_part_of_another_version_is_seen_as_modified(repository: LocalRepository, top: Path) -> None:
    (top / "a.txt").write_bytes(b"second")
    repository.data.add(top)
    repository.data.get("data:photos@1", top, under="a.txt")

    assert FILES == read(top)
    assert ("data:photos@2", ("a.txt",)) == (status(repository, top).reference, status(repository, top).modified)
    assert digest_of_tree(FILES) == repository.data.add(top).dataset.tree


def test_two_datasets_may_share_a_directory(repository: LocalRepository, project: Path, top: Path) -> None:
    (project / "table.csv").write_bytes(b"a,b\n")
    repository.data.add(project / "table.csv")
    repository.data.get("data:table", top)

    assert {**FILES, "table.csv": b"a,b\n"} == read(top)
    found = {each.path: each for each in repository.data.status(top)}
    assert ("table.csv",) == found[str(top)].added
    assert found[str(top / "table.csv")].is_clean

    write(project / "other", {"b.txt": b"b", "deep/c": b"c"})
    repository.data.add(project / "other")
    repository.data.get("data:other", top)
    assert {**FILES, "table.csv": b"a,b\n", "b.txt": b"b", "deep/c": b"c"} == read(top)
    (found_top,) = (each for each in repository.data.status(top) if each.path == str(top))
    assert ("data:other@1", (), ()) == (found_top.reference, found_top.modified, found_top.removed)
    assert ("a.txt", "deep/er/b.bin", "deep/link", "empty/", "run.sh", "table.csv") == found_top.added


def test_the_only_file_of_a_version_may_have_another_name_in_the_next_one(
    repository: LocalRepository, project: Path, tmp_path: Path
) -> None:
    versions: list[Files] = [{"b": b"1"}, {"a": b"1"}, {"a": b"1", "c": b"2"}, {"c": b"2"}]
    top = project / "few"
    for files in versions:
        if top.exists():
            remove(top)
        repository.data.add(write(top, files))
    elsewhere = write(tmp_path / "elsewhere", {"mine": b"mine"})
    for number in (1, 2, 3, 4, 1, 4, 2):
        repository.data.get(f"data:few@{number}", elsewhere)

        assert {**versions[number - 1], "mine": b"mine"} == read(elsewhere)
        (found,) = repository.data.status(elsewhere)
        assert ((), (), f"data:few@{number}") == (found.modified, found.removed, found.reference)


def test_what_was_put_in_place_is_clean_and_what_is_there_already_is_mended(
    repository: LocalRepository, project: Path, top: Path
) -> None:
    repository.data.get("data:photos", project / "copy")
    assert status(repository, project / "copy").is_clean
    for each in ("a.txt", "deep", "empty"):
        remove(project / "copy" / each)
    repository.data.get("data:photos", project / "copy")

    assert FILES == read(project / "copy")
    assert status(repository, project / "copy").is_clean
    assert top.is_dir()


def test_a_changed_file_is_in_the_way_of_the_version_that_is_there(repository: LocalRepository, top: Path) -> None:
    write(top, {"a.txt": b"changed"})
    with pytest.raises(Conflict, match=r"a\.txt"):
        repository.data.get("data:photos", top)
    assert b"changed" == (top / "a.txt").read_bytes()

    repository.data.get("data:photos", top, force=True)
    assert FILES == read(top)


def test_a_version_whose_tree_the_store_let_go_of_is_no_longer_built_upon(
    repository: LocalRepository, top: Path
) -> None:
    tree = status(repository, top).tree
    write(top, {"a.txt": b"second"})
    repository.data.add(top)
    repository.data.get("data:photos@1", top)
    repository.blobs.delete(tree)
    with pytest.raises(Conflict, match=r"a\.txt"):
        repository.data.get("data:photos@2", top)
    repository.data.get("data:photos@2", top, force=True)

    assert {**FILES, "a.txt": b"second"} == read(top)
