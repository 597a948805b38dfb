"""Semantic versions, as semver.org 2.0.0 writes and orders them, without build metadata."""

from __future__ import annotations

import re
from functools import total_ordering
from typing import Literal

import msgspec

from lineal.objects.errors import Invalid

Level = Literal["major", "minor", "patch"]

_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_WORD = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
PRE = rf"{_WORD}(?:\.{_WORD})*"
"""What may stand behind the hyphen: words of letters, digits and hyphens between dots, numbers without leading zeros."""

# Compiled when they are needed, and then kept by re: every command imports this module.
_SEMANTIC = rf"(?a)({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({PRE}))?"
_PRE = rf"(?a){PRE}"
_BUILD = r"(?a)[^+]+\+[0-9A-Za-z.-]+"
_PRE_LENGTH_MAX = 64

RELEASED = "g"
"""The ``pre_order`` of a release: behind every text of hexadecimal digits."""


@total_ordering
class SemanticVersion(msgspec.Struct, frozen=True, eq=True):
    """MAJOR.MINOR.PATCH, and -PRE for a pre-release of it; compares as semver.org orders it."""

    major: int
    minor: int
    patch: int
    pre: str = ""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}" + (f"-{self.pre}" if self.pre else "")

    def __lt__(self, other: SemanticVersion) -> bool:
        return self._precedence < other._precedence

    @property
    def _precedence(self) -> tuple[int, int, int, str]:
        return (self.major, self.minor, self.patch, pre_order(self.pre))

    @property
    def release(self) -> SemanticVersion:
        """What it is a pre-release of; itself where it is none."""
        return SemanticVersion(self.major, self.minor, self.patch)

    def bumped(self, level: Level) -> SemanticVersion:
        """Return the next release at ``level``; the parts to its right start again at zero."""
        return {
            "major": SemanticVersion(self.major + 1, 0, 0),
            "minor": SemanticVersion(self.major, self.minor + 1, 0),
            "patch": SemanticVersion(self.major, self.minor, self.patch + 1),
        }[level]


FIRST = SemanticVersion(1, 0, 0)


def parse_semantic(text: str) -> SemanticVersion:
    """Return the version written as ``text``.

    Raises:
        Invalid: ``text`` is not MAJOR.MINOR.PATCH or MAJOR.MINOR.PATCH-PRE without leading zeros, or names a build.
    """
    if not (match := re.fullmatch(_SEMANTIC, text)):
        if re.fullmatch(_BUILD, text):
            raise Invalid(
                f"{text!r} names a build",
                hint="leave out what follows the +: it has no place in the order, and digests tell builds apart",
            )
        raise Invalid(
            f"{text!r} is no semantic version", hint="write MAJOR.MINOR.PATCH, for example 1.4.0 or 1.4.0-rc.1"
        )
    major, minor, patch, pre = match.groups(default="")
    return SemanticVersion(int(major), int(minor), int(patch), _short(pre))


def check_series(text: str) -> str:
    """Return ``text`` when it can name a series of pre-releases, such as rc, whose numbers are counted.

    Raises:
        Invalid: it is not in SemVer's grammar, or ends in a number itself.
    """
    if not re.fullmatch(_PRE, text) or text.rpartition(".")[2].isdigit():
        raise Invalid(
            f"{text!r} cannot name pre-releases",
            hint="write a word of letters, digits and hyphens, such as rc or alpha; the number behind it is counted,"
            " and a build (+…) has no place in the order",
        )
    return _short(text)


def pre_order(pre: str) -> str:
    """Return a text whose order, in any database and locale, is that of pre-releases: numbers before words, less before more.

    A release comes after all of its pre-releases. Only hexadecimal digits are in it, for nobody disagrees about theirs.
    """
    if not pre:
        return RELEASED
    return "".join(f"{_key(each)} ".encode().hex() for each in pre.split("."))


def _key(word: str) -> str:
    """Return a number as text that orders by its value, before every word."""
    return f"!{len(word):03}{word}" if word.isdigit() else f'"{word}'


def _short(pre: str) -> str:
    if len(pre) > _PRE_LENGTH_MAX:
        raise Invalid(f"{pre[:20]}… is too long for a pre-release", hint=f"at most {_PRE_LENGTH_MAX} signs")
    return pre
