"""The code of a run: commit, changes, and what Git does not know."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.capture.code import found as code_of
from lineal.capture.code.finding import entry_point, find_code
from lineal.capture.code.git import without_credentials

Git = Callable[..., str]
Write = Callable[[str, str], Path]


def test_a_clean_commit_needs_nothing_else(project: Path, write: Write, git: Git) -> None:
    write("train.py", "x = 1\n")
    git("add", "."), git("commit", "--quiet", "-m", "first")
    git("remote", "add", "origin", "https://ann:secret@example.com/a.git")

    code = find_code(project, ("python", "train.py"))

    assert (git("rev-parse", "HEAD").strip(), "main", "train.py") == (code.commit, code.branch, code.entry_point)
    assert (b"", (), (), "https://example.com/a.git") == (code.diff, code.untracked, code.gaps, code.remote)


def test_the_diff_rebuilds_what_ran(project: Path, write: Write, git: Git, tmp_path: Path) -> None:
    write("train.py", "x = 1\n")
    write("staged.py", "y = 1\n")
    write("old.py", "z = 1\n")
    (project / "blob.bin").write_bytes(bytes(range(256)))
    git("add", "."), git("commit", "--quiet", "-m", "first")
    write("train.py", "x = 2\n")
    write("staged.py", "y = 2\n")
    git("add", "staged.py"), git("mv", "old.py", "new.py")
    (project / "blob.bin").write_bytes(bytes(range(255, -1, -1)))

    code = find_code(project, ("train.py",))

    clone = tmp_path / "clone"
    subprocess.run(("git", "clone", "--quiet", str(project), str(clone)), check=True)
    subprocess.run(("git", "apply", "-"), cwd=clone, input=code.diff, check=True)
    files = {each.name: each.read_bytes() for each in project.iterdir() if each.is_file()}
    assert files == {each.name: each.read_bytes() for each in clone.iterdir() if each.is_file()}


@pytest.mark.usefixtures("git")
def test_sources_that_git_does_not_know_are_kept_and_data_is_not(project: Path, write: Write) -> None:
    write(".gitignore", "ignored.py\n")
    for name in ("new.py", "deep/also new.py", "data.csv", "ignored.py", ".lineal/x.py", "node_modules/x.js"):
        write(name, f"# {name}\n")

    code = find_code(project, ("new.py",))

    assert {"new.py": b"# new.py\n", "deep/also new.py": b"# deep/also new.py\n"} == code.sources
    assert {project / each for each in code.sources} == set(code.untracked)


def test_a_program_that_git_ignores_is_kept(project: Path, write: Write, git: Git) -> None:
    write(".gitignore", "*.py\n")
    write("train.py", "x = 1\n")
    git("add", ".gitignore"), git("commit", "--quiet", "-m", "first")

    code = find_code(project, ("train.py",))

    assert {"train.py": b"x = 1\n"} == code.sources


@pytest.mark.usefixtures("git")
def test_what_is_too_large_is_left_out_and_named(project: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_of, "SOURCES_BYTES_MAX", 1_500_000)
    write("a.py", "#" * (1 << 20))
    write("b.py", "#" * ((1 << 20) + 1))
    write("c.py", "#" * (1 << 19))

    code = find_code(project, ("a.py",))

    assert ["a.py"] == list(code.sources)
    assert ["b.py", "c.py"] == [each.split()[1] for each in code.gaps if "too large" in each]


def test_changes_before_the_first_commit_are_kept(project: Path, write: Write, git: Git) -> None:
    write("train.py", "x = 1\n")
    git("add", ".")

    code = find_code(project, ("train.py",))

    assert ("", "main") == (code.commit, code.branch)
    assert b"+x = 1" in code.diff
    assert ("code: the Git repository has no commit yet",) == code.gaps


@pytest.mark.usefixtures("git")
def test_a_run_in_a_folder_of_the_repository_has_the_whole_repository(project: Path, write: Write) -> None:
    write("deep/train.py", "x = 1\n")
    write("other.py", "y = 1\n")

    code = find_code(project / "deep", ("train.py",))

    assert (project, "deep/train.py", {"deep/train.py", "other.py"}) == (code.root, code.entry_point, set(code.sources))


def test_without_git_the_sources_beside_the_program_are_kept(project: Path, write: Write) -> None:
    write("train.py", "x = 1\n")
    write("helper.py", "y = 1\n")
    write("data.csv", "1\n")

    code = find_code(project, ("python", "train.py"))

    assert {"train.py": b"x = 1\n", "helper.py": b"y = 1\n"} == code.sources
    assert 1 == len(code.gaps)


def test_looking_changes_nothing(project: Path, write: Write, git: Git) -> None:
    write("train.py", "x = 1\n")
    git("add", "."), git("commit", "--quiet", "-m", "first")
    (project / "train.py").touch()
    before = (project / ".git" / "index").read_bytes()

    find_code(project, ("train.py",))

    assert before == (project / ".git" / "index").read_bytes()


@pytest.mark.parametrize(
    ("command", "entry"),
    [
        (("train.py", "--x"), "train.py"),
        (("python", "-u", "train.py"), "train.py"),
        (("python", "-m", "package.module"), "package/module.py"),
        (("python", "-m", "package"), "package/__main__.py"),
        (("python", "-m", "elsewhere"), "-m elsewhere"),
        (("python", "-c", "train.py"), "python"),
        (("./run", "train.py"), "train.py"),
        (("./run",), "run"),
        (("ls",), "ls"),
        (("papermill", "in.ipynb", "out.ipynb", "-p", "depth", "4"), "in.ipynb"),
        (("jupyter", "nbconvert", "--config", "conf.yaml", "--execute", "in.ipynb"), "in.ipynb"),
        (("python", "-m", "nbconvert", "--execute", "in.ipynb"), "in.ipynb"),
        (("python", "train.py", "in.ipynb"), "train.py"),
    ],
)
def test_the_entry_point_is_the_program_and_not_its_interpreter(
    command: tuple[str, ...], entry: str, project: Path, write: Write
) -> None:
    for name in ("train.py", "package/module.py", "package/__main__.py", "run", "in.ipynb", "out.ipynb", "conf.yaml"):
        write(name, "")

    assert entry == entry_point(project, project, command)


@pytest.mark.parametrize(
    ("remote", "bare"),
    [
        ("https://user:pass@host/a.git", "https://host/a.git"),
        ("https://token@host/a.git", "https://host/a.git"),
        ("ssh://git:pass@host/a.git", "ssh://git@host/a.git"),
        ("git@host:a.git", "git@host:a.git"),
        ("/some/path", "/some/path"),
    ],
)
def test_a_remote_shows_no_credentials(remote: str, bare: str) -> None:
    assert bare == without_credentials(remote)
