"""A place among the tokens of a search: look ahead, take, and say what was expected there."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from lineal.objects.errors import Invalid
from lineal.query.fields import FIELDS, Subject
from lineal.query.syntax import Token, tokens, wrong

WORD_OPERATORS = {
    "is": "=",
    "contains": "~",
    "after": ">",
    "before": "<",
    "since": ">=",
}
"""Operators that are words. ``in`` and ``not in`` stand beside them."""

WORD_PATTERNS = ("like", "ilike")
"""Operators that take ``%`` for any characters and ``_`` for one."""

_NOUNS: dict[str, Subject] = {
    "model": "versions",
    "models": "versions",
    "version": "versions",
    "versions": "versions",
    "run": "runs",
    "runs": "runs",
}
_FILLERS = frozenset(
    "all any every the a me show find list which what that who are is were was with where have having".split()
)
"""Words that a sentence needs and a search does not."""

NULL = "null"

RESERVED = frozenset("and or not in by asc desc ascending descending".split())
"""Words that are never a name or a value unless they stand in quotes."""


class Reader:
    """Reads tokens from left to right.

    Args:
        text: what they are the tokens of.
        tokens: its tokens; the last one is its end.
    """

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self._tokens = tokens
        self._at = 0

    def peek(self, ahead: int = 0) -> Token:
        """Return the token that comes next, or the one ``ahead`` of it; the end stays the end."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and step over it."""
        token = self.peek()
        self._at += 1
        return token

    def accept(self, *words: str) -> bool:
        """Step over the keywords ``words`` if they all come next, and tell whether they did."""
        if any(self.peek(ahead).keyword != word for ahead, word in enumerate(words)):
            return False
        self._at += len(words)
        return True

    def is_sign(self, text: str, ahead: int = 0) -> bool:
        """Tell whether the parenthesis or comma ``text`` comes next, or ``ahead`` of it."""
        token = self.peek(ahead)
        return token.kind == "sign" and token.text == text

    def take_sign(self, text: str, expected: str) -> None:
        """Step over the sign ``text``; ``expected`` says in the error what could have stood there."""
        if not self.is_sign(text):
            raise self.expected(expected)
        self.take()

    def wrong(self, token: Token, problem: str, *, hint: str = "") -> Invalid:
        """Return the error that points at ``token``."""
        return wrong(self.text, token.at, token.end, problem, hint=hint)

    def expected(self, what: str, *, hint: str = "") -> Invalid:
        """Return the error for the next token: ``what`` was expected in its place."""
        token = self.peek()
        found = "the search ends here" if token.kind == "end" else f"found {_quoted(self.text[token.at : token.end])}"
        return self.wrong(token, f"expected {what}, {found}", hint=hint)


class Cursor(Reader):
    """Reads the tokens of a search from left to right.

    Args:
        text: the search.
        subject: what is searched.

    Raises:
        Invalid: the text holds something that is no token.
    """

    def __init__(self, text: str, subject: Subject) -> None:
        super().__init__(text, tokens(text))
        self.subject = subject

    def has_operator(self, ahead: int) -> bool:
        """Tell whether an operator comes ``ahead`` of here, so that the word before it is a name."""
        token = self.peek(ahead)
        if token.keyword == "in":
            return self.is_sign("(", ahead + 1)
        if token.keyword == "not":
            return self.peek(ahead + 1).keyword in {"in", "contains", *WORD_PATTERNS}
        return token.kind == "operator" or token.keyword in WORD_OPERATORS or token.keyword in WORD_PATTERNS

    def skip_fillers(self) -> None:
        """Step over words that carry nothing, such as ``all models with``.

        Raises:
            Invalid: they speak of runs where versions are searched, or the other way round.
        """
        while not self.has_operator(1):
            word = self.peek().keyword
            if _NOUNS.get(word, self.subject) != self.subject:
                raise self.wrong(
                    self.peek(),
                    f"this searches {self.subject}",
                    hint=f"search {_NOUNS[word]} with --kind {_NOUNS[word]}",
                )
            if word not in _FILLERS and word not in _NOUNS:
                return
            self.take()

    def near(self, word: str, others: Collection[str] = ()) -> str:
        """Return a hint that names fields like ``word``, or ``others`` like it; empty when there is none."""
        return near(word, [*FIELDS[self.subject], *others])


def near(word: str, names: Collection[str]) -> str:
    """Return a hint that names what is like ``word``; empty when nothing is."""
    close = get_close_matches(word.lower()[:64], list(dict.fromkeys(names)), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else ""


def _quoted(text: str) -> str:
    return ascii(text) if not text.isprintable() else f"'{text}'" if len(text) <= 40 else f"'{text[:40]}…'"
