"""Tags in Git, with the real GTO: it reads what we write, and we read what it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lineal.client.connect import Repository, init
from lineal.client.dvc.gto_importing import import_tags
from lineal.client.dvc.tagging import write_tags
from lineal.objects.canonical import object_digest
from lineal.objects.runs import Code, FileUse, Run, Runtime
from tests.parts.dvc import Dvc
from tests.surfaces.commands import lineal
from tests.surfaces.dvc_repositories import dvc, write  # noqa: F401 - fixtures are used by their names

POLICY = """
gate.production = []

[git]
tags = true
push = "origin"
"""


class Git:
    """A Git repository with a bare remote, and GTO's view of it."""

    def __init__(self, dvc: Dvc, place: Path) -> None:  # noqa: F811
        self._dvc = dvc
        self.root = place / "project"
        self.root.mkdir(parents=True)
        self("init", "--quiet", "--bare", str(place / "remote.git"))
        self("init", "--quiet", "--initial-branch", "main")
        self("remote", "add", "origin", str(place / "remote.git"))

    def __call__(self, *line: str) -> str:
        return self._dvc.git(self.root, *line)

    def gto(self, *line: str) -> str:
        """Return what GTO prints."""
        return self._dvc.run(self.root, "gto", *line)

    def told(self, *line: str) -> Any:
        """Return what GTO says in JSON."""
        return json.loads(self.gto(*line, "--json"))

    def commit(self, message: str, **files: str) -> str:
        """Write files, commit them, and return the commit."""
        write(self.root, {name.replace("_", "."): text.encode() for name, text in files.items()})
        self("add", ".")
        self("commit", "--quiet", "--allow-empty", "--message", message)
        return self("rev-parse", "HEAD").strip()

    def tags(self) -> list[str]:
        return self("for-each-ref", "--sort=creatordate", "--format=%(refname:lstrip=2)", "refs/tags").split()


@pytest.fixture
def git(dvc: Dvc, tmp_path: Path) -> Git:  # noqa: F811
    return Git(dvc, tmp_path)


def register(repository: Repository, commit: str, data: bytes, pre: str = "", name: str = "churn") -> str:
    """Register a version whose run recorded a commit."""
    store = repository.store
    use = FileUse(path="m.pkl", digest=repository.blobs.put(data), size_bytes=len(data))
    code, runtime, now = Code(commit=commit), Runtime(), store.clock.now()
    run = Run(
        id=store.clock.new_id(), name="train", command=("train",), directory=".", state="finished", started_at=now,
        ended_at=now, exit_status=0, code=object_digest(code), runtime=object_digest(runtime), outputs=(use,),
    )  # fmt: skip
    made = repository.runs.finish(run=run, code=code, runtime=runtime)
    answer = repository.model.register(made.reference, name=name, pre=pre)
    return str(answer.reference)


def test_gto_reads_what_we_write(git: Git) -> None:
    write(git.root, {"lineal.toml": POLICY.encode()})
    with init(git.root) as repository:
        first, second, third = (git.commit(each) for each in ("one", "two", "three"))
        register(repository, first, b"1")
        candidate = register(repository, second, b"2", "rc")
        repository.promote("churn:1.0.0", to="production")
        repository.model.release(candidate)
        register(repository, second, b"other")
        register(repository, "", b"unknown")
        register(repository, "f" * 40, b"elsewhere")
        register(repository, third, b"3", name="a.b")
        repository.promote("churn:1.1.0", to="production")
        found = write_tags(repository, git.root)
        again = write_tags(repository, git.root)

    told = "\n".join(found.told)
    assert "churn:1.2.0 has no tag: its commit has version 1.1.0, and GTO knows one a commit" in told
    assert "churn:1.3.0 has no tag: nobody knows the commit" in told
    assert "churn:1.4.0 has no tag: its commit ffffffffffff is not in" in told
    assert "a.b has no tags" in told
    assert ((), found.told) == (again.made, again.told)
    assert {"churn@v1.0.0", "churn@v1.1.0"} == {each for each in git.tags() if "@" in each}
    shown = {each["version"]: each for each in git.told("show", "churn")}
    assert {"v1.1.0", "v1.0.0"} == set(shown)
    assert "churn@v1.1.0" == git.gto("show", "churn#production", "--ref").strip()
    assert "churn@v1.0.0" == git.gto("show", "churn#archived", "--ref").strip()
    events = [(each["event"], each["version"], each["stage"]) for each in reversed(git.told("history", "churn"))]
    assert events.index(("assignment", "v1.0.0", "production")) < events.index(("unassignment", "v1.0.0", "production"))
    assert "sha256:" in git("tag", "--list", "--format=%(contents)", "churn@v1.1.0")
    assert first == git("rev-parse", "churn@v1.0.0^{commit}").strip()


