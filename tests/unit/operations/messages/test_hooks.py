"""Hooks of the policy: asked before a move, told after an act, and nothing is lost when one does not work."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lineal.checks.policies.policy import parse_policy
from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, NotFound, Refused
from lineal.operations.messages import hook_runs, hooks
from lineal.operations.references import find_version
from lineal.operations.versioning import registered_versions
from lineal.storage.clock import FixedClock
from tests.unit.operations.making import run as recorded
from tests.unit.operations.tracked import made, registered, tracked

NO_GATE = "gate.production = []\n"
MOVED = 'on = ["model_version.stage_changed"]'


@pytest.fixture
def project(tmp_path: Path) -> Iterator[LocalRepository]:
    """A repository on a disk, whose owner uses it; its clock stands still."""
    with init(tmp_path) as found:
        found.store = msgspec.structs.replace(found.store, clock=FixedClock())
        yield found


@pytest.fixture
def says(project: LocalRepository, tmp_path: Path) -> Callable[[str], None]:
    """Give the project a policy, and after that a version to move."""

    def say(text: str) -> None:
        (tmp_path / "lineal.toml").write_text(NO_GATE + text, encoding="utf-8")

    project.model.register(recorded(project, writes={"m.pkl": b"1"}).reference, name="churn")
    return say


def stage(repository: LocalRepository, name: str = "churn") -> str:
    return str(find_version(repository.store, name)["stage"])


def later(repository: LocalRepository, *, hours: int = 1) -> None:
    now = repository.store.clock.now()
    repository.store = msgspec.structs.replace(repository.store, clock=FixedClock(now + hours * 3_600_000))


def test_a_hook_is_told_the_event_on_its_input_and_in_variables(
    project: LocalRepository, says: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED", "yes")
    monkeypatch.setenv("LINEAL_TOKEN", "a secret")
    says(
        f'[[hook]]\nname = "tell"\n{MOVED}\nstages = ["production"]\nmodels = ["ch*"]\nshell = true\n'
        'environment = ["ALLOWED"]\nrun = "cat > event.json; env > variables"\n'
    )
    project.promote("churn", to="production")
    event = json.loads((tmp_path / "event.json").read_text())
    variables = dict(each.split("=", 1) for each in (tmp_path / "variables").read_text().splitlines())

    assert ("dev.lineal.model_version.stage_changed", "churn:1.0.0") == (event["type"], event["subject"])
    assert {"to_stage": "Production", "by": project.store.actor.name}.items() <= event["data"].items()
    assert {
        "LINEAL_HOOK": "tell",
        "LINEAL_EVENT": "model_version.stage_changed",
        "LINEAL_EVENT_ID": event["id"],
        "LINEAL_VERSION": "churn:1.0.0",
        "LINEAL_STAGE": "production",
        "LINEAL_FROM_STAGE": "staging",
        "LINEAL_ACTOR": project.store.actor.name,
        "ALLOWED": "yes",
    }.items() <= variables.items()
    assert "LINEAL_TOKEN" not in variables
    assert ["delivered"] == [each.state for each in hooks.deliveries(project, "tell")]
    project.promote("churn", to="archived")
    assert 1 == len(hooks.deliveries(project, "tell")), "it hears of production only"


def test_a_hook_that_is_asked_before_can_refuse(project: LocalRepository, says: Callable[[str], None]) -> None:
    says('[[hook]]\nname = "freeze"\nbefore = true\nstages = ["production"]\nshell = true\n'
         'run = "echo the shop is closed until $LINEAL_VERSION is read; exit 3"\n')  # fmt: skip
    for refused in (
        lambda: project.promote("churn", to="production"),
        lambda: project.promote("churn", to="production", force=True, reason="now"),
        lambda: project.move.make(("churn",), to="production"),
    ):
        with pytest.raises(Refused, match=r"hook freeze .*production: exit status 3\nthe shop is closed until churn:1"):
            refused()

    assert "staging" == stage(project)
    assert {"failed"} == {each.outcome for each in project.log("churn") if each.operation in {"promote", "move make"}}
    says('[[hook]]\nname = "freeze"\nbefore = true\nrun = ["true"]\n')
    project.promote("churn", to="production")
    assert "production" == stage(project)


def test_moves_by_mlflows_protocol_and_planned_ones_are_asked_about_too(
    project: LocalRepository, says: Callable[[str], None], tmp_path: Path
) -> None:
    made(project, "fraud")
    registered(project, "fraud", tracked(project))
    says('[[hook]]\nname = "no"\nbefore = true\nrun = "sh -c \'echo $LINEAL_ACTOR >> asked; exit 1\'"\n')
    with pytest.raises(Refused, match="hook no"):
        registered_versions.transition(project, "fraud", 1, to="production")
    with pytest.raises(Refused, match="hook no"):
        registered_versions.alias(project, "fraud", 1, alias="Staging")
    project.move.plan(("churn",), to="production", at="2999-01-01")
    project.store.database.run("UPDATE planned_move SET due_at = 1")
    (due,) = project.move.due()

    assert ("refused", True) == (due.state, "hook no" in due.detail)
    assert ("none", "staging") == (stage(project, "fraud"), stage(project))
    assert 3 == len((tmp_path / "asked").read_text().splitlines()), "each is asked once, before the transaction"


@pytest.mark.parametrize(
    ("hook", "problem"),
    [
        ('run = ["no-such-program"]', "it cannot be started: No such file or directory: no-such-program"),
        ('shell = true\nrun = "sleep 60 & wait"\ntimeout_s = 0.3', "it took longer than 0.3 seconds"),
        ('shell = true\nrun = "kill -9 $$"', "it was ended by signal 9"),
        ('shell = true\nrun = "yes x | head -c 30000000; echo the end; exit 4"', "exit status 4"),
    ],
)
def test_what_a_hook_could_not_be_told_waits_is_tried_again_and_never_lost(
    project: LocalRepository, says: Callable[[str], None], tmp_path: Path, hook: str, problem: str
) -> None:
    says(f'[[hook]]\nname = "tell"\n{MOVED}\n{hook}\n')
    began = time.monotonic()
    project.promote("churn", to="production")
    (waiting,) = hooks.deliveries(project, "tell")

    assert time.monotonic() - began < 20
    assert "production" == stage(project), "the act is done whatever its hooks do"
    assert ("waiting", 1, True) == (waiting.state, waiting.attempt_count, problem in waiting.problem)
    assert len(waiting.problem) <= 1_000
    assert () == project.hook.run(), "not before its time"
    project.store = msgspec.structs.replace(
        project.store, reach=msgspec.structs.replace(project.store.reach, attempts_max=2)
    )
    later(project)
    assert ["dead"] == [each.state for each in project.hook.run()]
    assert [(0, 1)] == [(each.waiting, each.dead) for each in project.hooks()]
    says(f'[[hook]]\nname = "tell"\n{MOVED}\nrun = ["touch", "told"]\n')
    project.hook.retry("tell")
    assert ["delivered"] == [each.state for each in hooks.deliveries(project, "tell")]
    assert (tmp_path / "told").exists()


def test_a_hook_that_leaves_a_program_behind_keeps_nobody_waiting(
    project: LocalRepository, says: Callable[[str], None], tmp_path: Path
) -> None:
    says(f'[[hook]]\nname = "tell"\n{MOVED}\nshell = true\nrun = "sleep 300 & echo $! > left"\n')
    project.promote("churn", to="production")
    pid = int((tmp_path / "left").read_text())

    assert ["delivered"] == [each.state for each in hooks.deliveries(project, "tell")]
    assert any(not _runs(pid) or time.sleep(0.1) for _ in range(50))


def _runs(pid: int) -> bool:
    """Tell whether a process goes on; one whose parent did not ask for its end is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_hook_that_is_in_the_policy_no_more_is_told_so(project: LocalRepository, says: Callable[[str], None]) -> None:
    says(f'[[hook]]\nname = "tell"\n{MOVED}\nrun = ["false"]\n')
    project.promote("churn", to="production")
    says("")
    later(project)
    assert [("dead", "the policy has no hook 'tell' any more")] == [
        (each.state, each.problem) for each in project.hook.run()
    ]
    with pytest.raises(NotFound, match="no hook 'tell'"):
        project.hook.retry("tell")


