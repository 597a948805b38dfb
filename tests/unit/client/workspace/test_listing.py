"""Files in the order of a tree's paths, whoever listed their folders."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from lineal.client.workspace import hands, listing
from lineal.client.workspace.hands import Lister
from lineal.client.workspace.listing import Found, files_in_order
from lineal.client.workspace.scanning import stamp_of
from tests.unit.client.workspace.places import EMPTY, Content, Files, write


@pytest.fixture
def asked(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directories that another process lists; it does so from the first file on."""
    monkeypatch.setattr(hands, "_COUNT", 2)
    monkeypatch.setattr(listing, "_FEW_FILES", -1)
    return asked


def names(top: Path) -> list[str]:
    return [each.folder.inside + each.name for each in files_in_order(str(top)) if each.name]


def a_tree(seed: int) -> Files:
    """Return files in folders within folders, whose names are the beginnings of one another."""
    chance, found = random.Random(seed), dict[str, Content]()
    for _ in range(300):
        parts = [chance.choice(["a", "b", "a-b", "a.b", "ab", "zo\u00eb", "c d"]) for _ in range(chance.randrange(5))]
        found["/".join([*parts, f"{chance.randrange(30)}.txt"])] = b"x"
    return found


@pytest.mark.parametrize("seed", range(8))
def test_files_come_in_the_order_of_their_paths_also_when_another_process_lists_ahead(
    seed: int, tmp_path: Path, asked: list[str]
) -> None:
    files = a_tree(seed)
    top = write(tmp_path / "top", files)

    assert sorted(files) == names(top)
    assert sorted(files) == [
        each.folder.inside + each.name for each in files_in_order(str(top), together=False) if each.name
    ]
    # Each folder is listed once; the top and what is entered at once is listed here.
    assert 0 < len(asked) == len(set(asked))


def test_a_file_comes_with_what_it_is_and_each_folder_with_its_end(tmp_path: Path, asked: list[str]) -> None:
    before = time.time_ns()
    top = write(tmp_path / "top", {"a": b"1", "b/c": b"22", "d": EMPTY, ".git/config": b"x"})
    found = list(files_in_order(str(top)))

    assert ["a", "c", "", "", ""] == [each.name for each in found]
    assert [False, False, False, True, False] == [each.is_empty for each in found]
    assert ["", "b/", "b/", "d/", ""] == [each.folder.inside for each in found]
    for each in (found[0], found[1]):
        status = (top / each.folder.inside / each.name).lstat()
        assert (stamp_of(status), status.st_dev) == (each.stamp, each.device)
        assert before < each.at < time.time_ns()
    assert [str(top / "b") + "/", str(top / "d") + "/"] == asked


def test_one_file_is_a_folder_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    first, end = files_in_order(str(tmp_path / "file"))

    assert ("file", stamp_of((tmp_path / "file").stat())) == (first.name, first.stamp)
    assert Found(first.folder, "") == end


def test_no_more_than_a_few_folders_are_listed_ahead(tmp_path: Path, asked: list[str]) -> None:
    top = write(tmp_path / "top", {f"{number:03}/file": b"" for number in range(100)})
    steps = files_in_order(str(top))
    next(steps)

    assert len(asked) <= listing._AHEAD_MAX
    steps.close()  # type: ignore[attr-defined]


def test_a_process_that_ends_is_done_without(tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    files = a_tree(1)
    top = write(tmp_path / "top", files)
    monkeypatch.setattr(Lister, "answer", lambda _: None)

    assert sorted(files) == names(top)
