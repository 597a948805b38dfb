"""Moves are recorded in Git, and a commit asks for moves: with real Git, two clones, and a bare repository with a hook."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from lineal.client import gitops
from lineal.client.connect import init
from lineal.client.remote import RemoteRepository
from lineal.executors.git import GitRepository
from lineal.objects.errors import Conflict, Invalid
from lineal.operations.messages import hooks
from lineal.operations.references import find_version
from lineal.storage.clock import FixedClock
from tests.surfaces.conftest import served
from tests.unit.operations.making import run

POLICY = """
[git]
branch = "main"
repository = "../registry.git"
people = { "ada@example.org" = "ada" }
"""


class World:
    """A project, the bare repository of its record, and two clones of that.

    Args:
        place: where.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.bare = place / "registry.git"
        (place / "project").mkdir()
        self.policy("gate.production = []")
        git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare), at=place)
        self.repository = init(place / "project")
        for data in (b"1", b"2"):
            self.repository.model.register(
                run(self.repository, writes={"m.pkl": data}).reference,
                name="churn",
                level="minor" if data == b"2" else "",
                reason="x",
            )
        self.repository.promote("churn:1.0.0", to="production")
        for each in ("a", "b"):
            git("clone", "--quiet", str(self.bare), each, at=place)

    def policy(self, gate: str) -> None:
        """Write the policy with a gate."""
        (self.place / "project" / "lineal.toml").write_text(gate + POLICY, encoding="utf-8")

    def hook(self) -> None:
        """Have the bare repository make the moves that pushes ask for."""
        hook = self.bare / "hooks" / "post-receive"
        project, report = self.place / "project", self.place / "report.md"
        hook.write_text(
            "#!/bin/sh\nwhile read old new ref; do\n"
            f"  {sys.executable} -m lineal git apply $new --repository {project} --markdown {report}\ndone\n",
            encoding="utf-8",
        )
        hook.chmod(0o755)

    def file(self, clone: str = "a") -> Path:
        """Return the file of the model in a clone."""
        return self.place / clone / "registry" / "churn.toml"

    def wish(self, clone: str, old: str, new: str, email: str = "ada@example.org") -> str:
        """Change the file of the model, commit and push; return what the remote said."""
        at = self.place / clone
        git("pull", "--quiet", at=at)
        text = self.file(clone).read_text()
        assert old in text
        self.file(clone).write_text(text.replace(old, new))
        git("commit", "--quiet", "-am", f"churn: {new}", at=at, email=email)
        return git("push", "--quiet", at=at)

    def standing(self) -> dict[str, str]:
        """Return where versions stand."""
        return {each: find_version(self.repository.store, f"churn:{each}")["stage"] for each in ("1.0.0", "1.1.0")}

    def later(self) -> None:
        """Let time pass, so that what waits is due."""
        clock = FixedClock(self.repository.store.clock.now() + 3_600_000)
        self.repository.store = msgspec.structs.replace(self.repository.store, clock=clock)


