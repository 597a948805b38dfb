"""Semantic versions (semver.org 2.0, the MAJOR.MINOR.PATCH part)."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from lineal.objects.errors import Invalid

Level = Literal["major", "minor", "patch"]

_SEMANTIC = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")


class SemanticVersion(NamedTuple):
    """MAJOR.MINOR.PATCH; compares as semver.org orders it."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def bumped(self, level: Level) -> SemanticVersion:
        """Return the next version at ``level``; the parts to its right start again at zero."""
        return {
            "major": SemanticVersion(self.major + 1, 0, 0),
            "minor": SemanticVersion(self.major, self.minor + 1, 0),
            "patch": SemanticVersion(self.major, self.minor, self.patch + 1),
        }[level]


FIRST = SemanticVersion(1, 0, 0)


def parse_semantic(text: str) -> SemanticVersion:
    """Return the version written as ``text``.

    Raises:
        Invalid: ``text`` is not MAJOR.MINOR.PATCH without leading zeros.
    """
    if not (match := _SEMANTIC.fullmatch(text)):
        raise Invalid(f"{text!r} is no semantic version", hint="write MAJOR.MINOR.PATCH, for example 1.4.0")
    return SemanticVersion(*(int(part) for part in match.groups()))
