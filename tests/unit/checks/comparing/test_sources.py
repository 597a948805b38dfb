"""In what sources differ, file by file."""

from __future__ import annotations

import json

from lineal.checks.comparing.sources import LINES_MAX, Sources, compare_sources

PATCH = "diff --git a/t.py b/t.py\n--- a/t.py\n+++ b/t.py\n@@ -1,2 +1,2 @@\n a\n-b\n+{}\n"


def notebook(*cells: str, outputs: str = "") -> bytes:
    made = [{"cell_type": "code", "source": [cell], "outputs": [outputs], "execution_count": 3} for cell in cells]
    return json.dumps({"cells": made, "nbformat": 4}).encode()


def test_changes_to_one_commit_are_compared_with_each_other() -> None:
    left, right = (Sources("c0", PATCH.format(new)) for new in ("c", "d"))
    (found,) = compare_sources(left, right)

    assert ("t.py", "changed", ("@@ from line 1 of the commit @@", " a", "-c", "+d")) == (
        found.path,
        found.change,
        found.lines,
    )
    assert () == compare_sources(left, left)


def test_changes_to_different_commits_are_shown_side_by_side() -> None:
    (found,) = compare_sources(Sources("c0", PATCH.format("c")), Sources("c1"))

    assert "< +c" in found.lines
    assert "uncommitted changes, < on the left and > on the right" == found.note


def test_sources_that_git_does_not_know_are_compared_whole() -> None:
    left = Sources(files={"a.py": b"x = 1\ny = 2\n", "old.py": b"1\n", "same.py": b"s"})
    right = Sources(files={"a.py": b"x = 1\ny = 3\n", "new.py": b"2\n", "same.py": b"s"})

    assert [
        ("a.py", "changed", ("@@ -1,2 +1,2 @@", " x = 1", "-y = 2", "+y = 3")),
        ("new.py", "added", ("@@ -0,0 +1 @@", "+2")),
        ("old.py", "removed", ("@@ -1 +0,0 @@", "-1")),
    ] == [(each.path, each.change, each.lines) for each in compare_sources(left, right)]


def test_notebooks_are_compared_by_their_cells() -> None:
    left, right, ran = notebook("a = 1", "b = 2"), notebook("a = 1", "b = 3"), notebook("a = 1", "b = 2", outputs="5")
    (found,) = compare_sources(Sources(files={"n.ipynb": left}), Sources(files={"n.ipynb": right}))
    (again,) = compare_sources(Sources(files={"n.ipynb": left}), Sources(files={"n.ipynb": ran}))

    assert {"-b = 2", "+b = 3", " # code cell"} <= set(found.lines)
    assert not any("outputs" in line for line in found.lines)
    assert ((), "its outputs or metadata") == (again.lines, again.note)


def test_what_is_no_notebook_is_compared_as_text_and_long_differences_are_cut() -> None:
    sides = [Sources(files={"n.ipynb": b"".join(b"%d\n" % (n * each) for n in range(1, 900))}) for each in (1, -1)]
    (found,) = compare_sources(*sides)

    assert (LINES_MAX, True) == (len(found.lines), found.note.endswith("more lines"))