def git(*arguments: str, at: Path, email: str = "ada@example.org") -> str:
    people = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", email))
    }
    config = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    ended = subprocess.run(
        ("git", *arguments), cwd=at, env={**os.environ, **people, **config}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A project that records its moves, with one version in production and one in staging."""
    found = World(tmp_path)
    yield found
    found.repository.close()


def test_a_move_is_a_commit_by_whoever_made_it_and_two_clones_see_the_same(world: World) -> None:
    by = world.repository.store.actor.name
    said = git("log", "-1", "--format=%an|%s|%b", "main", at=world.bare)
    file = tomllib.loads(world.file("a").read_text())

    assert world.file("a").read_bytes() == world.file("b").read_bytes()
    assert said.startswith(f"{by}|churn: stage production nothing -> 1.0.0") or "2 moves" in said
    assert {"production": "1.0.0", "staging": ["1.1.0"]} == file["stages"]
    assert find_version(world.repository.store, "churn:1.0.0")["digest"] == file["versions"]["1.0.0"]
    before = git("rev-parse", "main", at=world.bare)
    assert ["same"] == [each.state for each in world.repository.git.record()]
    assert before == git("rev-parse", "main", at=world.bare), "what says the same is no new commit"
    world.repository.alias("churn:1.0.0", "champion")
    world.repository.promote("churn:1.1.0", to="production")
    git("pull", "--quiet", at=world.place / "b")
    file = tomllib.loads(world.file("b").read_text())
    assert ({"production": "1.1.0"}, {"champion": "1.0.0"}) == (file["stages"], file["aliases"])
    assert {"delivered"} == {each.state for each in hooks.deliveries(world.repository, "git")}


def test_a_push_makes_the_moves_that_it_asks_for_as_its_committer(world: World) -> None:
    world.hook()
    said = world.wish("a", 'production = "1.0.0"\nstaging = ["1.1.0"]', 'production = "1.1.0"')

    assert {"1.0.0": "archived", "1.1.0": "production"} == world.standing(), said
    entry = next(each for each in world.repository.log("churn:1.1.0") if each.operation == "promote")
    assert "ada" == entry.by
    assert "✅ made | `churn:1.1.0` | stage production" in (world.place / "report.md").read_text()
    world.wish("b", "[aliases]", '[aliases]\nchampion = "1.1.0"')
    assert "churn:1.1.0" == world.repository.show("churn@champion").reference
    world.wish("a", 'champion = "1.1.0"\n', "")
    assert [] == world.repository.store.database.run("SELECT * FROM alias")
    git("pull", "--quiet", at=world.place / "b")
    assert ["same"] == [each.state for each in world.repository.git.record()]


def test_a_gate_that_says_no_is_told_and_the_wish_stays_in_git(world: World, tmp_path: Path) -> None:
    world.policy('[[gate.production]]\ncheck = "approvals"\ncount = 1\n')
    world.wish("a", 'production = "1.0.0"\nstaging = ["1.1.0"]', 'production = "1.1.0"')
    command = (sys.executable, "-m", "lineal", "git", "apply", "--repository", str(world.place / "project"))
    files = ("--junit", str(tmp_path / "moves.xml"), "--markdown", str(tmp_path / "moves.md"))
    for extra in (("--dry-run",), ()):
        ended = subprocess.run(
            (*command, *extra, *files), cwd=world.place / "a", capture_output=True, text=True, check=False
        )
        suite = ET.parse(tmp_path / "moves.xml").getroot()

        assert (5, "1") == (ended.returncode, suite.get("failures")), ended.stderr
        assert "❌ refused | `churn:1.1.0` | stage production" in (tmp_path / "moves.md").read_text()
        assert "approvals" in ended.stdout
    assert {"1.0.0": "production", "1.1.0": "staging"} == world.standing()
    assert ["wished"] == [each.state for each in world.repository.git.record()], "it is not taken back"
    world.policy("gate.production = []")
    ended = subprocess.run(command, cwd=world.place / "a", capture_output=True, text=True, check=False)
    assert (0, {"1.0.0": "archived", "1.1.0": "production"}) == (ended.returncode, world.standing())


def test_what_moved_apart_is_told_and_never_overwritten(world: World) -> None:
    world.wish("a", 'production = "1.0.0"\nstaging = ["1.1.0"]', 'production = "1.1.0"')
    tip = git("rev-parse", "main", at=world.bare)
    world.repository.promote("churn:1.0.0", to="archived")
    waiting = hooks.deliveries(world.repository, "git", state="waiting")

    assert "asks for stage production: 1.1.0" in waiting[0].problem
    assert "churn was moved meanwhile" in waiting[0].problem
    assert tip == git("rev-parse", "main", at=world.bare), "nothing was overwritten"
    with pytest.raises(Conflict, match="was moved meanwhile"):
        world.repository.git.record()
    done = gitops.apply(world.repository, GitRepository(world.place / "a"), commit="HEAD")
    assert (4, ["conflict"]) == (done.exit_status, [each.state for each in done.wishes if each.name == "production"])
    assert "and nothing stands there now" in next(each.detail for each in done.wishes if each.name == "production")
    # Somebody looks at both, and says in the file what holds: then they agree again.
    world.wish("b", 'production = "1.1.0"\n', 'staging = ["1.1.0"]\n')
    assert ["same"] == [each.state for each in world.repository.git.record()]
    world.later()
    assert {"delivered"} == {each.state for each in world.repository.hook.run()}


def test_wishes_that_cannot_be_are_told(world: World) -> None:
    for old, new, problem in (
        ('production = "1.0.0"', 'production = "7.0.0"', "7.0.0"),
        ('production = "1.0.0"', 'production = ["1.0.0", "1.1.0"]', "one version of a model stands in production"),
    ):
        text = world.file("a").read_text()
        world.file("a").write_text(text.replace(old, new))
        git("commit", "--quiet", "-am", "x", at=world.place / "a")
        done = gitops.apply(world.repository, GitRepository(world.place / "a"), commit="HEAD", dry_run=True)
        world.file("a").write_text(text)
        git("commit", "--quiet", "-am", "back", at=world.place / "a")

        assert 4 == done.exit_status
        assert any(problem in each.detail for each in done.wishes)
    digest = find_version(world.repository.store, "churn:1.1.0")["digest"]
    text = world.file("a").read_text()
    world.file("a").write_text(text.replace('"1.0.0"\n', '"1.1.0"\n', 1).replace(digest, "sha256:" + "0" * 64))
    git("commit", "--quiet", "-am", "forged", at=world.place / "a")
    (wish, *_) = gitops.apply(world.repository, GitRepository(world.place / "a"), commit="HEAD").wishes
    assert ("conflict", True) == (wish.state, f"and it is {digest}" in wish.detail)
    world.file("a").write_text("production = ")
    git("commit", "--quiet", "-am", "no toml", at=world.place / "a")
    with pytest.raises(Invalid, match=r"registry/churn.toml is no file of a model"):
        gitops.apply(world.repository, GitRepository(world.place / "a"), commit="HEAD")


def test_a_committer_moves_what_their_account_may(world: World) -> None:
    world.repository.user.create("ada", role="reader")
    world.wish("a", 'production = "1.0.0"\nstaging = ["1.1.0"]', 'production = "1.1.0"')
    there = GitRepository(world.place / "a")
    (refused,) = gitops.apply(world.repository, there, commit="HEAD").wishes

    assert ("refused", True) == (refused.state, "ada" in refused.detail), refused.detail
    world.repository.user.create("mona", role="writer")
    assert ["made"] == [each.state for each in gitops.apply(world.repository, there, commit="HEAD", by="mona").wishes]


def test_a_pipeline_makes_moves_over_a_server(world: World) -> None:
    world.wish("a", 'production = "1.0.0"\nstaging = ["1.1.0"]', 'production = "1.1.0"')
    with served(world.repository) as url, RemoteRepository(url) as remote:
        done = gitops.apply(remote, GitRepository(world.place / "a"), commit="HEAD")

    assert (0, ["made"]) == (done.exit_status, [each.state for each in done.wishes])
    assert {"1.0.0": "archived", "1.1.0": "production"} == world.standing()


def test_a_record_that_is_pushed_follows_the_remote_and_waits_for_it(world: World) -> None:
    near = world.place / "near"
    git("clone", "--quiet", str(world.bare), str(near), at=world.place)
    policy = world.place / "project" / "lineal.toml"
    near_by = 'repository = "../near"\npush = "origin"'
    policy.write_text(policy.read_text().replace('repository = "../registry.git"', near_by))
    git("commit", "--quiet", "--allow-empty", "-m", "somebody else's", at=world.place / "a")
    git("push", "--quiet", at=world.place / "a")
    world.repository.promote("churn:1.1.0", to="production")
    assert git("rev-parse", "main", at=world.bare) == git("rev-parse", "main", at=near)
    assert "somebody else's" in git("log", "--format=%s", "main", at=world.bare)
    away = world.bare.rename(world.place / "away")
    world.repository.promote("churn:1.0.0", to="production")
    assert [True] == [
        "git ls-remote" in each.problem for each in hooks.deliveries(world.repository, "git", state="waiting")
    ][:1]
    away.rename(world.bare)
    world.later()
    assert {"delivered"} == {each.state for each in world.repository.hook.run()}
    git("pull", "--quiet", at=world.place / "b")
    assert 'production = "1.0.0"' in world.file("b").read_text()
