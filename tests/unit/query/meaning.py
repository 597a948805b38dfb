"""What a search means, said a second time in plain Python over plain facts: what the databases' answers are held to."""

from __future__ import annotations

import operator
from functools import cmp_to_key
from typing import Any

from lineal.query.fields import Field, Subject
from lineal.query.syntax import (
    Condition,
    Every,
    Known,
    Measured,
    Not,
    Parameter,
    Property,
    Query,
    Some,
    Sort,
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
    found = [each for each in things if holds(query.condition, each) and all(is_rated(each, s) for s in query.sorts)]
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
    for left, right in zip(sort_values(one, sort.by), sort_values(two, sort.by), strict=True):
        if left == right:
            continue
        if left is None or right is None:
            return 1 if left is None else -1
        return -1 if (left < right) == sort.ascending else 1
    return 0


def sort_values(thing: Thing, by: Field | Known) -> tuple[Any, ...]:
    if isinstance(by, Field):
        return columns_of(thing, by)
    if by.kind == "metric":
        value = thing.metrics.get(by.name)
        return (None if value in {None, "NaN"} else float(value),)
    value = thing.params.get(by.name)
    return value if isinstance(value, float) else None, None if value is None else str(value)


def columns_of(thing: Thing, asked: Field) -> tuple[Any, ...]:
    return tuple(thing.columns[each.partition(".")[2]] for each in asked.columns)


def holds(condition: Condition, thing: Thing) -> bool:  # noqa: PLR0911 - one for each kind
    """Tell whether ``condition`` is true of ``thing``."""
    match condition:
        case Every(conditions):
            return all(holds(each, thing) for each in conditions)
        case Some(conditions):
            return any(holds(each, thing) for each in conditions)
        case Not(inner):
            return not holds(inner, thing)
        case Known("metric", name):
            return name in thing.metrics
        case Known(_, name):
            return name in thing.params
        case TrainedOn(reference):
            return reference.removeprefix("data:") in thing.datasets
        case Measured(metric):
            return metric in thing.metrics and measured(condition, thing.metrics[metric])
        case Parameter(name):
            return name in thing.params and parameter(condition, thing.params[name])
        case Property():
            return has_property(condition, thing)


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
