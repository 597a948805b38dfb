"""Repositories that are not plain: submodules, worktrees, clones in part, other owners, large changes, Git LFS."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.capture.code import repository
from lineal.capture.code.finding import find_code
from lineal.capture.code.stripping import stripped

Git = Callable[..., str]
Write = Callable[[str, str], Path]

IDENTITY = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git_in(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ("git", "-c", "protocol.file.allow=always", *arguments),
        cwd=directory,
        env=os.environ | IDENTITY,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def commit(directory: Path, **files: str) -> str:
    directory.mkdir(parents=True, exist_ok=True)
    if not (directory / ".git").exists():
        git_in(directory, "init", "--quiet", "--initial-branch=main")
    for name, text in files.items():
        (directory / f"{name}.py").write_text(text)
    git_in(directory, "add", "."), git_in(directory, "commit", "--quiet", "-m", "x")
    return git_in(directory, "rev-parse", "HEAD")


def test_submodules_tell_their_commit_their_changes_and_what_they_do_not_know(tmp_path: Path) -> None:
    inner, outer, project = tmp_path / "inner", tmp_path / "outer", tmp_path / "project"
    deep = commit(inner, a="a = 1\n")
    commit(outer, b="b = 1\n")
    git_in(outer, "submodule", "--quiet", "add", str(inner), "deep"), commit(outer)
    commit(project, train="x = 1\n")
    for name in ("moved", "changed", "absent"):
        git_in(project, "submodule", "--quiet", "add", str(outer), f"vendor/{name}")
    git_in(project, "submodule", "--quiet", "update", "--init", "--recursive"), commit(project)
    git_in(project, "submodule", "--quiet", "deinit", "vendor/absent")
    moved = commit(project / "vendor" / "moved", b="b = 2\n")
    (project / "vendor" / "changed" / "b.py").write_text("b = 3\n")
    (project / "vendor" / "changed" / "new.py").write_text("password = 'hunter22'\n")
    (project / "vendor" / "changed" / "deep" / "a.py").write_text("a = 2\n")

    code = find_code(project, ("train.py",))

    found = {each.path.removeprefix("vendor/"): each for each in code.submodules}
    assert {"absent", "changed", "changed/deep", "moved", "moved/deep"} == set(found)
    assert (moved, True, False, b"") == (
        found["moved"].commit,
        found["moved"].is_moved,
        found["moved"].is_changed,
        found["moved"].diff,
    )
    assert (False, True, str(outer)) == (
        found["changed"].is_moved,
        found["changed"].is_changed,
        found["changed"].remote,
    )
    assert b"+b = 3" in found["changed"].diff
    assert {"new.py": b"password = '[masked]'\n"} == found["changed"].sources
    assert (deep, True) == (found["changed/deep"].commit, b"+a = 2" in found["changed/deep"].diff)
    assert b"+Subproject commit " + moved.encode() in code.diff
    assert ("code: the submodule vendor/absent is not checked out",) == code.gaps
    assert 1 == code.masked_secrets


def test_what_is_special_about_a_repository_is_told(tmp_path: Path) -> None:
    source = tmp_path / "source"
    commit(source, a="a = 1\n")
    git_in(source, "switch", "--quiet", "-c", "other"), commit(source, a="a = 2\n")
    git_in(source, "switch", "--quiet", "main"), commit(source, a="a = 3\n")
    git_in(source, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    git_in(tmp_path, "clone", "--quiet", "--depth=1", f"file://{source}", str(tmp_path / "clone"))
    git_in(tmp_path / "clone", "sparse-checkout", "set", "none")
    subprocess.run(("git", "merge", "other"), cwd=source, env=os.environ | IDENTITY, capture_output=True, check=False)

    states = {name: find_code(tmp_path / name, ("a.py",)).state for name in ("source", "tree", "clone")}

    assert {"source": ("merging",), "tree": ("detached", "worktree"), "clone": ("shallow", "sparse")} == states
    assert b"<<<<<<<" in find_code(source, ("a.py",)).diff


def test_a_repository_of_another_owner_is_read_and_the_users_settings_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = commit(tmp_path / "project", train="x = 1\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    refused = subprocess.run(("git", "status"), cwd=tmp_path / "project", capture_output=True, check=False)

    code = find_code(tmp_path / "project", ("train.py",))

    assert b"safe.directory" in refused.stderr
    assert (head, ()) == (code.commit, code.gaps)
    assert not (tmp_path / "home").exists()


def test_changes_that_are_too_large_are_left_out_file_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "DIFF_BYTES_MAX", 20_000)
    monkeypatch.setattr(repository, "FILE_DIFF_BYTES_MAX", 10_000)
    project = tmp_path / "project"
    commit(project, a="a = 1\n", big="b = 1\n", z="z = 1\n")
    (project / "a.py").write_text("a = 2\n")
    (project / "big.py").write_text("".join(f"x{n} = {n}\n" for n in range(5_000)))
    (project / "z.py").write_text("z = 2\n")

    code = find_code(project, ("a.py",))

    assert (True, True, False) == tuple(each in code.diff for each in (b"+a = 2", b"+z = 2", b"x4999"))
    assert ("code: the changes of big.py are too large to be kept",) == code.gaps


def test_files_of_git_lfs_are_told_by_pointers_and_the_rest_by_the_diff(tmp_path: Path) -> None:
    project = tmp_path / "project"
    commit(project, train="x = 1\n")
    (project / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")

    def pointer(data: bytes) -> bytes:
        oid = hashlib.sha256(data).hexdigest()
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n".encode()

    (project / "same.bin").write_bytes(pointer(b"same"))
    (project / "new.bin").write_bytes(pointer(b"old"))
    # The pointers are in the commit, as a machine with Git LFS writes them; the files are in the working tree.
    git_in(project, "-c", "filter.lfs.clean=", "-c", "filter.lfs.required=false", "add", ".")
    git_in(project, "commit", "--quiet", "-m", "x")
    (
        git_in(project, "config", "filter.lfs.clean", "no-such-git-lfs"),
        git_in(project, "config", "filter.lfs.required", "true"),
    )
    (project / "same.bin").write_bytes(b"same")
    (project / "new.bin").write_bytes(b"new")
    (project / "train.py").write_text("x = 2\n")

    code = find_code(project, ("train.py",))

    assert {"new.bin": pointer(b"new")} == code.sources
    assert (True, False) == (b"+x = 2" in code.diff, b".bin" in code.diff)
    assert () == code.gaps


def test_a_changed_notebook_is_kept_without_outputs_and_one_that_only_ran_is_no_change(tmp_path: Path) -> None:
    project = tmp_path / "project"

    def write(name: str, source: str, output: str) -> bytes:
        cell = {"cell_type": "code", "id": "c1", "metadata": {}, "source": source, "execution_count": 1}
        outputs = [{"output_type": "stream", "name": "stdout", "text": output}]
        notebook = {"cells": [{**cell, "outputs": outputs}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (project / name).write_text(json.dumps(notebook))
        return (project / name).read_bytes()

    commit(project, train="x = 1\n")
    write("edited.ipynb", "a = 1", "one"), write("ran.ipynb", "b = 1", "one"), commit(project)
    edited = write("edited.ipynb", "a = 2", "two")
    write("ran.ipynb", "b = 1", "two")

    code = find_code(project, ("jupyter", "nbconvert", "--execute", "edited.ipynb"))

    assert ("edited.ipynb", b"") == (code.entry_point, code.diff)
    assert {"edited.ipynb": stripped(edited)} == code.sources
    assert b"two" not in code.sources["edited.ipynb"]


def test_the_first_remote_is_told_where_there_is_no_origin(tmp_path: Path) -> None:
    commit(tmp_path, a="a = 1\n")
    for name in ("mine", "theirs"):
        git_in(tmp_path, "remote", "add", name, f"https://ann:hunter22@example.com/{name}.git?private_token=a1b2c3d4")

    assert "https://example.com/mine.git" == find_code(tmp_path, ("a.py",)).remote.partition("?")[0]
