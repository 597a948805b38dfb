"""Regular expressions that no text can make slow: every character is looked at once for each state (Thompson 1968).

Whoever asks a server may write an expression; Python's own matcher can take years for some. These have no backtracking and
so no back references and no looking around.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

PATTERN_MAX, REPEATS_MAX, STATES_MAX = 200, 50, 2_000
_CLASSES = {"d": r"[0-9]", "D": r"[^0-9]", "w": r"[A-Za-z0-9_]", "W": r"[^A-Za-z0-9_]", "s": r"\s", "S": r"\S"}
_COUNTS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_BRACES = re.compile(r"\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}")

Test = Callable[[str], bool]


class PatternError(ValueError):
    """An expression that cannot be read, and where: ``at`` is the offset of the place in it."""

    def __init__(self, problem: str, at: int) -> None:
        super().__init__(problem)
        self.at = at


class _State(NamedTuple):
    """A step of the machine: what one character must be, or ``begin``, ``end`` or ``free``; and the states behind it."""

    what: Test | str
    behind: list[int]


class Pattern:
    r"""A regular expression that finds a place anywhere in a text.

    Args:
        text: ``^`` ``$`` ``.`` ``[a-z]`` ``\d`` ``\w`` ``\s`` ``(a|b)`` ``*`` ``+`` ``?`` ``{2,3}``; a backslash before any
            other sign means the sign.

    Raises:
        PatternError: it cannot be read.
    """

    def __init__(self, text: str) -> None:
        if len(text) > PATTERN_MAX:
            raise PatternError(f"an expression has at most {PATTERN_MAX} characters", PATTERN_MAX)
        self._text = text
        self._at = 0
        self._states: list[_State] = []
        self._end = self._state("accept", [])
        self._start = self._alternatives(self._end)()
        if self._at < len(text):
            raise PatternError("this parenthesis closes nothing", self._at)

    def finds(self, text: str) -> bool:
        """Tell whether the expression is somewhere in ``text``."""
        states = set[int]()
        for at in range(len(text) + 1):
            states = self._reached({*states, self._start}, at, len(text))
            if self._end in states:
                return True
            if at < len(text):
                states = {after for each in states for after in self._after(each, text[at])}
        return False

    def _after(self, state: int, character: str) -> Iterable[int]:
        what, behind = self._states[state]
        return behind if not isinstance(what, str) and what(character) else ()

    def _reached(self, states: set[int], at: int, length: int) -> set[int]:
        """Return the states that are reached without a character."""
        is_passed = {"free": True, "begin": at == 0, "end": at == length, "accept": False}
        found, todo = set(states), list(states)
        while todo:
            what, behind = self._states[todo.pop()]
            if isinstance(what, str) and is_passed[what]:
                todo += (new := set(behind) - found)
                found |= new
        return found

    def _state(self, what: Test | str, behind: list[int]) -> int:
        if len(self._states) >= STATES_MAX:
            raise PatternError("this expression is too large", self._at)
        self._states.append(_State(what, behind))
        return len(self._states) - 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1 : self._at]

    # Each of these reads a part and returns what makes its states, before a given one: a part that is repeated is made anew.

    def _alternatives(self, end: int) -> Callable[[], int]:
        made = self._choices()
        return lambda: made(end)

    def _choices(self) -> Callable[[int], int]:
        options = [self._sequence()]
        while self._peek() == "|":
            self._take()
            options.append(self._sequence())
        if len(options) == 1:
            return options[0]
        return lambda end: self._state("free", [each(end) for each in options])

    def _sequence(self) -> Callable[[int], int]:
        parts: list[Callable[[int], int]] = []
        while self._peek() not in {"", "|", ")"}:
            parts.append(self._repeated(self._part()))

        def make(end: int) -> int:
            for each in reversed(parts):
                end = each(end)
            return end

        return make

    def _repeated(self, part: Callable[[int], int]) -> Callable[[int], int]:
        at = self._at
        if (braces := _BRACES.match(self._text, at)) is not None:
            self._at = braces.end()
            least = int(braces[1])
            most = least if not braces[2] else int(braces[3]) if braces[3] else None
        elif self._peek() in _COUNTS:
            least, most = _COUNTS[self._take()]
        else:
            return part
        if self._peek() in _COUNTS or _BRACES.match(self._text, self._at):
            raise PatternError("there is nothing to repeat here", self._at)
        if least > REPEATS_MAX or (most or 0) > REPEATS_MAX or (most is not None and most < least):
            raise PatternError(f"a part is repeated at most {REPEATS_MAX} times", at)

        def make(end: int) -> int:
            if most is None:
                behind = [end]
                again = self._state("free", behind)
                behind.insert(0, part(again))
                end = again
            for _ in range((most or least) - least):
                end = self._state("free", [part(end), end])
            for _ in range(least):
                end = part(end)
            return end

        return make

    def _part(self) -> Callable[[int], int]:
        at, sign = self._at, self._take()
        if sign == "(":
            if self._peek() == "?" and self._text[self._at : self._at + 2] != "?:":
                raise PatternError("these expressions do not look around", at)
            self._at += 2 if self._peek() == "?" else 0
            inner = self._choices()
            if self._take() != ")":
                raise PatternError("this parenthesis is never closed", at)
            return inner
        if sign in _COUNTS:
            raise PatternError("there is nothing to repeat here", at)
        if sign in "^$":
            what = "begin" if sign == "^" else "end"
            return lambda end: self._state(what, [end])
        test = self._test(sign, at)
        return lambda end: self._state(test, [end])

    def _test(self, sign: str, at: int) -> Test:
        """Return what tells whether one character fits."""
        if sign == ".":
            return lambda character: character != "\n"
        if sign == "\\":
            escaped = self._take()
            if not escaped or (escaped.isalnum() and escaped not in _CLASSES):
                raise PatternError(f"there is no \\{escaped} in these expressions", at)
            source = _CLASSES.get(escaped) or re.escape(escaped)
        elif sign == "[":
            source = self._class(at)
        else:
            return lambda character: character == sign
        one = re.compile(source, re.DOTALL)
        return lambda character: one.fullmatch(character) is not None

    def _class(self, at: int) -> str:
        match = re.compile(r"\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL).match(self._text, self._at)
        if not match:
            raise PatternError("this bracket is never closed", at)
        self._at = match.end()
        source = "[" + match[0].replace("[", r"\[")
        try:
            re.compile(source)
        except re.error as error:
            raise PatternError(f"this bracket cannot be read: {error.msg}", at) from None
        return source
