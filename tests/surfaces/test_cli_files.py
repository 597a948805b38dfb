"""``lineal data get``, ``status`` and ``files`` in a real project: what they print, their JSON and their exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.surfaces.commands import answer, lineal
from tests.unit.client.workspace.places import EMPTY, Files, Link, Program, digest_of_tree, read, write

FIRST: Files = {
    "a.csv": b"a,b\n1,2\n",
    "logs": EMPTY,
    "run.sh": Program(b"#!/bin/sh\n"),
    "sub/latest": Link("../a.csv"),
}
SECOND: Files = {**FIRST, "a.csv": b"a,b\n1,2\n3,4\n", "b.csv": b"b\n"}


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two versions of a directory; the tests write only into directories of their own."""
    directory = tmp_path_factory.mktemp("project")
    lineal(directory, "init")
    for files in (FIRST, SECOND):
        write(
            directory / "photos", {path: each for path, each in files.items() if each not in {EMPTY, Link("../a.csv")}}
        )
        if files is FIRST:
            write(directory / "photos", {"logs": EMPTY, "sub/latest": Link("../a.csv")})
        lineal(directory, "data", "add", "photos")
    return directory


def test_a_version_is_put_in_place_and_another_one_in_its_place(added: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "here")
    out, err = lineal(added, "data", "get", "data:photos@1", place)
    assert (f"data:photos@1 in {place}: 4 files written\n", "") == (out, err)
    assert FIRST == read(tmp_path / "here")

    assert f"data:photos@2 in {place}: 2 files written\n" == lineal(added, "data", "get", "photos", place)[0]
    assert SECOND == read(tmp_path / "here")
    out = lineal(added, "data", "get", "photos@1", place)[0]
    assert f"data:photos@1 in {place}: 1 file written, 1 removed\n" == out
    assert FIRST == read(tmp_path / "here")


def test_what_is_in_the_way_is_told_with_the_way_out(added: Path, tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": b"mine"})
    out, err = lineal(added, "data", "get", "photos", str(tmp_path), status=4)

    assert "" == out
    assert f"error: in {tmp_path} there are files that would be written over: a.csv\nhint: " in err
    assert "--force writes over them" in err
    assert {"a.csv": b"mine"} == read(tmp_path)
    lineal(added, "data", "get", "photos", str(tmp_path), "--force")
    assert SECOND == read(tmp_path)


def test_a_part_is_put_in_place(added: Path, tmp_path: Path) -> None:
    lineal(added, "data", "get", "photos", str(tmp_path / "here"), "--under", "sub")

    assert {"sub/latest": Link("../a.csv")} == read(tmp_path / "here")


def test_the_answer_of_get_as_json(added: Path, tmp_path: Path) -> None:
    assert {
        "type": "placed",
        "reference": "data:photos@1",
        "tree": digest_of_tree(FIRST),
        "path": str(tmp_path / "here"),
        "written": 4,
        "removed": 0,
        "kept": 0,
    } == answer(added, "data", "get", "data:photos@1", str(tmp_path / "here"))


def test_status_says_what_differs_and_its_exit_status_whether(added: Path, tmp_path: Path) -> None:
    place = tmp_path / "here"
    lineal(added, "data", "get", "photos@1", str(place))
    out, err = lineal(added, "data", "status", str(place))
    assert (f"{place}  data:photos@1, unchanged (4 files)\n", "") == (out, err)

    (place / "a.csv").write_bytes(b"edited")
    (place / "run.sh").unlink()
    (place / "logs").rmdir()
    write(place, {"n\x1b[31mew": b""})
    out, _ = lineal(added, "data", "status", str(place), status=1)
    assert (
        out
        == f"""\
{place}  data:photos@1, 1 modified, 1 added, 2 removed, 1 unchanged
  modified  a.csv
  added     n\\x1b[31mew
  removed   logs/
  removed   run.sh
"""
    )

    (found,) = json_of_status(added, str(place), status=1)
    assert {
        "type": "changes",
        "path": str(place),
        "tree": digest_of_tree(FIRST),
        "reference": "data:photos@1",
        "added": ["n\x1b[31mew"],
        "modified": ["a.csv"],
        "removed": ["logs/", "run.sh"],
        "unchanged": 1,
        "lost": [],
    } == found


def json_of_status(directory: Path, *line: str, status: int) -> list[dict[str, object]]:
    """Return what status answers as JSON."""
    found: list[dict[str, object]] = json.loads(lineal(directory, "data", "status", *line, "--json", status=status)[0])
    return found


def test_status_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    lineal(tmp_path, "init")
    out, err = lineal(tmp_path, "data", "status")
    assert ("", "hint: nothing was added yet: lineal data add PATH\n") == (out, err)

    _, err = lineal(tmp_path, "data", "status", "photos", status=3)
    assert "nothing was added from photos, nor put there" in err
    assert "hint: lineal data add photos adds it" in err


def test_files_are_listed_page_by_page(added: Path) -> None:
    out, _ = lineal(added, "data", "files", "photos@1")
    assert ["PATH", "a.csv", "logs", "run.sh", "sub/latest"] == [line.split()[0] for line in out.splitlines()]
    assert ["executable", "directory"] == [line.split()[3] for line in out.splitlines() if line[:3] in {"run", "log"}][
        ::-1
    ]

    listed = answer(added, "data", "files", "photos@1", "--limit", "2", "--after", "a.csv")
    assert [("logs", "directory", 0), ("run.sh", "executable", 10)] == [
        (each["path"], each["mode"], each["size_bytes"]) for each in listed
    ]
    assert ["sub/latest"] == [each["path"] for each in answer(added, "data", "files", "photos", "--under", "sub")]
    assert [] == answer(added, "data", "files", "photos", "--under", "su")
