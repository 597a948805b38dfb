"""What a search means, said a second time in plain Python over plain facts: what the databases' answers are held to."""

from __future__ import annotations

import math
import operator
import re
from functools import cmp_to_key
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from lineal.query.fields import Field, Subject
from lineal.query.syntax import (
    Alike,
    Blank,
    Condition,
    Every,
    Known,
    Matching,
    Measured,
    Name,
    Not,
    Noted,
    Packaged,
    Parameter,
    Property,
    Query,
    Some,
    Sort,
    Staged,
    TrainedOn,
)
from tests.unit.query.world import Thing, World

COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "~": lambda text, part: part.lower() in text.lower(),
    "!~": lambda text, part: part.lower() not in text.lower(),
}


def answer(world: World, query: Query, subject: Subject, limit: int) -> list[tuple[Any, ...]]:
    """Return the keys of what ``query`` finds, in its order."""
    things = world.versions if subject == "versions" else world.runs
    things = [each for each in things if not each.is_deleted]
    found = [
        each for each in things if holds(query.condition, each, world) and all(is_rated(each, s) for s in query.sorts)
    ]
    found.sort(key=lambda each: newest_first(each, subject))
    for sort in reversed(query.sorts):
        found.sort(key=cmp_to_key(lambda one, two, sort=sort: compare(one, two, sort)))
    return [each.key for each in found[: query.limit or limit]]


def newest_first(thing: Thing, subject: Subject) -> tuple[Any, ...]:
    columns = thing.columns
    if subject == "versions":
        return -columns["created_at"], columns["model"], -columns["number"]
    return -columns["started_at"], -int(columns["id"][3:])


def is_rated(thing: Thing, sort: Sort) -> bool:
    return not sort.best or isinstance(thing.metrics.get(sort.by.name), float)


def compare(one: Thing, two: Thing, sort: Sort) -> int:
    """Return whether ``one`` comes before (-1) or after (1) ``two``; what has no value comes last."""
    for (rank, left), (other, right) in zip(places(one, sort.by), places(two, sort.by), strict=True):
        if rank != other:
            return -1 if rank < other else 1
        if left != right:
            return -1 if (left < right) == sort.ascending else 1
    return 0


def places(thing: Thing, by: Field | Known) -> list[tuple[int, Any]]:
    """Return by what a thing stands, one after the other: a rank, of which only 0 has a value, and the value."""
    if isinstance(by, Field):
        return [(0, each) if each is not None else (2, None) for each in columns_of(thing, by)]
    values = {"metric": thing.metrics, "param": thing.params, "tag": thing.tags}[by.kind]
    if by.name not in values:
        return [(2, None), (2, None)]
    value = values[by.name]
    if by.kind == "metric":
        return [(1, None) if value == "NaN" else (0, float(value)), (0, 0)]
    return [(0, value) if isinstance(value, float) else (1, None), (0, str(value))]


def columns_of(thing: Thing, asked: Field) -> tuple[Any, ...]:
    return tuple(
        thing.experiment if asked.name == "experiment" else thing.columns[each.partition(".")[2]]
        for each in asked.columns
    )


def column_of(thing: Thing, asked: Field) -> str | None:
    return columns_of(thing, asked)[0]


def holds(condition: Condition, thing: Thing, world: World) -> bool:  # noqa: C901, PLR0911, PLR0912 - one for each kind
    """Tell whether ``condition`` is true of ``thing``."""
    match condition:
        case Every(conditions):
            return all(holds(each, thing, world) for each in conditions)
        case Some(conditions):
            return any(holds(each, thing, world) for each in conditions)
        case Not(inner):
            return not holds(inner, thing, world)
        case Known(kind, name):
            known = {"metric": thing.metrics, "param": thing.params, "tag": thing.tags}[kind]
            return any(matches(name, each) for each in known)
        case TrainedOn(reference):
            return trained_on(reference.removeprefix("data:"), thing, world)
        case Measured(metric):
            return any(measured(condition, value) for key, value in thing.metrics.items() if matches(metric, key))
        case Parameter(name):
            return any(parameter(condition, value) for key, value in thing.params.items() if matches(name, key))
        case Noted("tag", name, sign, text):
            return any(worded(sign, value, text) for key, value in thing.tags.items() if matches(name, key))
        case Noted("param", name, sign, text):
            return any(worded(sign, str(value), text) for key, value in thing.params.items() if matches(name, key))
        case Packaged(name, sign, release):
            known = thing.packages.get(name)
            return known is not None and (not sign or released(known, sign, release))
        case Staged(stage, start, end):
            ends = [at for _, at in thing.stages[1:]] + [math.inf]
            stood = zip(thing.stages, ends, strict=False)
            return any(name == stage and since < end and until > start for (name, since), until in stood)
        case Blank(asked):
            return (
                not any(texts_of_code(thing, asked, world)) if is_code(asked) else columns_of(thing, asked)[0] is None
            )
        case Alike(asked, sign, text):
            value = column_of(thing, asked)
            return value is not None and worded(sign, value, text)
        case Property(asked) if is_code(asked):
            return any(coded(condition, text) for text in texts_of_code(thing, asked, world) if text)
        case Property():
            return has_property(condition, thing)


