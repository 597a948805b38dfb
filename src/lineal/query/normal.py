"""Conditions said in another way, so that it is plain what all must hold, and which of few words a column has."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lineal.query.fields import Field
from lineal.query.syntax import Among, Condition, Every, Not, Property, Some

ALWAYS, NEVER = Every(()), Some(())
"""What holds for everything, and for nothing."""

_HOLDS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda word, text: word == text,
    "!=": lambda word, text: word != text,
    "~": lambda word, text: text.lower() in word,
    "!~": lambda word, text: text.lower() not in word,
}


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that all must hold, as flat as they can be said."""
    return tuple(_flat(_plain(condition)))


def _flat(condition: Condition) -> list[Condition]:
    if isinstance(condition, Every):
        return [part for each in condition.conditions for part in _flat(each)]
    return [condition]


def _plain(condition: Condition) -> Condition:
    match condition:
        case Every(conditions):
            return _all(map(_plain, conditions))
        case Some(conditions):
            return _any(map(_plain, conditions))
        case Not(inner):
            return _negated(_plain(inner))
        case Property(Field(words=words) as field, operator, str(text)) if words:
            return _worded(field, lambda word: _HOLDS[operator](word, text))
        case Among(Field(words=words) as field, texts, negated) if words:
            return _worded(field, lambda word: (word in texts) != negated)
    return condition


def _negated(condition: Condition) -> Condition:
    """Return what holds where a plain condition does not."""
    match condition:
        case Not(inner):
            return inner
        case Every(conditions):
            return _any(map(_negated, conditions))
        case Some(conditions):
            return _all(map(_negated, conditions))
        case Among(Field(words=words) as field, texts) if words:
            return _worded(field, lambda word: word not in texts)
    return Not(condition)


def _all(conditions: Iterable[Condition]) -> Condition:
    """Return that all hold; ``NEVER`` if one of them never does."""
    parts = tuple(each for each in conditions if each != ALWAYS)
    if NEVER in parts:
        return NEVER
    return parts[0] if len(parts) == 1 else Every(parts)


def _any(conditions: Iterable[Condition]) -> Condition:
    """Return that one of them holds, which is ``ALWAYS`` if one of them always does."""
    parts = tuple(each for each in conditions if each != NEVER)
    if ALWAYS in parts:
        return ALWAYS
    return parts[0] if len(parts) == 1 else Some(parts)


def _worded(field: Field, holds: Callable[[str], bool]) -> Condition:
    """Return that a field has one of the words for which that holds."""
    found = tuple(filter(holds, field.words))
    if len(found) == len(field.words):
        return ALWAYS
    return Among(field, found) if found else NEVER
