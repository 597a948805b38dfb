"""Versions of files are put in place: only what differs is touched, and what nobody keeps is not written over."""

from __future__ import annotations

import os
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest

from lineal.client.local import LocalRepository
from lineal.client.workspace import hands
from lineal.client.workspace.checkout import Wanted
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Corrupt, NotFound, Unavailable
from tests.unit.client.workspace.places import (
    EMPTY,
    Files,
    Link,
    Program,
    put,
    put_tree,
    read,
    remove,
    tree_of,
    write,
)
from tests.unit.storage.processes import as_nobody

LARGE = os.urandom(1 << 20) + b"end"
FIRST: Files = {
    "a.txt": b"a",
    "deep/er/b.bin": bytes(range(256)),
    "deep/er/link": Link("../../a.txt"),
    "deep/run.sh": Program(b"#!/bin/sh\n"),
    "empty/inside": EMPTY,
    "large.bin": LARGE,
    "large.sh": Program(b"#!" + LARGE),
    "nothing": b"",
    "zo\u00eb \u2603\n.txt": b"snow",
}
SECOND: Files = {
    "a.txt": b"another a",
    "deep/er": b"a file where a directory was",
    "deep/run.sh": b"#!/bin/sh\n",
    "empty": b"not a directory any more",
    "large.bin": LARGE + b"more",
    "large.sh": Program(b"#!" + LARGE),
    "nothing/at/all": b"but a directory now",
    "nothing/here": EMPTY,
}


def inodes(top: Path, *paths: str) -> list[tuple[int, int]]:
    found = [(top / each).lstat() for each in paths]
    return [(each.st_ino, each.st_mtime_ns) for each in found]


def test_files_are_put_in_place_as_they_were(repository: LocalRepository, tmp_path: Path) -> None:
    done = put(repository, FIRST, tmp_path / "not" / "yet" / "there")

    assert FIRST == read(tmp_path / "not" / "yet" / "there")
    assert (len(FIRST), 0, 0) == done


@pytest.mark.parametrize(("before", "after"), [(FIRST, SECOND), (SECOND, FIRST), (FIRST, {"x": b"x"}), (FIRST, FIRST)])
def test_one_version_takes_the_place_of_another(
    before: Files, after: Files, repository: LocalRepository, tmp_path: Path
) -> None:
    put(repository, before, tmp_path / "here")
    put(repository, after, tmp_path / "here", before=before)

    assert after == read(tmp_path / "here")


def test_what_does_not_differ_is_not_touched(repository: LocalRepository, tmp_path: Path) -> None:
    here = tmp_path / "here"
    put(repository, FIRST, here)
    same = ("deep/er/b.bin", "large.bin", "large.sh", "nothing", "deep/er/link")
    before = inodes(here, *same)
    done = put(repository, {**FIRST, "a.txt": b"new"}, here, before=FIRST)

    assert before == inodes(here, *same)
    assert (1, 0, 0) == done


def test_a_file_that_is_right_already_is_left_as_it_is(repository: LocalRepository, tmp_path: Path) -> None:
    here = write(tmp_path / "here", {"a.txt": b"a", "deep/run.sh": Program(b"#!/bin/sh\n"), "mine": b"mine"})
    before = inodes(here, "a.txt", "deep/run.sh", "mine")
    done = put(repository, FIRST, here)

    assert before == inodes(here, "a.txt", "deep/run.sh", "mine")
    assert {**FIRST, "mine": b"mine"} == read(here)
    assert (len(FIRST) - 2, 0, 2) == done


IN_THE_WAY: dict[str, Files] = {
    "a file with other bytes": {"a.txt": b"mine"},
    "a file that somebody may run": {"a.txt": Program(b"a")},
    "a link": {"a.txt": Link("mine")},
    "a file in the place of a directory": {"deep": b"mine"},
    "a file in the place of a directory, deeper": {"deep/er": b"mine"},
    "a link in the place of a directory": {"deep": Link("..")},
    "a file in the place of a link": {"deep/er/link": b"mine"},
    "a file in the place of an empty directory": {"empty/inside": b"mine"},
}