def test_a_server_runs_no_hooks_unless_it_was_told_so(project: LocalRepository, says: Callable[[str], None]) -> None:
    says(f'[[hook]]\nname = "tell"\n{MOVED}\nrun = ["true"]\n')
    project.store = msgspec.structs.replace(project.store, programs="none")
    project.promote("churn", to="production")

    assert [] == hook_runs.claim(project.store, count=9)
    assert ["waiting"] == [each.state for each in hooks.deliveries(project, "tell")]
    with pytest.raises(Invalid, match="--policy-commands"):
        project.hook.run()
    says('[[hook]]\nname = "ask"\nbefore = true\nrun = ["true"]\n')
    with pytest.raises(Refused, match="this server runs no programs; start it with --policy-commands"):
        project.promote("churn", to="archived")
    project.store = msgspec.structs.replace(project.store, programs="own")
    project.promote("churn", to="archived")


def test_an_act_that_fails_tells_no_hook(project: LocalRepository, says: Callable[[str], None]) -> None:
    says(f'[[hook]]\nname = "tell"\n{MOVED}\nrun = ["true"]\n[[hook]]\nname = "no"\nbefore = true\nrun = ["false"]\n')
    with pytest.raises(Refused):
        project.promote("churn", to="production")

    assert () == hooks.deliveries(project, "tell")


