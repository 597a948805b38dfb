"""Processes that read small files: as good as reading them here, and never relied upon."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from lineal.client.local import LocalRepository
from lineal.client.workspace import hands, listing, reading
from lineal.client.workspace.hand import CHECKED
from lineal.client.workspace.hands import Asked, Hands, Lister
from lineal.client.workspace.listing import folders
from lineal.client.workspace.scanning import stamp_of, told
from lineal.formats import pack
from lineal.objects.digest import digest_of
from lineal.objects.errors import Invalid
from tests.unit.client.workspace.places import EMPTY, Files, Link, Program, digest_of_tree, write

FILES: Files = {
    **{f"{number % 9}/{number:04}": random.Random(number).randbytes(number * 3) for number in range(2_000)},
    **{f"same/{number}": b"the same" for number in range(300)},
    **{f"zo\u00eb \u2603/\n{number}": b"%d" % number for number in range(600)},
    "empty": EMPTY,
    "large": os.urandom(1 << 20),
    "link": Link("empty"),
    "run": Program(b"#!/bin/sh\n"),
}


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes, however many cores there are."""
    monkeypatch.setattr(hands, "_COUNT", 2)


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the files that were read in this process."""
    paths, read = list[str](), reading._read

    def noting(blobs: object, item: reading.Item) -> None:
        paths.append(item.path)
        read(blobs, item)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_read", noting)
    return paths


def test_many_small_files_are_read_elsewhere_and_come_out_the_same(
    repository: LocalRepository, tmp_path: Path, read_here: list[str]
) -> None:
    top = write(tmp_path / "files", FILES)

    assert digest_of_tree(FILES) == repository.upload(top).tree
    assert {f"{top}/large", f"{top}/link"} <= set(read_here)
    assert len(read_here) < 1_000 < len(FILES)
    assert () == repository.verify().problems


def test_few_files_start_no_process(
    repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "_Hand", None)
    few = dict(list(FILES.items())[:400])

    assert digest_of_tree(few) == repository.upload(write(tmp_path / "files", few)).tree


@pytest.mark.parametrize("at", [1, 2, 5])
def test_a_process_that_is_killed_costs_time_only(
    at: int, repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ask = list[int](), hands._Hand.ask

    def killing(hand: hands._Hand, files: list[Asked], source: str) -> hands.Answer:
        asked.append(1)
        if len(asked) >= at and hand._process:
            hand._process.kill()
        return ask(hand, files, source)

    monkeypatch.setattr(hands._Hand, "ask", killing)

    assert digest_of_tree(FILES) == repository.upload(write(tmp_path / "files", FILES)).tree
    assert len(asked) >= at


@pytest.mark.parametrize("executable", ["", "/opt/app/some-program"])
def test_a_program_that_has_python_inside_is_not_started_again(
    executable: str, repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setattr(subprocess, "Popen", None)

    assert digest_of_tree(FILES) == repository.upload(write(tmp_path / "files", FILES)).tree


def test_answers_tell_what_each_file_was_when_it_was_read(tmp_path: Path) -> None:
    files = {"a": b"content", "b": b"", "c": b"grown", "d": b"cut", "not there": b"?"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "not there").unlink()
    (tmp_path / "link").symlink_to("a")
    asked = [Asked(str(tmp_path / name), len(data)) for name, data in files.items()]
    asked[2] = Asked(asked[2].path, 3)
    asked[3] = Asked(asked[3].path, 9)
    with Hands("read") as some:
        first, second = some.ask([*asked, Asked(str(tmp_path / "link"), 7)]), some.ask(asked[:1])
        a, b, c, d, missing, link = first()

        status = (tmp_path / "a").stat()
        assert a == second()[0] == (stamp_of(status), status.st_dev, pack.raw(digest_of(b"content")), b"content")
        assert b
        assert (told(b.stamp).size_bytes, b.data) == (0, b"")
        # A file of another size than was told is looked at anew, and so is whatever is no file.
        assert (None, None, None, None) == (c, d, missing, link)


@pytest.mark.parametrize("work", ["unpack", "unpack new"])
def test_parts_of_a_file_become_files_only_if_they_are_right(
    work: Literal["unpack", "unpack new"], tmp_path: Path
) -> None:
    (tmp_path / "source").write_bytes(b"onetwothree")
    names, new = {"one": 0, "two": 3, "three": 6, "": 2}, tmp_path / "new"
    new.mkdir()
    asked = [
        Asked(f"{new}/of {name}", len(name), 0o777, start=start, digest=pack.raw(digest_of(name.encode())))
        for name, start in names.items()
    ]
    wrong = asked[0]._replace(path=f"{new}/wrong", start=1)
    short = asked[0]._replace(path=f"{new}/short", size_bytes=9, start=6)
    known = wrong._replace(path=f"{new}/known", digest=CHECKED)
    with Hands(work) as some:
        answer = some.ask([*asked, wrong, short, known, asked[1]._replace(path="/nowhere/two")], f"{tmp_path}/source")
        nothing = some.ask(asked[:2], f"{tmp_path}/not there")
        one, *_, missing = found = answer()

        assert [False] * 4 + [True, True, False, True] == [each is None for each in found]
        assert (None, [None, None]) == (missing, nothing())
    status = (new / "of one").stat()
    assert one
    assert (stamp_of(status), status.st_dev) == (one.stamp, one.device)
    assert 0o100 & status.st_mode
    expected = {**{f"of {name}": name.encode() for name in names}, "known": b"net"}
    assert expected == {each.name: each.read_bytes() for each in new.iterdir()}


def descriptors() -> set[Path]:
    """Return what is open in this process."""
    return set(Path("/proc/self/fd").iterdir())


def test_nobody_is_left_behind(tmp_path: Path) -> None:
    before = descriptors()
    with Hands("read") as some:
        some.ask([Asked(str(tmp_path), 1)])
        processes = [each._process for each in some._hands]

    assert [True, True] == [each.returncode is not None for each in processes if each]
    assert before == descriptors()


MANY: Files = {f"{number % 60:02}/{number:05}": b"%d" % number for number in range(9_000)}


def listed(top: Path) -> dict[str, set[str]]:
    """Return the names in each folder below a directory."""
    return {each.folder.inside: set(each.stamps) for each in folders(str(top))}


def test_a_large_directory_is_listed_by_two_and_looks_the_same(tmp_path: Path, asked: list[str]) -> None:
    odd: Files = {"zo\u00eb \u2603/\n1": b"x", "two\nlines/file": b"y", ".git/config": b"z", "empty": EMPTY}
    top = write(tmp_path / "top", {**MANY, **odd, **{f"a/{number:05}": b"" for number in range(5_000)}})
    expected: dict[str, set[str]] = {"": set(), "empty/": set()}
    for path in (*MANY, "zo\u00eb \u2603/\n1", "two\nlines/file", *(f"a/{number:05}" for number in range(5_000))):
        folder, _, name = path.rpartition("/")
        expected.setdefault(f"{folder}/", set()).add(name)

    assert expected == listed(top)
    # How many the other one gets hangs on how busy the machine is.
    assert 0 < len(asked) < len(expected)


def test_a_directory_that_was_large_is_listed_by_two_from_its_first_folder_on(tmp_path: Path, asked: list[str]) -> None:
    top = write(tmp_path / "top", {f"{number}/file": b"" for number in range(100)})
    found = {each.folder.inside: set(each.stamps) for each in folders(str(top), file_count=10_000)}

    assert listed(top) == found
    assert asked[0].startswith(str(top))


def test_a_small_directory_is_listed_here(tmp_path: Path, asked: list[str]) -> None:
    listed(write(tmp_path / "top", {f"{number}/file": b"" for number in range(100)}))

    assert asked == []


@pytest.mark.parametrize(
    "program", ["import sys; sys.exit(1)", "import time; print('x'); time.sleep(0.1)", "print('x' * 10_000)"]
)
def test_a_process_that_dies_or_talks_nonsense_is_done_without(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "hand.py"
    script.write_text(program)
    monkeypatch.setattr(hands, "_SCRIPT", script)
    top = write(tmp_path / "top", {**MANY, **{f"a/{number:05}": b"" for number in range(5_000)}})

    assert 14_000 == sum(map(len, listed(top).values()))


def test_a_directory_that_may_not_be_read_is_told_wherever_it_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = write(tmp_path / "top", {**MANY, **{f"a/{number:05}": b"" for number in range(5_000)}})
    gone = str(top / "07") + "/"
    monkeypatch.setattr(Lister, "answer", lambda _: None)
    real = listing.listed
    monkeypatch.setattr(listing, "listed", lambda place: real(place if place != gone else "/nowhere"))

    with pytest.raises(Invalid, match="07/ cannot be read: No such file"):
        listed(top)
