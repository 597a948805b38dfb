"""How far long work is: told to whoever shows it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told of work as it is found and as it is done. Any thread may tell."""

    @property
    def is_shown(self) -> bool:
        """Whether anybody looks; what is only counted for show need not be counted otherwise."""

    def begin(self, what: str) -> None:
        """Say what is done from now on; counts begin anew."""

    def expect(self, files: int, size_bytes: int) -> None:
        """Say that so much more is to be done."""

    def advance(self, files: int, size_bytes: int) -> None:
        """Say that so much more is done."""


class Silent:
    """Shows nothing."""

    is_shown = False

    def begin(self, what: str) -> None:
        """Take note of nothing."""

    def expect(self, files: int, size_bytes: int) -> None:
        """Take note of nothing."""

    def advance(self, files: int, size_bytes: int) -> None:
        """Take note of nothing."""
