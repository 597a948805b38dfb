"""MLflow's filters and orders, from text to the tree of a search. What was added to the grammar: OR, NOT, parentheses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from lineal.objects.errors import Invalid
from lineal.operations.messages.outbox import PROMPT_TAG
from lineal.protocols.mlflow import ids
from lineal.protocols.mlflow.subjects import STATUS_OF, SUBJECTS, Entity, Subject, SubjectName, with_status
from lineal.protocols.mlflow.tokens import number, tokens
from lineal.query.cursor import Reader, near
from lineal.query.fields import Field
from lineal.query.syntax import (
    Alike,
    Among,
    Condition,
    Every,
    Known,
    Measured,
    Not,
    Noted,
    Operator,
    Property,
    Some,
    Sort,
    Token,
    Used,
    Wording,
)

_DEPTH_MAX, _CONDITIONS_MAX, _SORTS_MAX, _PATTERN_MAX = 40, 100, 8, 10_000
"""What a database takes in one statement with room to spare: SQLite allows patterns of 50,000 bytes."""

_NUMERIC = (">=", ">", "!=", "=", "<=", "<")
_WORDS = ("!=", "=", "LIKE", "ILIKE")
_COMPARATORS = {
    "metric": _NUMERIC,
    "number": _NUMERIC,
    "text": (*_WORDS, "IN", "NOT IN"),
    "dataset": (*_WORDS, "IN", "NOT IN"),
    "param": (*_WORDS, "IS NULL", "IS NOT NULL"),
    "tag": (*_WORDS, "IS NULL", "IS NOT NULL"),
}
_WORDING: dict[str, Wording] = {"=": "=", "!=": "!=", "LIKE": "like", "ILIKE": "ilike", "IN": "=", "NOT IN": "="}
_LONG_COMPARATORS = (("is", "not", "null"), ("is", "null"), ("not", "in"))
_VERSION_NUMBER = "version_number"
_SHOWN_MAX = 40
_RUN_IDS = {"runs": ("run_id",), "model versions": ("run_id",), "logged models": ("source_run_id",)}
"""Attributes that are ids of runs, which stand otherwise in our tables."""
_PARTS = ("name", "digest", "context")
_DIRECTIONS = {"asc": True, "desc": False}
_EXAMPLE = "a condition such as metrics.rmse < 0.5"


_OPENING = ("Invalid clause(s) in filter string", "Invalid filter string")
"""How an error begins; logged models have words of their own, which are the second ones."""
_UNQUOTED = "Parameter value is either not quoted or unidentified quote types used for string value"
_LISTED = "While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list:"
_OPERATOR = ("Invalid comparator", "Invalid comparison operator")


class _Incomparable(Invalid):
    """A comparator that a key does not take, of which MLflow's clients know the whole text."""


