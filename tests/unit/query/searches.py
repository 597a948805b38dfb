"""Searches that hypothesis makes: trees, and the text that a person would write for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import get_args

from hypothesis import strategies as st

from lineal.objects.semantic import pre_order
from lineal.query.fields import FIELDS, Field, Subject
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
    Operator,
    Packaged,
    Parameter,
    Property,
    Query,
    Some,
    Sort,
    Staged,
    TrainedOn,
)
from lineal.query.times import period
from lineal.query.values import OPERATORS
from tests.unit.query.world import (
    ALIASES,
    BRANCHES,
    DATASETS,
    EXPERIMENTS,
    LETTERED,
    METRICS,
    MODELS,
    NOW,
    NUMBERS,
    NUMERIC,
    PARAMS,
    PRE_RELEASES,
    SCRIPTS,
    STAGES,
    TAGS,
    TEXTS,
)

_WORDS = {
    "model": (*MODELS, "chur"),
    "stage": (*STAGES, "prod"),
    "alias": ALIASES,
    "state": ("finished", "failed", "running"),
    "experiment": EXPERIMENTS,
    "branch": BRANCHES,
    "entry_point": SCRIPTS,
    "pre_release": PRE_RELEASES[1:],
    "run": tuple(f"01J{i:023}" for i in (0, 3, 99)),
    "id": tuple(f"01J{i:023}" for i in (0, 3, 99)),
}
PATTERNS = ("^a", "c$", r"[^a-z]", "recall\\[sex=.*\\]", "^learning .ate$|^C$", "nothing")
"""Regular expressions on names."""

RELEASES = ("1.4", "1.4.0", "1.5", "1.9", "2", "2.4.0", "3.12.1")
LIKES = ("%a%", "a__", "A%", "100\\%", "%'%", "%", "_", "é", "train.%")
USED = ("data:iris", "data:iris@d1", "data:wine@d2", "data:wine@d1")
_TIMES = ("2026", "2026-11", "2026-11-01", "2026-10-31T22:00", "today", "yesterday", "now", "30 hours ago", "1 day ago")
_LINES: dict[tuple[int | str, ...], str] = {
    (1,): "1",
    (1, 2): "1.2",
    (0, 1, 2, pre_order("")): "0.1.2",
    (2, 0, 0, pre_order("")): "2.0.0",
    (1, 1, 1, pre_order("rc.2")): "1.1.1-rc.2",
}
"""Versions and their beginnings, by what they are compared as."""
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
_NAMED: dict[str, tuple[Name, ...]] = {
    kind: (*names, *map(Matching, PATTERNS)) for kind, names in (("metric", METRICS), ("param", PARAMS), ("tag", TAGS))
}
NUMERIC_PARAM, LETTERED_TAG = Known("param", NUMERIC), Known("tag", LETTERED)
known = st.sampled_from([Known(kind, name) for kind, names in _NAMED.items() for name in names])
trained_on = st.builds(TrainedOn, st.sampled_from((*DATASETS, *USED)))
matched = st.builds(
    Measured, st.sampled_from(PATTERNS).map(Matching), st.sampled_from(_ORDERED), st.sampled_from(NUMBERS)
)
noted = st.builds(
    Noted,
    st.just("tag"),
    st.sampled_from(_NAMED["tag"]),
    st.sampled_from(("=", "!=", "~", "!~")),
    st.sampled_from(TEXTS),
) | st.builds(
    lambda kind, name, sign, text: Noted(kind, _NAMED[kind][name], sign, text),
    st.sampled_from(("param", "tag")),
    st.integers(0, 7),
    st.sampled_from(("like", "ilike")),
    st.sampled_from(LIKES),
)
packaged = st.builds(
    Packaged,
    st.sampled_from(("scikit-learn", "torch", "python", "none")),
    st.sampled_from(_ORDERED),
    st.sampled_from(RELEASES),
) | st.builds(Packaged, st.sampled_from(("scikit-learn", "torch", "none")))
staged = st.builds(
    lambda stage, text: Staged(stage, *(period(text, NOW) or ())), st.sampled_from(STAGES), st.sampled_from(_TIMES)
)

fragments = st.sampled_from(
    "accuracy recall[sex=Female] tags.team metrics./^a/ package null like ilike model stage created version alias params.C params. metrics. > >= = != ~ !~ ( ) , ' \""
    " and or not in by best worst order has trained on limit is contains data:adult 0.85 85% 1e999 2026-11-01 7 days ago"
    " NaN -inf [ ] ! # : \\ % ; -- \x00 \ud800 é 漢 ٣ 3.5.1 #7 asc desc the models runs".split(" ")
)
phrases = st.sampled_from(
    (
        *("accuracy > 0.85", "has auc", "has params.C", "params.C != 1", "created since yesterday", "version < 2.1"),
        *("trained on data:adult", "name in (a, 'b c')", "alias is not x", "exit != 0", "author contains é", "with"),
        *(
            "tags.a != b",
            "package torch > 2",
            "commit = 3fe4",
            "branch is null",
            "metrics./au/ > 0",
            "params.C like '%'",
        ),
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
    yield from (Known(kind, name) for kind, names in _NAMED.items() for name in names)  # type: ignore[arg-type]
    yield from map(TrainedOn, (*DATASETS, *USED))
    yield from (Measured(Matching(each), sign, 0.5) for each, sign in product(PATTERNS, _ORDERED))
    yield from (Noted("tag", name, *rest) for name, *rest in product(TAGS, ("=", "!=", "~", "!~"), TEXTS[:5]))  # type: ignore[arg-type]
    for kind, sign, text in product(("param", "tag"), ("like", "ilike"), LIKES):
        yield from (Noted(kind, name, sign, text) for name in _NAMED[kind][:5])  # type: ignore[arg-type]
    yield from (Packaged("scikit-learn", *rest) for rest in product(_ORDERED, RELEASES))
    yield from (Packaged(name, *rest) for name, *rest in product(("torch", "python"), _ORDERED[:2], RELEASES))  # type: ignore[arg-type]
    yield from map(Packaged, ("torch", "none"))
    if subject == "versions":
        yield from (Staged(stage, *(period(each, NOW) or ())) for stage, each in product(STAGES, _TIMES))
    for field in dict.fromkeys(FIELDS[subject].values()):
        yield from (Property(field, *rest) for rest in product(OPERATORS[field.shape], _values(field)))
        yield from [Blank(field)] if field.is_nullable or field.shape in {"commit", "code"} else []
        yield from (Alike(field, *rest) for rest in product(("like", "ilike"), LIKES if field.shape == "text" else ()))  # type: ignore[arg-type]


def every_sort(subject: Subject) -> Iterator[Sort]:
    """Yield every sort that two databases agree about."""
    fields = [each for each in dict.fromkeys(FIELDS[subject].values()) if each.shape in {"time", "number", "line"}]
    metrics = [Known("metric", name) for name in METRICS]
    for is_ascending in (True, False):
        yield from (Sort(by, is_ascending) for by in (*fields, *metrics, LETTERED_TAG))
        yield Sort(NUMERIC_PARAM, is_ascending, numeric=True)
        yield from (Sort(by, is_ascending, best=True) for by in metrics)


def _values(field: Field) -> list[str | int | tuple[int | str, ...]]:
    values = {
        "text": _WORDS.get(field.name, TEXTS),
        "alias": ALIASES,
        "number": range(-9, 10, 3),
        "line": _LINES,
        "commit": ("3fe4", "3fe4a1", "abc9", "ffff"),
        "code": _WORDS.get(field.name, TEXTS),
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
    leaves = st.one_of(
        *(measured, parameters, known, trained_on, properties(subject), matched, noted, packaged),
        *([staged] if subject == "versions" else []),
        *(st.just(Blank(each)) for each in dict.fromkeys(FIELDS[subject].values()) if each.is_nullable),
    )
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
    return _named(known.kind, known.name)


def _named(kind: str, name: Name) -> str:
    if isinstance(name, Matching):
        return f"{kind}s./{name.pattern.replace('/', chr(92) + '/')}/"
    return quoted(str(name)) if kind == "metric" else f"{kind}s.{quoted(str(name))}"


def _condition(condition: Condition) -> str:  # noqa: C901, PLR0911, PLR0912 - one for each kind
    match condition:
        case Every(inner):
            return f"({' and '.join(_condition(each) for each in inner)})" if inner else ""
        case Some(inner):
            return f"({' or '.join(_condition(each) for each in inner)})"
        case Not(one):
            return f"not {_condition(one)}"
        case Known(kind, name):
            return f"has {_named(kind, name)}"
        case Blank(field):
            return f"{field.name} is null"
        case Staged(stage, start, end):
            return f"stage = {stage} at {next(e for e in _TIMES if tuple(period(e, NOW) or ()) == (start, end))}"
        case Packaged(name, sign, release):
            return f"package {name} {sign} {release}".rstrip()
        case Noted(kind, name, sign, text):
            return f"{_named(kind, name)} {sign} {quoted(text)}"
        case Alike(field, sign, text):
            return f"{field.name} {sign} {quoted(text)}"
        case TrainedOn(reference):
            return f"trained on {reference}"
        case Measured(metric, operator, value):
            return f"{_named('metric', metric)} {operator} {value}"
        case Parameter(name, operator, text, number):
            return f"{_named('param', name)} {operator} {quoted(text) if number is None else text}"
        case Property(field, operator, value):
            return f"{field.name} {operator} {_value(field, value)}"


def _value(field: Field, value: str | int | tuple[int | str, ...]) -> str:
    if isinstance(value, str):
        return quoted(value)
    if field.shape == "line":
        return _LINES[value]
    if field.shape == "time":
        return next(each for each in _TIMES if tuple(period(each, NOW) or ()) == value)
    return str(value)
