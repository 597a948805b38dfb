"""Run the programs that a policy names: out of process, in the policy's directory, with a time limit.

They run as whoever asks the gate. So a server runs none, unless who started it said that it may run those of the
repository's own policy; a policy that a caller sends along is never run by a server.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import msgspec

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence, Ran
from lineal.checks.judges.command import Command
from lineal.checks.judges.function import Function
from lineal.executors.commands import Ended, call_function, run_command
from lineal.objects.prepared import prepared
from lineal.objects.statements import Outcome
from lineal.operations.references import Row
from lineal.operations.versioning.releases import write_version
from lineal.storage.store import Store

_INCONCLUSIVE = 75
"""EX_TEMPFAIL of sysexits.h: it could not be told this time."""

_BY_STATUS: dict[int, Outcome] = {0: "pass", _INCONCLUSIVE: "inconclusive"}

_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_PREPARED: ContextVar[dict[tuple[str, str], Ran]] = ContextVar("prepared")
"""What ran before the transaction that is about to need it, by the version's digest and what was asked."""


class Answer(msgspec.Struct, frozen=True):
    """What a function answered."""

    outcome: str
    reason: str = ""
    numbers: dict[str, float] = {}


def prepare(store: Store, row: Row, stage: str, evidence: Evidence, checks: Iterable[Check], *, is_own: bool) -> None:
    """Run what the checks name, for the gate that follows in this thread: nobody may wait for them to write."""
    found = run(store, row, stage, evidence, checks, is_own=is_own)
    _PREPARED.set({(row["digest"], asked): ran for asked, ran in found.items()})


def run(
    store: Store, row: Row, stage: str, evidence: Evidence, checks: Iterable[Check], *, is_own: bool
) -> dict[str, Ran]:
    """Return what came of the programs that checks name; nothing for those that may not run here.

    Args:
        store: where, with what may run.
        row: the version.
        stage: where it should stand.
        evidence: what is known so far; programs get it as JSON.
        checks: those of the gate.
        is_own: whether the policy is the repository's own.
    """
    programs = [each for each in checks if isinstance(each, Command | Function)]
    may_run = store.programs == "all" or (store.programs == "own" and is_own)
    if not programs or not may_run or store.root is None:
        return {}
    ran = _PREPARED.get({})
    _PREPARED.set({})
    waiting = [each for each in programs if (row["digest"], each.asked) not in ran]
    found = {each.asked: ran[row["digest"], each.asked] for each in programs if each not in waiting}
    if waiting:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(TemporaryDirectory(prefix="lineal-gate-")))
            files = ""
            if any(each.files for each in waiting):
                write_version(store, row, directory / "version")
                files = str(directory / "version" / "model")
            told = directory / "evidence.json"
            told.write_bytes(msgspec.json.encode(_told(evidence, stage, files)))
            for each in waiting:
                found[each.asked] = _ran(each, store.root.parent, told, files, evidence, stage)
    return found


def _told(evidence: Evidence, stage: str, files: str) -> dict[str, Any]:
    """Return what a program is told."""
    return {
        "version": evidence.reference,
        "champion": evidence.champion_reference,
        "stage": stage,
        "files": files,
        "params": evidence.version.params,
        "metrics": evidence.version.metrics,
        "evaluation": evidence.evaluation,
        "champion_evaluation": evidence.champion_evaluation,
        "outside_evaluations": evidence.outside,
    }


def _ran(check: Command | Function, directory: Path, told: Path, files: str, evidence: Evidence, stage: str) -> Ran:
    if isinstance(check, Function):
        answer = told.with_name("answer.json")
        answer.unlink(missing_ok=True)
        ended = call_function(check.call, directory=directory, evidence=told, answer=answer, timeout_s=check.timeout_s)
        return _answered(ended, answer)
    variables = {
        "LINEAL_VERSION": evidence.reference,
        "LINEAL_CHAMPION": evidence.champion_reference,
        "LINEAL_STAGE": stage,
        "LINEAL_EVIDENCE": str(told),
        "LINEAL_FILES": files if check.files else "",
    }
    ended = run_command(check.run, directory=directory, variables=variables, timeout_s=check.timeout_s)
    if ended.status is None:
        return Ran("inconclusive", ended.last_lines)
    outcome = _BY_STATUS.get(ended.status, "fail")
    said = f"exit status {ended.status}" + (f"\n{ended.last_lines}" if ended.last_lines else "")
    return Ran(outcome, said, {"exit_status": ended.status})


def _answered(ended: Ended, answer: Path) -> Ran:
    if ended.status is None:
        return Ran("inconclusive", ended.last_lines)
    try:
        found = msgspec.json.decode(answer.read_bytes(), type=prepared(Answer))
    except FileNotFoundError:
        return Ran(
            "inconclusive", f"it ended with exit status {ended.status} and no answer\n{ended.last_lines}".strip()
        )
    except msgspec.DecodeError as error:
        return Ran("inconclusive", f"its answer is not understood: {error}")
    if found.outcome not in _OUTCOMES:
        return Ran("inconclusive", f"its outcome is {found.outcome!r}, none of {', '.join(_OUTCOMES)}")
    return Ran(found.outcome, found.reason or f"it said {found.outcome}", found.numbers)
