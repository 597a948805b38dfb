"""What a search is made of: its tokens, the tree that they make, and the error that points at a place."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

import msgspec

from lineal.objects.errors import Invalid
from lineal.query.fields import Field

LENGTH_MAX = 4_000
"""Characters in a search; longer ones come from a mistake, or from somebody who means harm."""

Kind = Literal["word", "text", "pattern", "operator", "sign", "end"]
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~", "!~"]
Wording = Literal["=", "!=", "like", "ilike", "~", "!~"]
"""How a text is compared: ``like`` takes ``%`` for any characters and ``_`` for one, and ``ilike`` capitals as small; ``~``
holds a text."""

_SPELLINGS = {"==": "=", "<>": "!="}
_TOKEN = re.compile(
    r"""
    (?P<operator> <= | >= | <> | == | != | !~ | [=<>~] )
  | (?P<sign> [(),] )
  | (?P<text> "(?:[^"]|"")*" | '(?:[^']|'')*' )
  | (?P<pattern> (?i: metrics? | params? | tags? ) \. / (?: [^/\\] | \\. )* / (?= [\s()<>=!~,] | $ ) )
  | (?P<word> (?: [^\s()<>=!~,'"\[\]] | \[ (?: [^\[\]] | \[[^\[\]]*\] )* \] )+ )
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_AROUND = 60


class Token(NamedTuple):
    """A piece of the text. ``text`` is what it says, without quotes; ``at`` and ``end`` are offsets in characters."""

    kind: Kind
    text: str
    at: int
    end: int

    @property
    def keyword(self) -> str:
        """The word in small letters; empty for everything that is no bare word, so that quotes protect a name."""
        return self.text.lower() if self.kind == "word" else ""


class Matching(msgspec.Struct, frozen=True):
    """A regular expression in the place of a name: all names in which it finds something."""

    pattern: str


Name = str | Matching | tuple[str, ...]
"""What a metric, parameter or tag is called: one name, all that match, or any of several."""


class Measured(msgspec.Struct, frozen=True):
    """A metric's last value. ``value`` is a number, or the word NaN, Infinity or -Infinity."""

    metric: Name
    operator: Operator
    value: float | str


class Parameter(msgspec.Struct, frozen=True):
    """A parameter. ``number`` is given where a number was written; ``text`` is what was written."""

    name: Name
    operator: Operator
    text: str
    number: float | None = None


class Property(msgspec.Struct, frozen=True):
    """A field: text, a number, a line of versions such as 1.2, or a period from its first to past its last ms."""

    field: Field
    operator: Operator
    value: str | float | tuple[int | str, ...]


class Alike(msgspec.Struct, frozen=True):
    """A field's text is like a pattern."""

    field: Field
    operator: Wording
    text: str


class Among(msgspec.Struct, frozen=True):
    """A field's text is one of several, or a text that is none of them if ``negated``."""

    field: Field
    texts: tuple[str, ...]
    negated: bool = False


class Noted(msgspec.Struct, frozen=True):
    """A parameter or tag, as text only. ``begins``: with one of these each text that is meant begins, and an index has them together."""

    kind: Literal["param", "tag"]
    name: Name
    operator: Wording
    text: str
    begins: tuple[str, ...] = ()


class Listed(msgspec.Struct, frozen=True):
    """A parameter or tag has one of several texts, each of them short enough to stand whole in an index."""

    kind: Literal["param", "tag"]
    name: str
    texts: tuple[str, ...]


class Used(msgspec.Struct, frozen=True):
    """One of the named datasets of a run is so: its ``part`` compares with one of ``texts``, or with none if ``negated``."""

    part: Literal["name", "digest", "context"]
    operator: Wording
    texts: tuple[str, ...]
    negated: bool = False


class Known(msgspec.Struct, frozen=True):
    """It has that metric, parameter or tag at all."""

    kind: Literal["metric", "param", "tag"]
    name: Name


class Blank(msgspec.Struct, frozen=True):
    """The field has no value."""

    field: Field


class Standing(msgspec.Struct, frozen=True):
    """It stands at one place of an order.

    Args:
        by: what the order is by; it has that at all.
        column: the SQL of what is compared there.
        value: its value; None where it has one that is no number.
    """

    by: Field | Known
    column: str
    value: float | int | str | None


class Staged(msgspec.Struct, frozen=True):
    """It stood in that stage at some time of a period, which has its first and past its last millisecond."""

    stage: str
    start_at: int
    end_at: int


class Packaged(msgspec.Struct, frozen=True):
    """It was made with a distribution whose version compares so, or with any where there is no operator.

    ``releases`` are the versions that are meant, once it is known which there are.
    """

    name: str
    operator: Operator | Literal[""] = ""
    release: str = ""
    releases: tuple[str, ...] | None = None


class TrainedOn(msgspec.Struct, frozen=True):
    """It came from one of the dataset versions that the reference means, directly or however many steps back.

    Args:
        reference: what was written.
        digests: those versions, once it is known which there are.
        name: what programs call the dataset that they said they used.
        digest: what the digest that they know it by begins with.
    """

    reference: str
    digests: tuple[str, ...] | None = None
    name: str = ""
    digest: str = ""


class Not(msgspec.Struct, frozen=True):
    """The condition does not hold."""

    condition: Condition


class Every(msgspec.Struct, frozen=True):
    """All conditions hold; true when there is none."""

    conditions: tuple[Condition, ...]


class Some(msgspec.Struct, frozen=True):
    """At least one condition holds."""

    conditions: tuple[Condition, ...]


Condition = (
    Measured
    | Parameter
    | Noted
    | Listed
    | Property
    | Alike
    | Among
    | Known
    | Blank
    | Used
    | Standing
    | Staged
    | Packaged
    | TrainedOn
    | Not
    | Every
    | Some
)


class Sort(msgspec.Struct, frozen=True):
    """What comes first.

    Args:
        by: what it is put in order by.
        ascending: the smallest first.
        best: only what has a finite value of the metric is in the answer.
        numeric: parameters that are numbers by their value, before those that are texts; else all as texts.
        texts: whether those that are no numbers are put in order too.
    """

    by: Field | Known
    ascending: bool
    best: bool = False
    numeric: bool = False
    texts: bool = True


class Place(NamedTuple):
    """A part of the text: from which character to which."""

    at: int
    end: int


class Query(msgspec.Struct, frozen=True):
    """A search, taken apart.

    Args:
        condition: what holds for all that is found.
        sorts: what comes first.
        limit: how many altogether; None when the text does not say.
        metrics: those that it speaks of, in its order.
        notes: what it took for granted.
        places: where parameters are compared as numbers, and where each metric, dataset and package is named, so that
            what is found out about them later can be told at the place.
    """

    condition: Condition
    sorts: tuple[Sort, ...] = ()
    limit: int | None = None
    metrics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    places: tuple[tuple[str, str, Place], ...] = ()


def tokens(text: str) -> list[Token]:
    """Return the tokens of ``text``; the last one is its end.

    Raises:
        Invalid: it holds a quote that never ends, or a character that no search can hold.
    """
    check_characters(text, LENGTH_MAX)
    found: list[Token] = []
    at = _skip(text, 0)
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise _unreadable(text, at)
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # the groups are the kinds
        found.append(Token(kind, _said(kind, match[0]), at, match.end()))
        at = _skip(text, match.end())
    return [*found, Token("end", "", len(text.rstrip()), len(text.rstrip()))]


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere


def _said(kind: Kind, raw: str) -> str:
    if kind == "pattern":
        return raw.lower().partition(".")[0] + raw[raw.index(".") :]
    if kind == "text":
        return raw[1:-1].replace(raw[0] * 2, raw[0])
    return _SPELLINGS.get(raw, raw)


def check_characters(text: str, length_max: int) -> None:
    """Refuse a text that is too long or holds what no search can hold. Raises Invalid."""
    if len(text) > length_max:
        raise Invalid(f"a search of {len(text):,} characters is too long", hint=f"write at most {length_max:,}")
    for at, each in enumerate(text):
        # A database stores neither NUL nor half of a surrogate pair, and nobody means the other control characters.
        if each not in "\t\n\r" and unicodedata.category(each) in {"Cc", "Cs"}:
            raise wrong(text, at, at + 1, f"a search cannot hold the character U+{ord(each):04X}", hint="leave it out")


def _unreadable(text: str, at: int) -> Invalid:
    if text[at] in "\"'":
        return wrong(text, at, at + 1, "this quote never ends", hint=f"close it with {text[at]}")
    if text[at] == "[":
        return wrong(text, at, at + 1, "this bracket never ends", hint="close it with ], as in recall[sex=Female]")
    hint = "write != for 'differs from', or not before a condition" if text[at] == "!" else "put the name in quotes"
    return wrong(text, at, at + 1, f"{text[at]!r} does not belong here", hint=hint)


def wrong(text: str, at: int, end: int, problem: str, *, hint: str = "") -> Invalid:
    """Return the error for a place in ``text``: what is wrong, and a line with marks under the place.

    Args:
        text: the whole search.
        at: where the place begins, in characters.
        end: where it ends.
        problem: what is wrong there, or what was expected.
        hint: what to do next.
    """
    return Invalid(pointed(text, at, end, problem), hint=hint)


def pointed(text: str, at: int, end: int, problem: str) -> str:
    """Return ``problem`` with the line of ``text`` that it is about, and marks under the place."""
    start, stop = max(0, at - _AROUND), min(len(text), max(end, at) + _AROUND)
    before = ("…" if start else "") + _printable(text[start:at])
    place = _printable(text[at : min(end, stop)])
    after = _printable(text[end:stop]) + ("…" if stop < len(text) else "")
    marks = " " * _width(before) + "^" * max(1, _width(place))
    return f"{problem}\n  {before}{place}{after}\n  {marks}"


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)


def _width(text: str) -> int:
    """Return how many columns ``text`` takes on a terminal."""
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)
