"""The policy of a repository: what is measured, and what each stage's gate asks. Read from the text of lineal.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

import msgspec

from lineal.checks.bump.rules import LEVELS, RULES, Levels
from lineal.checks.check import Check, checks
from lineal.checks.policies.git import GitPolicy
from lineal.checks.policies.hooks import GIT, HookPolicy, recording
from lineal.checks.policies.lines import line_of
from lineal.checks.policies.tables import (
    STAGES,
    CardPolicy,
    EvaluationPolicy,
    GoldenPolicy,
    OciPolicy,
    RetentionPolicy,
    SigningPolicy,
    StagePolicy,
)
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared

DEFAULT_GATES = {"production": ({"check": "lineage_complete"}, {"check": "scan_clean"})}
"""What a stage asks when the policy says nothing of it."""

T = TypeVar("T", bound=msgspec.Struct)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a repository asks of its versions. ``asked``: the stages whose gates the policy itself speaks of."""

    evaluation: EvaluationPolicy = EvaluationPolicy()
    card: CardPolicy = CardPolicy()
    gates: dict[str, tuple[Check, ...]] = {}
    stages: dict[str, StagePolicy] = {}
    retention: RetentionPolicy = RetentionPolicy()
    semver: Levels = Levels()
    asked: frozenset[str] = frozenset()
    signing: SigningPolicy = SigningPolicy()
    hooks: tuple[HookPolicy, ...] = ()
    git: GitPolicy = GitPolicy()
    golden: GoldenPolicy = GoldenPolicy()
    oci: OciPolicy = OciPolicy()

    def gate(self, stage: str) -> tuple[Check, ...]:
        """Return the checks of the gate of ``stage``."""
        return self.gates.get(stage, ())

    def stage(self, stage: str) -> StagePolicy:
        """Return who may move versions to and out of ``stage``."""
        return self.stages.get(stage, _ANYBODY)

    def admits_pre_releases(self, stage: str) -> bool:
        """Tell whether a pre-release may come to ``stage``."""
        said = self.stage(stage).pre_releases
        return stage != "production" if said is None else said


_ANYBODY = StagePolicy()

_TABLES = (
    "evaluation", "card", "retention", "signing", "semver", "golden", "gate", "stage", "hook", "git", "oci", "connections",
)  # fmt: skip


