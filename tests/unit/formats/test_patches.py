"""In what two sets of changes to one commit differ."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.formats.patches import between, parse_patch

BASE = [f"line {number}" for number in range(30)]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commit of one file, ``a b.py``."""
    directory = tmp_path_factory.mktemp("patches")
    (directory / "a b.py").write_text("\n".join(BASE) + "\n")
    for line in ("init -q", "add -A", "-c user.email=a@b -c user.name=a commit -qm one"):
        subprocess.run(["git", *line.split()], cwd=directory, check=True)
    return directory


def patch_of(repository: Path, lines: list[str]) -> str:
    """Return how Git says that the file has these lines now."""
    (repository / "a b.py").write_text("".join(f"{line}\n" for line in lines))
    return subprocess.run(["git", "diff"], cwd=repository, check=True, capture_output=True, text=True).stdout


def changed(**at: str) -> list[str]:
    return [at.get(f"l{number}", line) for number, line in enumerate(BASE)]


def test_only_what_differs_between_two_sets_of_changes_is_shown(repository: Path) -> None:
    left = parse_patch(patch_of(repository, changed(l3="both", l20="left")))["a b.py"]
    right = parse_patch(patch_of(repository, changed(l3="both", l20="right", l28="only right")))["a b.py"]

    assert [
        "@@ from line 18 of the commit @@",
        " line 17", " line 18", " line 19", "-left", "+right", " line 21", " line 22", " line 23",
        "@@ from line 26 of the commit @@",
        " line 25", " line 26", " line 27", "-line 28", "+only right", " line 29",
    ] == list(between(left, right))  # fmt: skip


def test_what_one_side_did_not_change_is_compared_with_the_commit(repository: Path) -> None:
    right = parse_patch(patch_of(repository, changed(l5="new")))["a b.py"]

    assert ["-line 5", "+new"] == [each for each in between(None, right) if each[:1] in "+-"]
    assert ["-new", "+line 5"] == [each for each in between(right, None) if each[:1] in "+-"]


@given(
    left=st.lists(st.tuples(st.integers(0, 29), st.sampled_from(["x", "", "y\nz"])), max_size=5),
    right=st.lists(st.tuples(st.integers(0, 29), st.sampled_from(["x", "", "y\nz"])), max_size=5),
)
@settings(max_examples=15, deadline=None)
def test_the_same_changes_do_not_differ_and_others_do(
    left: list[tuple[int, str]], right: list[tuple[int, str]], repository: Path
) -> None:
    texts = [changed(**{f"l{number}": new for number, new in side}) for side in (left, right)]
    patches = [parse_patch(patch_of(repository, "\n".join(text).split("\n"))).get("a b.py") for text in texts]

    assert [] == list(between(patches[0], patches[0]))
    assert (texts[0] != texts[1]) == bool(list(between(*patches)))


def test_binary_files_and_texts_that_are_no_patches_are_known() -> None:
    binary = "diff --git a/x.bin b/x.bin\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZ\n"

    assert parse_patch(binary)["x.bin"].is_binary
    assert {} == parse_patch("nothing\n@@ -1 +1 @@\n-a\n+b")
    assert () == parse_patch("diff --git a/x b/x\n@@ no hunk @@\n")["x"].hunks
