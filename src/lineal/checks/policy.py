"""The policy of a repository: what is measured, and what each stage's gate asks. Read from the text of lineal.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Literal, TypeVar

import msgspec

from lineal.checks.bump.rules import LEVELS, RULES, Levels
from lineal.checks.check import Check, checks
from lineal.objects.errors import Invalid

DEFAULT_GATES = {"production": ({"check": "lineage_complete"},)}
"""What a stage asks when the policy says nothing of it."""

STAGES = ("staging", "production", "archived")

T = TypeVar("T")


class EvaluationPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How versions are measured: on which dataset, against which column, and in which subgroups."""

    dataset: str = ""
    label: str = ""
    positive: str = ""
    slices: tuple[str, ...] = ()


class StagePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may move versions to and out of a stage.

    Args:
        role: the least role that may.
        people: only these, where any are named.
        after: stages in which a version must have stood before.
        by_author: whether whoever made a version may move it there.
        force: the least role that may overrule the gate; ``nobody`` for a gate that always holds.
    """

    role: Literal["writer", "approver", "admin"] = "writer"
    people: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    by_author: bool = True
    force: Literal["approver", "admin", "nobody"] = "approver"

    def __post_init__(self) -> None:
        """Refuse stages that there are not."""
        if unknown := next((each for each in self.after if each not in STAGES), ""):
            raise ValueError(f"there is no stage {unknown!r}")


class RetentionPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many days versions can't be removed: since they were made, and since they left production."""

    version_days: int = 0
    production_days: int = 0

    def __post_init__(self) -> None:
        """Refuse times that there are not."""
        if self.version_days < 0 or self.production_days < 0:
            raise ValueError("days must be 0 or more")


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a repository asks of its versions. ``asked``: the stages whose gates the policy itself speaks of."""

    evaluation: EvaluationPolicy = EvaluationPolicy()
    gates: dict[str, tuple[Check, ...]] = {}
    stages: dict[str, StagePolicy] = {}
    retention: RetentionPolicy = RetentionPolicy()
    semver: Levels = Levels()
    asked: frozenset[str] = frozenset()

    def gate(self, stage: str) -> tuple[Check, ...]:
        """Return the checks of the gate of ``stage``."""
        return self.gates.get(stage, ())

    def stage(self, stage: str) -> StagePolicy:
        """Return who may move versions to and out of ``stage``."""
        return self.stages.get(stage, _ANYBODY)


_ANYBODY = StagePolicy()


def parse_policy(text: str) -> Policy:
    """Return the policy written as ``text``; an empty text is a policy too.

    Raises:
        Invalid: it is no TOML, or a table, check or option is unknown or has a wrong value; the message names it.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"the policy is no TOML: {error}", hint="mend lineal.toml at that place") from None
    _check_names(content, ("evaluation", "gate", "stage", "retention", "semver", "connections"), "the policy", "table")
    evaluation = _table(content.get("evaluation", {}), "[evaluation]")
    _check_names(evaluation, EvaluationPolicy.__struct_fields__, "[evaluation]", "option")
    gates = _table(content.get("gate", {}), "[gate]")
    _check_names(gates, STAGES, "[gate]", "stage")
    stages = _table(content.get("stage", {}), "[stage]")
    _check_names(stages, STAGES, "[stage]", "stage")
    retention = _table(content.get("retention", {}), "[retention]")
    _check_names(retention, RetentionPolicy.__struct_fields__, "[retention]", "option")
    return Policy(
        retention=_convert(retention, RetentionPolicy, "[retention]"),
        semver=_levels(content.get("semver", {})),
        stages={stage: _stage(stage, asked) for stage, asked in stages.items()},
        evaluation=_convert(evaluation, EvaluationPolicy, "[evaluation]"),
        gates={stage: tuple(_gate(stage, asked)) for stage, asked in {**DEFAULT_GATES, **gates}.items()},
        asked=frozenset(gates),
    )


def _levels(asked: Any) -> Levels:
    """Return what the policy says of the rules of semantic versions: a level for each id, and what servers do."""
    table = _table(asked, "[semver]")
    _check_names(table, ("extra_inputs", *RULES), "[semver]", "rule")
    for rule, level in table.items():
        if rule in RULES and level not in LEVELS:
            raise Invalid(f"[semver]: {rule} is {level!r}, which is no level", hint=f"write one of {', '.join(LEVELS)}")
    levels = {rule: level for rule, level in table.items() if rule in RULES}
    others = {name: value for name, value in table.items() if name not in RULES}
    return _convert({**others, "levels": levels}, Levels, "[semver]")


def _stage(stage: str, asked: Any) -> StagePolicy:
    where = f"[stage.{stage}]"
    _check_names(_table(asked, where), StagePolicy.__struct_fields__, where, "option")
    return _convert(asked, StagePolicy, where)


def _gate(stage: str, asked: Any) -> Iterable[Check]:
    where = f"[[gate.{stage}]]"
    if not isinstance(asked, list | tuple):
        raise Invalid(f"{where} is no list of checks", hint=f"begin each check of {stage} with the line {where}")
    for number, each in enumerate(asked, 1):
        yield _check(_table(each, where), f"check {number} of {where}")


def _check(table: dict[str, Any], where: str) -> Check:
    name = table.get("check")
    if not isinstance(name, str):
        raise Invalid(f"{where} does not say which check it is", hint="add check = one of " + ", ".join(checks()))
    if not (kind := checks().get(name)):
        raise Invalid(f"{where} is called {name!r}, which is no check", hint=_near(name, checks()))
    _check_names(table, ("check", *kind.__struct_fields__), f"{where} ({name})", "option")
    return _convert(table, kind, f"{where} ({name})")


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{where} is no table", hint=f"write {where} on a line of its own, and its options below")
    return value


def _check_names(table: dict[str, Any], allowed: Iterable[str], where: str, what: str) -> None:
    if wrong := next((name for name in table if name not in allowed), None):
        raise Invalid(f"{where} has no {what} {wrong!r}", hint=_near(wrong, allowed))


def _near(name: str, allowed: Iterable[str]) -> str:
    near = get_close_matches(name, list(allowed), 1)
    return (f"did you mean {near[0]!r}? " if near else "") + "allowed: " + ", ".join(allowed)


def _convert(table: dict[str, Any], kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise Invalid(f"{where}: {error}", hint="mend lineal.toml") from None