@pytest.mark.parametrize("files", IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_what_is_in_the_way_is_refused_and_nothing_is_changed_but_by_force(
    files: Files, repository: LocalRepository, tmp_path: Path
) -> None:
    here = write(tmp_path / "here", {**files, "other": b"mine"})
    (path,) = files
    with pytest.raises(Conflict, match=f"would be written over: {path}$") as told:
        put(repository, FIRST, here)

    assert {**files, "other": b"mine"} == read(here)
    assert "--force" in told.value.hint

    put(repository, FIRST, here, force=True)
    assert {**FIRST, "other": b"mine"} == read(here)


@pytest.mark.parametrize("path", ["a.txt", "deep/er/link", "large.bin"])
def test_a_directory_with_somebodys_files_is_never_removed(
    path: str, repository: LocalRepository, tmp_path: Path
) -> None:
    here = write(tmp_path / "here", {f"{path}/sub/mine": b"mine"})
    for force in (False, True):
        with pytest.raises(Conflict, match=f"directories with other files in the place of a file: {path}"):
            put(repository, FIRST, here, force=force)

        assert {f"{path}/sub/mine": b"mine"} == read(here)


def test_an_empty_directory_gives_way_to_a_file(repository: LocalRepository, tmp_path: Path) -> None:
    here = write(tmp_path / "here", {"a.txt": EMPTY, "large.bin": EMPTY, "deep/er/link": EMPTY})
    put(repository, FIRST, here)

    assert FIRST == read(here)


CHANGED: dict[str, Files] = {
    "edited": {"a.txt": b"edited", "large.bin": b"edited"},
    "made executable": {"a.txt": Program(b"a")},
    "a link now": {"a.txt": Link("x")},
}


@pytest.mark.parametrize("files", CHANGED.values(), ids=CHANGED)
@pytest.mark.parametrize("after", [SECOND, {"x": b"x"}])
def test_a_file_that_was_changed_is_neither_written_over_nor_removed(
    after: Files, files: Files, repository: LocalRepository, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    put(repository, FIRST, here)
    for path in files:
        remove(here / path)
    write(here, files)
    with pytest.raises(Conflict, match=f"would be written over: {', '.join(files)}$"):
        put(repository, after, here, before=FIRST)

    assert {**FIRST, **files} == read(here)
    put(repository, after, here, before=FIRST, force=True)
    assert after == read(here)


def test_files_that_were_never_put_there_stay(repository: LocalRepository, tmp_path: Path) -> None:
    here = tmp_path / "here"
    put(repository, FIRST, here)
    mine: Files = {"deep/er/mine": b"1", "empty/inside/mine": b"2", "mine": b"3", "deep/mine": EMPTY}
    write(here, {path: each for path, each in mine.items() if path != "empty/inside/mine"})
    (here / "empty" / "inside" / "mine").write_bytes(b"2")
    put(repository, {"x": b"x"}, here, before=FIRST)

    assert {"x": b"x", **mine} == read(here)


def test_a_new_file_in_a_directory_that_becomes_a_file_is_in_the_way(
    repository: LocalRepository, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    put(repository, FIRST, here)
    write(here, {"deep/er/mine": b"mine"})
    with pytest.raises(Conflict, match=r"directories with other files in the place of a file: deep/er$"):
        put(repository, SECOND, here, before=FIRST)

    assert {**FIRST, "deep/er/mine": b"mine"} == read(here)


def test_a_part_of_a_tree_can_be_put_in_place_and_the_rest_stays(repository: LocalRepository, tmp_path: Path) -> None:
    here = tmp_path / "here"
    put(repository, FIRST, here, under="deep/er")
    assert {path: each for path, each in FIRST.items() if path.startswith("deep/er/")} == read(here)

    put(repository, FIRST, here)
    put(repository, SECOND, here, before=FIRST, under="deep")
    expected = {path: each for path, each in FIRST.items() if not path.startswith("deep/")}
    assert {**expected, "deep/er": SECOND["deep/er"], "deep/run.sh": SECOND["deep/run.sh"]} == read(here)


def test_an_edit_of_the_workspace_never_changes_the_store(repository: LocalRepository, tmp_path: Path) -> None:
    here = tmp_path / "here"
    put(repository, FIRST, here)
    for path in ("a.txt", "large.bin", "large.sh", "deep/er/b.bin"):
        with (here / path).open("r+b") as file:
            file.write(b"written in place")
        (here / path).chmod(0o600)

    assert FIRST == read_again(repository, tmp_path / "again")


def read_again(repository: LocalRepository, place: Path) -> Files:
    put(repository, FIRST, place)
    return read(place)


def test_a_file_that_the_store_does_not_hold_is_told_and_the_others_are_whole(
    repository: LocalRepository, tmp_path: Path
) -> None:
    wanted = Wanted(tree_of(repository, {"a": b"a", "large.bin": LARGE}))
    repository.blobs.delete(blob := repository.blobs.put(LARGE))
    with pytest.raises(NotFound, match=blob):
        put_tree(repository, tmp_path / "here", wanted)

    assert {"a": b"a"} == read(tmp_path / "here")


def test_damaged_bytes_never_become_a_file(repository: LocalRepository, tmp_path: Path) -> None:
    blob = repository.blobs.put(LARGE).removeprefix("sha256:")
    assert repository.store.root
    path = repository.store.root / "blobs" / "sha256" / blob[:2] / blob[2:]
    put(repository, {"large.bin": b"before"}, tmp_path / "here")
    path.chmod(0o644)
    path.write_bytes(LARGE[:-1] + b"!")
    with pytest.raises(Corrupt, match=blob):
        put(repository, {"large.bin": LARGE}, tmp_path / "here", before={"large.bin": b"before"})

    assert {"large.bin": b"before"} == read(tmp_path / "here")


def test_many_small_files_are_written_out_of_packs(
    repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, ask = set[str](), hands._Hand.ask

    def noting(hand: hands._Hand, files: list[hands.Asked], source: str) -> hands.Answer:
        sources.add(source)
        return ask(hand, files, source)

    monkeypatch.setattr(hands, "_COUNT", 2)
    monkeypatch.setattr(hands._Hand, "ask", noting)
    files: Files = {
        **{f"{number % 7}/{number:04}": b"%d" % (number % 900) * number for number in range(2_000)},
        **{f"programs/{number}": Program(b"#!/bin/sh\n%d" % number) for number in range(100)},
        **{f"same/{number}": b"the same" for number in range(300)},
        "link": Link("0/0000"),
        "text": b"0/0000",
    }
    tree = repository.upload(write(tmp_path / "source", files)).tree
    sources.clear()
    put_tree(repository, tmp_path / "new", Wanted(tree))
    changed: Files = {
        path: b"%s" % path.encode() if number % 2 else content for number, (path, content) in enumerate(files.items())
    }
    after = repository.upload(write(tmp_path / "changed", changed)).tree
    put_tree(repository, tmp_path / "new", Wanted(after, tree))

    assert changed == read(tmp_path / "new")
    assert any("/packs/" in each for each in sources)


def test_each_process_writes_into_a_directory_of_its_own(
    repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ask = list[tuple[int, set[str], int]](), hands._Hand.ask

    def noting(hand: hands._Hand, files: list[hands.Asked], source: str) -> hands.Answer:
        asked.append((id(hand), {each.path.rpartition("/")[0] for each in files}, len(files)))
        return ask(hand, files, source)

    files: Files = {f"{number // 400}/{number:04}": b"content %05d" % number for number in range(2_000)}
    tree = repository.upload(write(tmp_path / "source", files)).tree
    monkeypatch.setattr(hands, "_COUNT", 1)
    monkeypatch.setattr(hands._Hand, "ask", noting)
    put_tree(repository, tmp_path / "new", Wanted(tree))
    unpacked = [each for each in asked if len(each[1]) == 1]

    assert files == read(tmp_path / "new")
    assert unpacked == asked
    assert all(before[0] != after[0] for before, after in pairwise(unpacked))
    assert 5 == len(unpacked)


def test_damaged_bytes_never_become_one_of_many_files(repository: LocalRepository, tmp_path: Path) -> None:
    files: Files = {f"{number % 7}/{number:04}": b"content %05d" % number for number in range(2_000)}
    tree = repository.upload(write(tmp_path / "source", files)).tree
    assert repository.store.root
    for path in (repository.store.root / "blobs" / "packs").rglob("*/*"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b"content 01500", b"CONTENT 01500"))
    with pytest.raises(Corrupt, match=digest_of(b"content 01500")):
        put_tree(repository, tmp_path / "here", Wanted(tree))

    assert not (tmp_path / "here" / str(1_500 % 7) / "1500").exists()


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_is_a_file_is_told(place: str, repository: LocalRepository, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(Unavailable, match="cannot be written"):
        put(repository, FIRST, tmp_path / place)

    assert b"mine" == (tmp_path / "file").read_bytes()


def test_a_place_that_may_not_be_looked_at_is_told() -> None:
    imports = (
        "from lineal.client.workspace.checkout import Checkouts, Wanted\n"
        "from lineal.client.workspace.index import MEMORY, Index, Place\n"
        "from lineal.objects.canonical import canonical_bytes\n"
        "from lineal.objects.files import Tree\n"
        "from lineal.storage.blobs.memory import MemoryBlobs\n"
        "from lineal.storage.progress import Silent"
    )
    script = (
        "blobs = MemoryBlobs(); tree = blobs.put(canonical_bytes(Tree(entries=())))\n"
        "told(lambda: Checkouts(blobs, here / 'closed/below', Wanted(tree), place=Place('x', tree, -1),"
        " index=Index(MEMORY, Path('/')), progress=Silent()).put())"
    )
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        (Path(directory) / "closed").mkdir(mode=0o700)
        said = as_nobody(script, directory, imports=imports).stdout

    assert said.startswith(f"Unavailable | {directory}/closed/below cannot be written: Permission denied")


def test_a_beginning_of_what_should_be_there_is_completed(repository: LocalRepository, tmp_path: Path) -> None:
    files: Files = {"a": b"all of it", "b": b"all of it", "c": Program(b"#!/bin/sh\n")}
    beginnings: Files = {"a": b"", "b": b"all", "c": Program(b"#!")}
    put(repository, files, write(tmp_path / "copy", beginnings))

    assert files == read(tmp_path / "copy")


def test_many_small_files_are_written_whole_whoever_writes_them(
    repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "_COUNT", 2)
    files: Files = {
        **{f"{number % 7}/{number:04}": b"%d" % number * number for number in range(2_000)},
        **{f"programs/{number}": Program(b"#!/bin/sh\n%d" % number) for number in range(100)},
        "link": Link("0/0000"),
    }
    put(repository, files, tmp_path / "new")
    changed: Files = {path: b"other" if number % 2 else content for number, (path, content) in enumerate(files.items())}
    put(repository, changed, tmp_path / "new", before=files)

    assert changed == read(tmp_path / "new")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("at", [1, 4])
def test_a_process_that_is_killed_while_it_writes_costs_time_only(
    at: int, packed: bool, repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "_COUNT", 2)
    asked, ask = list[int](), hands._Hand.ask

    def killing(hand: hands._Hand, files: list[hands.Asked], source: str) -> hands.Answer:
        asked.append(1)
        answer = ask(hand, files, source)
        if len(asked) == at and hand._process:
            hand._process.kill()
        return answer

    files: Files = {f"{number % 7}/{number:04}": b"%d" % number * number for number in range(2_000)}
    tree = repository.upload(write(tmp_path / "source", files)).tree if packed else tree_of(repository, files)
    monkeypatch.setattr(hands._Hand, "ask", killing)
    put_tree(repository, tmp_path / "new", Wanted(tree))

    assert len(asked) >= at
    assert files == read(tmp_path / "new")