def test_tags_follow_commands_where_the_policy_says_so_and_no_failure_undoes_them(git: Git) -> None:
    write(
        git.root,
        {
            "lineal.toml": POLICY.encode(),
            "train.py": b"open('m.pkl', 'wb').write(b'1')",
            ".gitignore": b"*.pkl\n.lineal\n",
        },
    )
    git.commit("one")
    lineal(git.root, "init")
    lineal(git.root, "run", "--", "python", "train.py")
    _, said = lineal(git.root, "model", "register", "run:train", "--name", "churn")
    assert "tagged churn@v1.0.0, churn#staging#1, and sent to origin" in said
    git("push", "--quiet", "origin", f"{git.commit('two')}:refs/tags/churn#production#3")
    _, said = lineal(git.root, "promote", "churn:1.0.0", "--to", "production")

    assert "tagged churn#staging!#2, churn#production#3" in said
    assert "git push failed" in said
    assert "production" == json.loads(lineal(git.root, "show", "churn:1.0.0", "--json")[0])["stage"]
    assert git("rev-parse", "HEAD").strip() in git("ls-remote", "origin", "refs/tags/churn#production#3")

    git("tag", "-f", "-m", "mine", "churn@v1.0.0", "HEAD")
    _, said = lineal(git.root, "export", "gto")
    assert "the tag churn@v1.0.0 is on commit" in said
    assert git("rev-parse", "HEAD") == git("rev-parse", "churn@v1.0.0^{commit}")


def test_what_was_removed_is_deregistered_and_a_dirty_commit_is_told(git: Git) -> None:
    write(
        git.root,
        {
            "lineal.toml": b"gate.production = []\n",
            "train.py": b"open('m.pkl', 'wb').write(b'1')",
            ".gitignore": b"*.pkl\n.lineal\n",
        },
    )
    git.commit("one")
    lineal(git.root, "init")
    write(git.root, {"train.py": b"open('m.pkl', 'wb').write(b'2')"})
    lineal(git.root, "run", "--", "python", "train.py")
    lineal(git.root, "model", "register", "run:train", "--name", "churn")
    _, said = lineal(git.root, "export", "gto")
    assert "the code of churn:1.0.0 had changes that its commit does not have" in said
    assert "changes that the commit does not have" in git("tag", "--list", "--format=%(contents)", "churn@v1.0.0")
    lineal(git.root, "promote", "churn:1.0.0", "--to", "archived")
    lineal(git.root, "model", "remove", "churn:1.0.0", "--reason", "wrong")

    assert ["churn@v1.0.0!"] == lineal(git.root, "export", "gto")[0].split()
    assert [] == git.told("show", "churn")


def test_we_read_what_gto_writes(git: Git) -> None:
    new, old = (
        {"artifacts": {"churn": {"path": "m.pkl"}}},
        {"deep": {"path": "deep", "type": "model", "virtual": False}},
    )
    write(git.root, {"dvc.yaml": json.dumps(new).encode(), "artifacts.yaml": json.dumps(old).encode()})
    write(git.root, {"deep/a.bin": b"a", "deep/b.json": b"{}"})
    git.commit("one", m_pkl="1")
    git.gto("register", "churn", "--version", "v1.0.0", "-m", "the first")
    git.gto("register", "deep", "--version", "v0.3.0")
    git.commit("two", m_pkl="2")
    git.gto("register", "churn", "--version", "v1.1.0-rc.1")
    git.commit("three", m_pkl="3")
    git.gto("register", "churn", "--version", "v1.1.0")
    git.gto("assign", "churn", "--version", "v1.1.0", "--stage", "prod")
    git.gto("register", "lost", "--version", "v1.0.0")
    with init(git.root) as repository:
        found = import_tags(repository, git.root)
        again = import_tags(repository, git.root)
        versions = {each.reference: each for each in repository.model.show("churn").versions}
        files = [each.path for each in repository.data.files("deep:0.3.0")]
        alias = repository.sql("select alias, model, number, author from aliases").rows
        back = write_tags(repository, git.root, pre_releases=True)

    assert (4, 1) == (found.versions, found.aliases)
    assert (0, found.left_out) == (again.new, again.left_out)
    assert any("artifact lost" in each for each in found.left_out)
    assert {"churn:1.0.0", "churn:1.1.0-rc.1", "churn:1.1.0"} == set(versions)
    assert {"Ada"} == {each.created_by for each in versions.values()}
    stamps = git("tag", "--list", "--format=%(creatordate:unix)", "churn@v1.0.0")
    assert int(stamps) * 1000 == versions["churn:1.0.0"].created_at
    assert ["a.bin", "b.json"] == files
    assert [("prod", "churn", 3, "Ada")] == [tuple(row) for row in alias]
    assert {"staging"} == {each.partition("#")[2].partition("#")[0] for each in back.made}


def test_without_git_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    lineal(tmp_path / "empty", "init")

    assert "is in no Git repository" in lineal(tmp_path / "empty", "export", "gto", status=2)[1]
    assert "is in no Git repository" in lineal(tmp_path / "empty", "import", "gto", status=2)[1]
