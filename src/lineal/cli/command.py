"""A command: what it is called, what it takes, what it does."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

from lineal.cli.context import Context
from lineal.cli.help import SUMMARIES
from lineal.cli.parser import Parser

Run = Callable[[Context, argparse.Namespace], int]


class Command(NamedTuple):
    """One command of the line.

    ``add_arguments`` tells a parser what it takes; ``run`` does it and returns the exit status.
    """

    words: str
    description: str
    add_arguments: Callable[[Parser], None]
    run: Run

    @property
    def summary(self) -> str:
        """What it does, in a few words."""
        return SUMMARIES.get(self.words) or self.description.partition("\n")[0]

    def parser(self, *, width: int = 100) -> Parser:
        """Return the parser of its arguments."""
        parser = Parser(self.words, self.description, width=width)
        self.add_arguments(parser)
        return parser