def matches(name: Name, key: str) -> bool:
    return re.search(name.pattern, key) is not None if isinstance(name, Matching) else name == key


def worded(sign: str, value: str, text: str) -> bool:
    if sign not in {"like", "ilike"}:
        return COMPARE[sign](value, text)
    pattern = "".join({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in text)
    flags = re.DOTALL | (re.IGNORECASE | re.ASCII if sign == "ilike" else 0)
    return re.fullmatch(pattern, value, flags) is not None


def released(version: str, sign: str, wanted: str) -> bool:
    specifier = SpecifierSet(f"{'==' if sign == '=' else sign}{wanted}", prereleases=True)
    if sign not in {"<", ">"}:
        return specifier.contains(version)
    # Of < and >, packaging leaves out what comes just before and after: 1.5rc1 is no < 1.5 there.
    return COMPARE[sign](Version(version.partition("+")[0]), Version(wanted))


def trained_on(name: str, thing: Thing, world: World) -> bool:
    if name in thing.datasets:
        return True
    run = thing if "id" in thing.columns else run_of(thing, world)
    wanted, _, digest = name.partition("@")
    return run is not None and any(each == wanted and known.startswith(digest) for each, known in run.used)


def run_of(thing: Thing, world: World) -> Thing | None:
    return next((each for each in world.runs if each.subject == thing.columns["run"]), None)


def is_code(asked: Field) -> bool:
    return asked.shape in {"commit", "code"}


def texts_of_code(thing: Thing, asked: Field, world: World) -> list[str]:
    """Return what we saw of its code, and what a program told of it."""
    seen = thing.code.get(asked.columns[0], "")
    run = thing if "id" in thing.columns else run_of(thing, world)
    told = run.tags.get("mlflow.source.git.branch", "") if run and asked.name == "branch" else ""
    return [seen, told]


def coded(asked: Property, text: str) -> bool:
    if asked.field.shape == "commit":
        return text.startswith(asked.value) == (asked.operator == "=")
    return COMPARE[asked.operator](text, asked.value)


def measured(asked: Measured, value: float | str) -> bool:
    if asked.operator in {"=", "!="}:
        return (value == asked.value) == (asked.operator == "=")
    return value != "NaN" and COMPARE[asked.operator](float(value), asked.value)


def parameter(asked: Parameter, value: float | str) -> bool:
    is_number = isinstance(value, float)
    if asked.operator in {"<", "<=", ">", ">="}:
        return is_number and COMPARE[asked.operator](value, asked.number)
    if asked.number is not None and asked.operator in {"=", "!="}:
        return ((is_number and value == asked.number) or str(value) == asked.text) == (asked.operator == "=")
    return COMPARE[asked.operator](str(value), asked.text)


def has_property(asked: Property, thing: Thing) -> bool:
    if asked.field.shape == "alias":
        positive = {"=": "=", "!=": "=", "~": "~", "!~": "~"}[asked.operator]
        found = any(COMPARE[positive](alias, asked.value) for alias in thing.aliases)
        return found == (asked.operator == positive)
    values = columns_of(thing, asked.field)
    if values[0] is None:
        return False
    if asked.field.shape == "line":
        return COMPARE[asked.operator](values[: len(asked.value)], asked.value)
    if asked.field.shape == "time":
        start, end = asked.value
        inside = start <= values[0] < end
        return {
            "=": inside,
            "!=": not inside,
            "<": values[0] < start,
            "<=": values[0] < end,
            ">": values[0] >= end,
            ">=": values[0] >= start,
        }[asked.operator]
    return COMPARE[asked.operator](values[0], asked.value)
