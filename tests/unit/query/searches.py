"""Searches that hypothesis makes: trees, and the text that a person would write for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import get_args

from hypothesis import strategies as st

from lineal.query.fields import FIELDS, Field, Subject
from lineal.query.syntax import (
    Condition,
    Every,
    Known,
    Measured,
    Not,
    Operator,
    Parameter,
    Property,
    Query,
    Some,
    Sort,
    TrainedOn,
)
from lineal.query.times import period
from lineal.query.values import OPERATORS
from tests.unit.query.world import ALIASES, DATASETS, METRICS, MODELS, NOW, NUMBERS, PARAMS, STAGES, TEXTS

_WORDS = {
    "model": (*MODELS, "chur"),
    "stage": (*STAGES, "prod"),
    "alias": ALIASES,
    "state": ("finished", "failed", "running"),
}
_TIMES = ("2026", "2026-11", "2026-11-01", "2026-10-31T22:00", "today", "yesterday", "now", "30 hours ago", "1 day ago")
_LINES = ((1,), (1, 2), (0, 1, 2), (2, 0, 0))
_ORDERED: tuple[Operator, ...] = ("=", "!=", "<", "<=", ">", ">=")

measured = st.builds(
    Measured, st.sampled_from(METRICS), st.sampled_from(_ORDERED), st.sampled_from(NUMBERS)
) | st.builds(
    Measured, st.sampled_from(METRICS), st.sampled_from(("=", "!=")), st.sampled_from(("NaN", "Infinity", "-Infinity"))
)
parameters = st.builds(
    Parameter, st.sampled_from(PARAMS), st.sampled_from(("=", "!=", "~", "!~")), st.sampled_from(TEXTS)
) | st.builds(
    lambda name, operator, number: Parameter(name, operator, repr(number), number),
    st.sampled_from(PARAMS),
    st.sampled_from(get_args(Operator)),
    st.sampled_from(NUMBERS),
)
known = st.builds(Known, st.just("metric"), st.sampled_from(METRICS)) | st.builds(
    Known, st.just("param"), st.sampled_from(PARAMS)
)
trained_on = st.builds(TrainedOn, st.sampled_from(DATASETS))

fragments = st.sampled_from(
    "accuracy recall[sex=Female] model stage created version alias params.C params. metrics. > >= = != ~ !~ ( ) , ' \""
    " and or not in by best worst order has trained on limit is contains data:adult 0.85 85% 1e999 2026-11-01 7 days ago"
    " NaN -inf [ ] ! # : \\ % ; -- \x00 \ud800 é 漢 ٣ 3.5.1 #7 asc desc the models runs".split(" ")
)
phrases = st.sampled_from(
    (
        *("accuracy > 0.85", "has auc", "has params.C", "params.C != 1", "created since yesterday", "version < 2.1"),
        *("trained on data:adult", "name in (a, 'b c')", "alias is not x", "exit != 0", "author contains é", "with"),
        *("best by auc", "worst 3 by loss, f1", "order by author desc, params.C", "sort by version", "limit 4"),
        *("and", "or", "not", "( a > 1 )", "models"),
    )
)
scraps = st.lists(phrases | phrases | phrases | fragments, max_size=6).map(" ".join)
"""Words of the language in any order: now and then a search."""


def every_condition(subject: Subject) -> Iterator[Condition]:
    """Yield every comparison of anything with everything."""
    for metric, sign in product(METRICS, _ORDERED):
        words = ("NaN", "Infinity", "-Infinity") if sign in {"=", "!="} else ()
        yield from (Measured(metric, sign, value) for value in (*NUMBERS, *words))
    for name, sign in product(PARAMS, get_args(Operator)):
        yield from (Parameter(name, sign, repr(number), number) for number in NUMBERS)
        yield from (Parameter(name, sign, text) for text in (TEXTS if sign not in {"<", "<=", ">", ">="} else ()))
    yield from (Known("metric", name) for name in METRICS)
    yield from (Known("param", name) for name in PARAMS)
    yield from map(TrainedOn, DATASETS)
    for field in dict.fromkeys(FIELDS[subject].values()):
        yield from (Property(field, *rest) for rest in product(OPERATORS[field.shape], _values(field)))


def every_sort(subject: Subject) -> Iterator[Sort]:
    """Yield every sort that two databases agree about."""
    fields = [each for each in dict.fromkeys(FIELDS[subject].values()) if each.shape in {"time", "number", "line"}]
    metrics = [Known("metric", name) for name in METRICS]
    for is_ascending in (True, False):
        yield from (Sort(by, is_ascending) for by in (*fields, *metrics))
        yield from (Sort(by, is_ascending, best=True) for by in metrics)


def _values(field: Field) -> list[str | int | tuple[int, ...]]:
    values = {
        "text": _WORDS.get(field.name, TEXTS),
        "alias": ALIASES,
        "number": range(-9, 10, 3),
        "line": _LINES,
        "time": [tuple(period(text, NOW) or ()) for text in _TIMES],
    }
    return list(values[field.shape])


@st.composite
def properties(draw: st.DrawFn, subject: Subject) -> Property:
    """Draw a comparison of a field with a value of its shape."""
    field = draw(st.sampled_from(list(FIELDS[subject].values())))
    return Property(field, draw(st.sampled_from(OPERATORS[field.shape])), draw(st.sampled_from(_values(field))))


def conditions(subject: Subject) -> st.SearchStrategy[Condition]:
    """Draw conditions, some of them made of others."""
    leaves = measured | parameters | known | trained_on | properties(subject)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(Every, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Some, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )


def sorts(subject: Subject) -> st.SearchStrategy[Sort]:
    """Draw a sort."""
    return st.sampled_from(list(every_sort(subject)))


def queries(subject: Subject) -> st.SearchStrategy[Query]:
    """Draw whole searches."""
    return st.builds(
        Query,
        conditions(subject),
        st.lists(sorts(subject), max_size=3).map(tuple),
        st.none() | st.integers(1, 5),
    )


def written(query: Query) -> str:
    """Return the text of ``query``."""
    parts = [_condition(query.condition)]
    for sort in query.sorts:
        by = quoted(sort.by.name) if isinstance(sort.by, Field) else _name(sort.by)
        parts.append(f"{'best' if sort.best else 'order'} by {by} {'asc' if sort.ascending else 'desc'}")
    return " ".join([*parts, f"limit {query.limit}"] if query.limit else parts)


def quoted(text: str) -> str:
    """Return ``text`` in quotes."""
    return '"' + text.replace('"', '""') + '"'


def _name(known: Known) -> str:
    return quoted(known.name) if known.kind == "metric" else f"params.{quoted(known.name)}"


def _condition(condition: Condition) -> str:  # noqa: PLR0911 - one for each kind
    match condition:
        case Every(inner):
            return f"({' and '.join(_condition(each) for each in inner)})" if inner else ""
        case Some(inner):
            return f"({' or '.join(_condition(each) for each in inner)})"
        case Not(one):
            return f"not {_condition(one)}"
        case Known():
            return f"has {_name(condition)}"
        case TrainedOn(reference):
            return f"trained on {reference}"
        case Measured(metric, operator, value):
            return f"{quoted(metric)} {operator} {value}"
        case Parameter(name, operator, text, number):
            return f"params.{quoted(name)} {operator} {quoted(text) if number is None else text}"
        case Property(field, operator, value):
            return f"{field.name} {operator} {_value(field, value)}"


def _value(field: Field, value: str | int | tuple[int, ...]) -> str:
    if isinstance(value, str):
        return quoted(value)
    if field.shape == "line":
        return ".".join(map(str, value))
    if field.shape == "time":
        return next(each for each in _TIMES if tuple(period(each, NOW) or ()) == value)
    return str(value)