def parse_policy(text: str) -> Policy:
    """Return the policy written as ``text``; an empty text is a policy too.

    Raises:
        Invalid: it is no TOML, or a table, check or option is unknown or has a wrong value; the message names it and its
            line.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"the policy is no TOML: {error}", hint="mend lineal.toml at that place") from None
    return _Reading(text).policy(content)


class _Reading:
    """Reads what TOML made of a text; errors say where they are in it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def policy(self, content: dict[str, Any]) -> Policy:
        """Return the policy."""
        self._check_names(content, _TABLES, "the policy", "table", Place(""))
        gates, stages = self._by_stage(content, "gate"), self._by_stage(content, "stage")
        git = self._read(content.get("git", {}), GitPolicy, "git")
        return Policy(
            git=git,
            hooks=(*self._hooks(content.get("hook", [])), *recording(git)),
            evaluation=self._read(content.get("evaluation", {}), EvaluationPolicy, "evaluation"),
            card=self._read(content.get("card", {}), CardPolicy, "card"),
            retention=self._read(content.get("retention", {}), RetentionPolicy, "retention"),
            signing=self._read(content.get("signing", {}), SigningPolicy, "signing"),
            golden=self._read(content.get("golden", {}), GoldenPolicy, "golden"),
            oci=self._read(content.get("oci", {}), OciPolicy, "oci"),
            semver=self._levels(content.get("semver", {})),
            stages={stage: self._read(asked, StagePolicy, f"stage.{stage}") for stage, asked in stages.items()},
            gates={stage: tuple(self._gate(stage, asked)) for stage, asked in {**DEFAULT_GATES, **gates}.items()},
            asked=frozenset(gates),
        )

    def _by_stage(self, content: dict[str, Any], name: str) -> dict[str, Any]:
        found = self._table(content.get(name, {}), f"[{name}]", Place(name))
        self._check_names(found, STAGES, f"[{name}]", "stage", Place(name))
        return found

    def _read(self, value: Any, kind: type[T], name: str) -> T:
        where, place = f"[{name}]", Place(name)
        table = self._table(value, where, place)
        self._check_names(table, kind.__struct_fields__, where, "option", place)
        return self._convert(table, kind, where, place)

    def _levels(self, asked: Any) -> Levels:
        """Return what the policy says of the rules of semantic versions: a level for each id, and what servers do."""
        place = Place("semver")
        table = self._table(asked, "[semver]", place)
        self._check_names(table, ("extra_inputs", *RULES), "[semver]", "rule", place)
        for rule, level in table.items():
            if rule in RULES and level not in LEVELS:
                hint = f"write one of {', '.join(LEVELS)}"
                raise self._invalid(
                    f"[semver]: {rule} is {level!r}, which is no level", place._replace(key=rule), hint=hint
                )
        levels = {rule: level for rule, level in table.items() if rule in RULES}
        others = {name: value for name, value in table.items() if name not in RULES}
        return self._convert({**others, "levels": levels}, Levels, "[semver]", place)

    def _gate(self, stage: str, asked: Any) -> Iterable[Check]:
        where = f"[[gate.{stage}]]"
        if not isinstance(asked, list | tuple):
            raise self._invalid(
                f"{where} is no list of checks",
                Place(f"gate.{stage}"),
                hint=f"begin each check of {stage} with the line {where}",
            )
        for number, each in enumerate(asked, 1):
            place = Place(f"gate.{stage}", number)
            yield self._check(self._table(each, where, place), f"check {number} of {where}", place)

    def _hooks(self, asked: Any) -> Iterable[HookPolicy]:
        if not isinstance(asked, list):
            hint = "begin each with the line [[hook]]"
            raise self._invalid("[[hook]] is no list of hooks", Place("hook"), hint=hint)
        names = {GIT}
        for number, each in enumerate(asked, 1):
            place = Place("hook", number)
            table = self._table(each, "[[hook]]", place)
            self._check_names(table, HookPolicy.__struct_fields__, "[[hook]]", "option", place)
            hook = self._convert(table, HookPolicy, f"hook {number}", place)
            if hook.name in names:
                raise self._invalid(f"another hook is called {hook.name!r}", place, hint="give it another name")
            names.add(hook.name)
            yield hook

    def _check(self, table: dict[str, Any], where: str, place: Place) -> Check:
        name = table.get("check")
        if not isinstance(name, str):
            hint = "add check = one of " + ", ".join(checks())
            raise self._invalid(f"{where} does not say which check it is", place, hint=hint)
        if not (kind := checks().get(name)):
            hint = _near(name, checks())
            raise self._invalid(
                f"{where} is called {name!r}, which is no check", place._replace(key="check"), hint=hint
            )
        self._check_names(table, ("check", *kind.__struct_fields__), f"{where} ({name})", "option", place)
        return self._convert(table, kind, f"{where} ({name})", place)

    def _table(self, value: Any, where: str, place: Place) -> dict[str, Any]:
        if not isinstance(value, dict):
            hint = f"write {where} on a line of its own, and its options below"
            raise self._invalid(f"{where} is no table", place, hint=hint)
        return value

    def _check_names(self, table: dict[str, Any], allowed: Iterable[str], where: str, what: str, place: Place) -> None:
        if wrong := next((name for name in table if name not in allowed), None):
            raise self._invalid(
                f"{where} has no {what} {wrong!r}", place._replace(key=wrong), hint=_near(wrong, allowed)
            )

    def _convert(self, table: dict[str, Any], kind: type[T], where: str, place: Place) -> T:
        try:
            return msgspec.convert(table, prepared(kind))
        except msgspec.ValidationError as error:
            # "Expected `float`, got `str` - at `$.at_least`": the line of the option, where it names one.
            named = _OPTION.search(str(error))
            found = place._replace(key=named[1]) if named else place
            raise self._invalid(f"{where}: {error}", found, hint="mend lineal.toml") from None

    def _invalid(self, message: str, place: Place, *, hint: str) -> Invalid:
        line = line_of(self._text, place.table, place.number, place.key)
        return Invalid(f"line {line}: {message}" if line else message, hint=hint)


class Place(NamedTuple):
    """What an error is about: a table, which of several of that name, and an option in it."""

    table: str
    number: int = 1
    key: str = ""


_OPTION = re.compile(r"at `\$\.(\w+)")


def _near(name: str, allowed: Iterable[str]) -> str:
    near = get_close_matches(name, list(allowed), 1)
    return (f"did you mean {near[0]!r}? " if near else "") + "allowed: " + ", ".join(allowed)