def test_an_example_is_tried_at_once(project: LocalRepository, says: Callable[[str], None]) -> None:
    says('[[hook]]\nname = "tell"\non = ["gate.*", "version.*"]\nshell = true\nrun = "echo $LINEAL_EVENT; exit $N"\n'
         'environment = ["N"]\n')  # fmt: skip
    answer = project.hook.test("tell", event="version.held")

    assert (True, 0, "version.held") == (answer.success, answer.status, answer.body)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('name = "a"\non = ["gate.judge"]\nrun = ["true"]', "there is no event 'gate.judge'"),
        ('name = "a"\nrun = ["true"]', "on must name what it is told of"),
        ('name = "A b"\non = ["gate.*"]\nrun = ["true"]', "small letters"),
        ('name = "git"\non = ["gate.*"]\nrun = ["true"]', "another hook is called 'git'"),
        ('name = "a"\non = ["gate.*"]\nrun = ""', "run must be a command"),
        ('name = "a"\non = ["gate.*"]\nrun = ["a"]\nshell = true', "one text where a shell reads it"),
        (
            'name = "a"\non = ["gate.*"]\nrun = "a"\nbefore = true',
            "can be asked before model_version.stage_changed only",
        ),
        ('name = "a"\non = ["gate.*"]\nrun = "a"\ntimeout_s = 0', "more than zero"),
        ('name = "a"\non = ["gate.*"]\nrun = "a"\nstages = ["prod"]', "there is no stage 'prod'"),
        ('name = "a"\non = ["gate.*"]\nrun = "a"\nenvironment = ["A=1"]', "the name of no variable"),
        ('name = "a"\non = ["gate.*"]\ncommand = "a"', "no option 'command'"),
    ],
)
def test_a_hook_that_cannot_be_is_refused_with_its_line(table: str, message: str) -> None:
    with pytest.raises(Invalid, match="line ") as refused:
        parse_policy(f"[[hook]]\n{table}\n")

    assert message in str(refused.value)


def test_two_hooks_of_one_name_are_refused() -> None:
    one: dict[str, Any] = {"text": '[[hook]]\nname = "a"\non = ["gate.*"]\nrun = ["true"]\n'}
    with pytest.raises(Invalid, match="another hook is called 'a'"):
        parse_policy(one["text"] * 2)
