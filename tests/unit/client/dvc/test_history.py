"""The history of pointers, as Git tells it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lineal.client.dvc import git
from lineal.client.dvc.history import History
from lineal.objects.errors import Invalid

IDENTITY = {"GIT_AUTHOR_NAME": "Zoë", "GIT_AUTHOR_EMAIL": "z@example.org", "GIT_COMMITTER_NAME": "Bot"} | {
    "GIT_COMMITTER_EMAIL": "bot@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "HOME": "/nonexistent",
}


class Repository:
    """A Git repository in a directory."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.at = 1_700_000_000
        self("init", "--quiet", "--initial-branch", "main")

    def __call__(self, *line: str) -> str:
        """Return what ``git`` prints."""
        dates = {f"GIT_{who}_DATE": f"{self.at} +0000" for who in ("AUTHOR", "COMMITTER")}
        command = ("git", "-C", str(self.top), *line)
        done = subprocess.run(
            command, env={**IDENTITY, **dates, "PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str, **files: str) -> str:
        """Write files, a double underscore for a slash and one at the end for ``.dvc``; commit; return the commit."""
        self.at += 60
        for name, text in files.items():
            path = self.top / (name[:-1] + ".dvc" if name.endswith("_") else name.replace("__", "/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", "--message", message)
        return self("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    (tmp_path / "top").mkdir()
    return Repository(tmp_path / "top")


def told(history: History) -> list[tuple[str, str, str]]:
    contents = history.read(each.blob for each in history.changes())
    return [(each.commit.subject, each.path, contents[each.blob].decode()) for each in history.changes()]


def test_each_change_of_a_pointer_is_told_once_with_its_commit(repository: Repository) -> None:
    repository.commit("one", a_="1", other="x")
    repository.commit("two", other="y")
    last = repository.commit("three: näher\n\nwith a body", a_="2")
    history = History(repository.top)

    assert [("one", "a.dvc", "1"), ("three: näher", "a.dvc", "2")] == told(history)
    commit = list(history.changes())[-1].commit
    assert (last, "Zoë", "z@example.org", repository.at * 1000) == commit[:4]
    assert commit == history.commit(last)


def test_branches_and_tags_are_told_too_parents_first(repository: Repository) -> None:
    repository.commit("one", a_="1")
    repository("checkout", "--quiet", "-b", "side")
    repository.commit("side", a_="2")
    repository("tag", "kept")
    repository("checkout", "--quiet", "main")
    repository("branch", "--quiet", "-D", "side")
    repository.commit("main", b_="3")
    repository("merge", "--quiet", "--no-edit", "kept")

    assert ["one", "side", "main", "Merge tag 'kept'", "Merge tag 'kept'"] == [
        each[0] for each in told(History(repository.top))
    ]


def test_links_and_what_was_deleted_are_no_pointers(repository: Repository) -> None:
    repository.commit("one", a_="1")
    (repository.top / "b.dvc").symlink_to("a.dvc")
    (repository.top / "a.dvc").unlink()
    repository.commit("two")
    history = History(repository.top)

    assert [("one", "a.dvc", "1")] == told(history)
    assert {} == history.head()


def test_a_repository_of_dvc_below_that_of_git_sees_its_own(repository: Repository) -> None:
    commit = repository.commit("one", a_="1", sub__dvc__lock="x")
    (repository.top / "sub/deep").mkdir()
    (repository.top / "sub/deep/d.dvc").write_text("deep")
    commit = repository.commit("two")
    history = History(repository.top / "sub")

    assert [("two", "deep/d.dvc", "deep")] == told(history)
    assert ["deep/d.dvc"] == list(history.head())
    assert {"deep/d.dvc": b"deep"} == history.files(commit, ["deep/d.dvc", "a.dvc"])
    assert {"d.dvc"} == set(history.listed(commit, "deep"))


def test_an_empty_repository_has_no_history(repository: Repository) -> None:
    history = History(repository.top)

    assert [] == list(history.changes())
    assert ({}, "", False, []) == (history.head(), history.remote, history.is_cut, list(history.tags()))


def test_a_cut_history_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", a_="1")
    repository.commit("two", a_="2")
    subprocess.run(
        ("git", "clone", "--quiet", "--depth", "1", f"file://{repository.top}", str(tmp_path / "cut")), check=True
    )
    history = History(tmp_path / "cut")

    assert history.is_cut
    assert [("two", "a.dvc", "2")] == told(history)
    assert f"file://{repository.top}" == history.remote


def test_tags_come_in_the_order_in_which_they_were_set(repository: Repository) -> None:
    first = repository.commit("one")
    repository("tag", "-a", "-m", "it is\n\nlong", "b")
    second = repository.commit("two")
    repository("tag", "-a", "-m", "", "a")
    tags = list(History(repository.top).tags())

    assert [("b", first, "Bot", "it is"), ("a", second, "Bot", "")] == [
        (each.name, each.commit, each.by, each.message) for each in tags
    ]


def test_contents_are_read_many_at_once(repository: Repository) -> None:
    commit = repository.commit("one", a="\n1\n\n", b="", c="0 blob 5\n")
    names = [f"{commit}:{each}" for each in ("a", "gone", "b", "c", "li\nne")]

    assert dict(zip(names, [b"\n1\n\n", None, b"", b"0 blob 5\n", None], strict=True)) == dict(
        git.contents(repository.top, names)
    )


def test_what_git_refuses_is_told(repository: Repository) -> None:
    with pytest.raises(Invalid, match="git rev-parse failed"):
        git.ask(repository.top, "rev-parse", "nothing")


def test_outside_of_git_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is in no Git repository"):
        History(tmp_path)