def _is_like(word: str, operator: Wording, text: str) -> bool:
    """Tell whether a word in capitals is a text, or like a pattern; for ``!=``, whether it is the text."""
    if operator not in {"like", "ilike"}:
        return word == text
    if len(text.replace("%", "")) > len(word):
        return False
    pattern = "".join({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in re.sub("%+", "%", text))
    return bool(re.fullmatch(pattern, word, re.DOTALL | (re.IGNORECASE | re.ASCII if operator == "ilike" else 0)))


class _Key(NamedTuple):
    """What stands left of a comparator: a key of an entity, and the field of an attribute."""

    entity: Entity
    name: str
    token: Token
    field: Field | None = None

    @property
    def shape(self) -> str:
        """What it is compared as."""
        return self.field.shape if self.field else self.entity


def parse_filter(text: str, subject: SubjectName) -> Condition:
    """Return the tree of a filter.

    Args:
        text: the filter; empty: everything holds.
        subject: what is searched.

    Raises:
        Invalid: it cannot be read; the message points at the place.
    """
    try:
        return _Parser(text, SUBJECTS[subject]).filter()
    except _Incomparable:
        raise
    except Invalid as error:
        raise Invalid(f"{_OPENING[subject == 'logged models']}: {error.message}", hint=error.hint) from None


PROMPTS = Noted("tag", PROMPT_TAG, "=", "true")
"""What holds for prompts, which are kept as models with a tag."""


def parse_model_filter(text: str, subject: SubjectName) -> Condition:
    """Return the tree of a filter of models or their versions, which finds prompts only when it asks for them.

    Raises:
        Invalid: as `parse_filter`.
    """
    found = parse_filter(text, subject)
    return found if _asks(found) else Every((found, Not(PROMPTS)))


def _asks(condition: Condition) -> bool:
    """Tell whether a condition says anything of prompts."""
    match condition:
        case Every(conditions) | Some(conditions):
            return any(map(_asks, conditions))
        case Not(inner):
            return _asks(inner)
        case _:
            return condition == PROMPTS


def parse_order(texts: Sequence[str], subject: SubjectName) -> tuple[Sort, ...]:
    """Return what comes first.

    Args:
        texts: such as ``metrics.rmse ASC``, the most important one first.
        subject: what is searched.

    Raises:
        Invalid: one of them cannot be read, or there are too many.
    """
    if len(texts) > _SORTS_MAX:
        raise Invalid(f"a search sorts by at most {_SORTS_MAX} things", hint="leave the last ones out")
    return tuple(_Parser(each, SUBJECTS[subject]).sort() for each in texts)


class _Parser:
    """Reads a filter by recursive descent; one method for each rule of the grammar."""

    def __init__(self, text: str, subject: Subject) -> None:
        self._reader = Reader(text, tokens(text))
        self._subject = subject
        self._depth = 0
        self._count = 0

    def filter(self) -> Condition:
        if self._reader.peek().kind == "end":
            return Every(())
        found = self._alternatives()
        if self._reader.peek().kind != "end":
            raise self._reader.expected("AND, OR or the end of the filter")
        return found

    def sort(self) -> Sort:
        reader = self._reader
        key = self._key()
        word = reader.peek().keyword
        if word in _DIRECTIONS:
            reader.take()
        if reader.peek().kind != "end":
            raise reader.expected("ASC, DESC or the end of the order")
        is_ascending = _DIRECTIONS.get(word, True)
        if key.entity == "attribute" and key.field:
            return Sort(self._subject.order.get(key.name, key.field), is_ascending)
        if key.entity not in self._subject.ordered or key.entity == "dataset":
            raise reader.wrong(key.token, f"{self._subject.name} cannot be put in order by a {key.entity}")
        return Sort(Known(key.entity, key.name), is_ascending)  # type: ignore[arg-type]  # no attribute, no dataset

    def _alternatives(self) -> Condition:
        found = [self._conjunction()]
        while self._reader.accept("or"):
            found.append(self._conjunction())
        return found[0] if len(found) == 1 else Some(tuple(found))

    def _conjunction(self) -> Condition:
        found = [self._condition()]
        while self._reader.accept("and"):
            found.append(self._condition())
        return found[0] if len(found) == 1 else Every(tuple(found))

    def _condition(self) -> Condition:
        reader = self._reader
        token = reader.peek()
        if reader.is_sign("(") or token.keyword == "not":
            return self._nested(reader.take())
        self._count += 1
        if self._count > _CONDITIONS_MAX:
            raise reader.wrong(token, f"a filter has at most {_CONDITIONS_MAX} conditions", hint="ask two questions")
        key = self._key()
        return self._compared(key, self._comparator(key))

    def _nested(self, token: Token) -> Condition:
        """Read what follows NOT or an opening parenthesis."""
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise self._reader.wrong(token, f"a filter is nested at most {_DEPTH_MAX} deep", hint="ask two questions")
        if token.keyword == "not":
            found: Condition = Not(self._condition())
        else:
            found = self._alternatives()
            self._reader.take_sign(")", "AND, OR or ')'")
        self._depth -= 1
        return found

    def _key(self) -> _Key:
        """Read ``metrics.rmse``, ``tags.`a b```, ``start_time`` or ``"run name"``."""
        reader = self._reader
        token = reader.peek()
        if token.kind not in {"word", "text"} or not token.text or self._text_of(token).startswith("'"):
            raise reader.expected(_EXAMPLE)
        reader.take()
        before, dot, name = token.text.partition(".")
        if token.kind == "text" or not dot:
            return self._attribute(token.text, token)
        after = reader.peek()
        if not name and after.kind == "text" and after.at == token.end and not self._text_of(after).startswith("'"):
            name = reader.take().text
        entity = self._subject.entities.get(before.lower())
        if entity is None:
            hint = near(before, self._subject.entities) or f"begin with one of {', '.join(self._subject.entities)}"
            raise reader.wrong(
                token, f"Invalid entity type {before!r}: {self._subject.name} have none of that name", hint=hint
            )
        if not name:
            raise reader.wrong(token, f"expected a key after {before}.", hint=f"such as {before}.a or {before}.`a b`")
        if entity == "attribute":
            return self._attribute(name, token)
        if entity == "dataset" and name not in _PARTS:
            raise reader.wrong(token, f"a dataset has no {name!r}", hint=f"it has {', '.join(_PARTS)}")
        return _Key(entity, name, token)

    def _text_of(self, token: Token) -> str:
        """Return a token as it was written, with its quotes."""
        return self._reader.text[token.at : token.end]

    def _attribute(self, name: str, token: Token) -> _Key:
        field = self._subject.attributes.get(name)
        if field is None:
            known = self._subject.attributes
            hint = near(name, known) or f"there are {', '.join(dict.fromkeys(each.name for each in known.values()))}"
            problem = f"Invalid attribute key {name!r} specified: {self._subject.name} have none of that name"
            raise self._reader.wrong(token, problem, hint=hint)
        return _Key("attribute", field.name, token, field)

    def _comparator(self, key: _Key) -> str:
        reader = self._reader
        if reader.peek().kind not in {"word", "operator"}:
            raise reader.expected(f"a comparator after {self._text_of(key.token)}")
        words = next((each for each in _LONG_COMPARATORS if reader.accept(*each)), None) or (reader.take().text,)
        comparator = " ".join(words).upper()
        allowed = _COMPARATORS[key.shape]
        if comparator not in allowed:
            if comparator.startswith("IS "):
                raise _Incomparable("IS NULL / IS NOT NULL is only supported for tags, and for params of runs")
            listed = ", ".join(f"'{each}'" for each in allowed)
            opening = _OPERATOR[self._subject.name == "logged models"]
            raise _Incomparable(f"{opening} '{' '.join(words)[:_SHOWN_MAX]}' not one of '{{{listed}}}")
        return comparator

    def _compared(self, key: _Key, comparator: str) -> Condition:
        """Read what the key is compared with."""
        if comparator in {"IS NULL", "IS NOT NULL"}:
            known = Known("tag" if key.entity == "tag" else "param", key.name)
            return known if comparator == "IS NOT NULL" else Not(known)
        if key.shape in {"metric", "number"}:
            return self._number(key, comparator)
        is_negated = comparator == "NOT IN"
        texts = self._texts() if comparator in {"IN", "NOT IN"} else (self._text(key, comparator),)
        operator = _WORDING[comparator]
        if key.field and key.field.name in _RUN_IDS.get(self._subject.name, ()):
            texts = tuple(map(ids.foreign_run, texts))
        if key.entity == "dataset":
            return Used(key.name, operator, texts, is_negated)  # type: ignore[arg-type]  # one of the parts
        if key.entity != "attribute" or key.field is None:
            return self._noted(key, operator, texts[0])
        return self._attributed(
            key.field, operator, texts, is_listed=comparator in {"IN", "NOT IN"}, is_negated=is_negated
        )

    def _attributed(
        self, field: Field, operator: Wording, texts: tuple[str, ...], *, is_listed: bool, is_negated: bool
    ) -> Condition:
        if (self._subject.name, field.name) == ("runs", "status"):
            held = with_status(
                [each for each in STATUS_OF.values() if any(_is_like(each, operator, text) for text in texts)]
            )
            return Not(held) if is_negated or operator == "!=" else held
        return Among(field, texts, is_negated) if is_listed else Alike(field, operator, texts[0])

    def _noted(self, key: _Key, operator: Wording, text: str) -> Condition:
        if (key.entity, key.name) == ("tag", PROMPT_TAG) and operator in {"=", "!="} and self._subject.has_prompts:
            # What is no prompt says nothing of prompts: without the tag, a model is none.
            return PROMPTS if (operator == "=") == (text.lower() == "true") else Not(PROMPTS)
        return Noted("tag" if key.entity == "tag" else "param", key.name, operator, text)

    def _number(self, key: _Key, comparator: str) -> Condition:
        token = self._reader.peek()
        # MLflow's versions have numbers that are texts to its client, and are asked for as such.
        is_number = token.kind == "word" or (
            key.field and key.name == _VERSION_NUMBER and self._text_of(token)[:1] in {"'", '"'}
        )
        value = number(token.text) if is_number else None
        if value is None:
            problem = f"{self._text_of(key.token)} is compared with a number"
            raise self._reader.wrong(token, problem, hint="numbers are written 0.85 or 1e-3, without quotes")
        self._reader.take()
        operator: Operator = comparator  # type: ignore[assignment]  # numeric comparators are operators
        return Property(key.field, operator, value) if key.field else Measured(key.name, operator, float(value))

    def _text(self, key: _Key, comparator: str) -> str:
        token = self._quoted()
        if comparator in {"LIKE", "ILIKE"} and len(token.text) > _PATTERN_MAX:
            raise self._reader.wrong(key.token, f"a pattern has at most {_PATTERN_MAX:,} characters")
        return token.text

    def _texts(self) -> tuple[str, ...]:
        """Read ``('a', 'b')``."""
        self._reader.take_sign("(", "'(' and a list of texts in quotes")
        found = [self._quoted(_LISTED).text]
        while self._reader.is_sign(","):
            self._reader.take()
            if self._reader.is_sign(")"):
                break  # as Python writes a list of one
            found.append(self._quoted(_LISTED).text)
        self._reader.take_sign(")", "',' or ')'")
        return tuple(found)

    def _quoted(self, problem: str = _UNQUOTED) -> Token:
        token = self._reader.peek()
        written = self._text_of(token)
        if token.kind != "text" or written.startswith("`"):
            raise self._reader.wrong(token, f"{problem} {written}".rstrip(), hint="write it 'like this'")
        return self._reader.take()
