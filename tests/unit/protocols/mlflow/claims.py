"""Filters that hypothesis makes, each with what MLflow means by it, said in plain Python over plain facts."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

from lineal.objects.ulid import hexadecimal
from tests.unit.query.runs import DATASETS, METRICS, NUMBERS, PARAMS, PLAIN, TAGS, TEXTS, RunFacts

Holds = Callable[[RunFacts], bool]


class Claim(NamedTuple):
    """A filter, and what it means."""

    text: str
    holds: Holds

    def __repr__(self) -> str:
        return self.text


NUMERIC = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
STATUS = {"running": "RUNNING", "finished": "FINISHED", "failed": "FAILED", "killed": "KILLED", "lost": "FAILED"}
PATTERNS = ("%", "a%", "%b", "a_%", "A%", "_", "100%", "%!%", "%\\%", "a_c", "%é%", "%x%z", "")


def like(text: str, pattern: str) -> bool:
    parts = {"%": ".*", "_": "."}
    return re.fullmatch("".join(parts.get(each, re.escape(each)) for each in pattern), text, re.DOTALL) is not None


def _ascii_lower(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


WORDED = {
    "=": operator.eq,
    "!=": operator.ne,
    "LIKE": like,
    "ILIKE": lambda text, pattern: like(_ascii_lower(text), _ascii_lower(pattern)),
}


def quoted(text: str) -> str:
    """Return ``text`` as a value."""
    return "'" + text.replace("'", "''") + "'"


def key(entity: str, name: str) -> str:
    """Return the key of ``entity`` that has that name."""
    return f"{entity}.{name}" if re.fullmatch(r"[\w./-]+", name) else f"{entity}.`{name}`"


def _spelt(word: str) -> st.SearchStrategy[str]:
    return st.sampled_from((word, word.lower(), word.title()))


@st.composite
def _metrics(draw: st.DrawFn) -> Claim:
    name, sign = draw(st.sampled_from(METRICS)), draw(st.sampled_from(sorted(NUMERIC)))
    value = draw(st.sampled_from([each for each in NUMBERS if math.isfinite(each)]))
    entity = draw(st.sampled_from(("metric", "metrics", "METRICS")))
    return Claim(
        f"{key(entity, name)} {sign} {value!r}",
        lambda facts: name in facts.metrics and NUMERIC[sign](facts.metrics[name], value),
    )


@st.composite
def _notes(draw: st.DrawFn) -> Claim:
    kind = draw(st.sampled_from(("params", "tags")))
    entity = draw(
        st.sampled_from(("param", "params", "parameter", "parameters") if kind == "params" else ("tag", "tags"))
    )
    name = draw(st.sampled_from(PARAMS if kind == "params" else TAGS))
    sign = draw(st.sampled_from(("=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL")))
    if sign not in WORDED:
        return Claim(
            f"{key(entity, name)} {draw(_spelt(sign))}",
            lambda facts: (name in getattr(facts, kind)) == (sign == "IS NOT NULL"),
        )
    value = draw(st.sampled_from(PATTERNS if "LIKE" in sign else TEXTS))
    return Claim(
        f"{key(entity, name)} {draw(_spelt(sign))} {quoted(value)}",
        lambda facts: name in getattr(facts, kind) and WORDED[sign](getattr(facts, kind)[name], value),
    )


_TEXT_ATTRIBUTES: dict[str, Callable[[RunFacts], str]] = {
    "run_name": lambda facts: facts.name,
    "`Run name`": lambda facts: facts.name,
    "user_id": lambda facts: facts.user,
    "status": lambda facts: STATUS[facts.state],
    "run_id": lambda facts: hexadecimal(facts.id),
    "artifact_uri": lambda facts: f"here/{facts.id}",
}
_ATTRIBUTE_TEXTS = (*PLAIN, "RUNNING", "FAILED", "finished", f"{0:032x}", f"{3:032x}", f"here/{1:032x}")


@st.composite
def _attributes(draw: st.DrawFn) -> Claim:
    name = draw(st.sampled_from(sorted(_TEXT_ATTRIBUTES)))
    get, prefix = _TEXT_ATTRIBUTES[name], draw(st.sampled_from(("", "attribute.", "attributes.", "attr.", "run.")))
    if draw(st.booleans()):
        # The id of a run is kept in another writing, which patterns do not know.
        signs = ("!=", "=") if name == "run_id" else sorted(WORDED)
        sign, value = draw(st.sampled_from(signs)), draw(st.sampled_from((*_ATTRIBUTE_TEXTS, *PATTERNS)))
        text = f"{prefix}{name} {draw(_spelt(sign))} {quoted(value)}"
        return Claim(text, lambda facts: WORDED[sign](get(facts), value))
    values, is_in = draw(st.lists(st.sampled_from(_ATTRIBUTE_TEXTS), min_size=1, max_size=3)), draw(st.booleans())
    text = f"{prefix}{name} {draw(_spelt('IN' if is_in else 'NOT IN'))} ({', '.join(map(quoted, values))})"
    return Claim(text, lambda facts: (get(facts) in values) == is_in)


@st.composite
def _times(draw: st.DrawFn) -> Claim:
    name = draw(st.sampled_from(("start_time", "created", "Created", "end_time", "attributes.start_time")))
    sign, value = draw(st.sampled_from(sorted(NUMERIC))), draw(st.sampled_from((0, 1, 2, 3, 1.5, -1, 10**30)))

    def holds(facts: RunFacts) -> bool:
        at = facts.ended_at if name == "end_time" else facts.started_at
        return at is not None and NUMERIC[sign](at, value)

    return Claim(f"{name}{sign}{value!r}", holds)


@st.composite
def _datasets(draw: st.DrawFn) -> Claim:
    part = draw(st.sampled_from(("name", "digest", "context")))
    at = ("name", "digest", "context").index(part)
    prefix, values = draw(st.sampled_from(("dataset", "datasets"))), [each[at] for each in DATASETS]
    if draw(st.booleans()):
        sign, value = draw(st.sampled_from(sorted(WORDED))), draw(st.sampled_from((*values, "ADULT", "%d_", "i%")))
        return Claim(
            f"{prefix}.{part} {sign} {quoted(value)}",
            lambda facts: any(WORDED[sign](each[at], value) for each in facts.datasets),
        )
    listed, is_in = draw(st.lists(st.sampled_from(values), min_size=1, max_size=2)), draw(st.booleans())
    return Claim(
        f"{prefix}.{part} {'IN' if is_in else 'NOT IN'} ({','.join(map(quoted, listed))})",
        lambda facts: any((each[at] in listed) == is_in for each in facts.datasets),
    )


@st.composite
def _joined(draw: st.DrawFn, inner: st.SearchStrategy[Claim]) -> Claim:
    word = draw(st.sampled_from(("AND", "and", "OR", "NOT")))
    first, second = draw(inner), draw(inner)
    if word == "NOT":
        return Claim(f"NOT ({first.text})", lambda facts: not first.holds(facts))
    together = any if word == "OR" else all
    # AND binds closer than OR, so that only an OR inside needs its parentheses.
    texts = [f"({each.text})" if " OR " in each.text and word != "OR" else each.text for each in (first, second)]
    return Claim(f" {word} ".join(texts), lambda facts: together(each.holds(facts) for each in (first, second)))


claims = st.recursive(_metrics() | _notes() | _attributes() | _times() | _datasets(), _joined, max_leaves=4)
"""Draws filters of all kinds."""

fragments = st.sampled_from(
    'metrics.a params.`b tags."c" attributes.run_id start_time run_name dataset.name status = != > >= ~ <> == LIKE ilike'
    " IN ( ) , 'x' \"y\" `z` 1 -1.5 1e999 .5 AND OR NOT IS NULL and or null . metrics. `` '' ; -- \x00 \ud800 é 漢".split(
        " "
    )
)
scraps = st.lists(fragments, max_size=9).map(" ".join)
"""Words of the language in any order: now and then a filter."""
