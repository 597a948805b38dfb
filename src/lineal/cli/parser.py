"""Command lines taken apart by argparse, with errors that say what to do."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from lineal.cli.examples import EXAMPLES
from lineal.cli.globals import FLAGS, VALUED
from lineal.objects.errors import Invalid

_EVERYWHERE = (
    "everywhere: --repository DIR|URL, --token TOKEN, --json (the answer as JSON), --quiet (references only, no talk)"
)


class Parser(argparse.ArgumentParser):
    """The parser of one command.

    Args:
        words: the command's words.
        description: what it does.
        width: of the help, in characters.
    """

    def __init__(self, words: str, description: str, *, width: int = 100) -> None:
        self.words = words
        super().__init__(
            prog=f"lineal {words}",
            description=description,
            epilog=_epilog(words),
            add_help=False,
            allow_abbrev=False,
            formatter_class=_formatter(width),
        )

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return what the arguments say.

        Raises:
            Invalid: they cannot be meant that way.
        """
        self._check_options(arguments)
        options, rest = self.parse_known_args(arguments)
        if rest:
            self.error(f"{rest[0]!r} is one argument too many")
        return options

    def error(self, message: str) -> NoReturn:
        """Raise what argparse has to say as our own error."""
        message = message.removeprefix("argument ")
        if "arguments are required" in message:
            message = message.replace("the following arguments are required:", "it needs")
        example = f"for example: {EXAMPLES[self.words][0]}; " if self.words in EXAMPLES else ""
        raise Invalid(f"{self.prog}: {message}", hint=f"{example}{self.prog} --help says more")

    def _check_options(self, arguments: Sequence[str]) -> None:
        """Name the option that was meant before argparse complains of what is missing without it."""
        known = self._option_string_actions
        for each in arguments:
            name = each.partition("=")[0]
            if each == "--":
                return
            if each.startswith("-") and name not in known and " " not in each and not _is_number(each) and each != "-":
                from difflib import get_close_matches  # noqa: PLC0415 - most lines are right

                names = [*(option for option in known if option.startswith("--")), *VALUED, *FLAGS]
                near = get_close_matches(name, names, n=1)
                hint = f"did you mean {near[0]}?" if near else f"{self.prog} --help shows its options"
                raise Invalid(f"{self.prog} has no option {name}", hint=hint)


def whole_number(text: str) -> int:
    """Return the whole number written as ``text``, for argparse."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def decimal_number(text: str) -> float:
    """Return the number written as ``text``, for argparse."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _epilog(words: str) -> str:
    lines = [f"  {each}" for each in EXAMPLES.get(words, ())]
    return "\n".join([*(["examples:", *lines, ""] if lines else []), _EVERYWHERE])


def _formatter(width: int) -> Callable[..., Any]:
    def make(prog: str) -> argparse.HelpFormatter:
        return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28, width=min(width, 120))

    return make
