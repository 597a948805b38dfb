"""Scripts that make shells complete commands and options, made from the commands themselves."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping

from lineal.cli.command import Command
from lineal.cli.globals import FLAGS, VALUED

Commands = Mapping[str, Command]

_EVERYWHERE = [*(each for each in FLAGS if each.startswith("--")), *VALUED]

_BASH = """\
_lineal() {{
  local first=${{COMP_WORDS[1]}} second=${{COMP_WORDS[2]}} position=$COMP_CWORD found=
{cases}
  COMPREPLY=($(compgen -W "$found" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -o bashdefault -F _lineal lineal
"""

_ZSH = """\
#compdef lineal
_lineal() {{
  local first=${{words[2]}} second=${{words[3]}} position=$((CURRENT - 1)) found=
{cases}
  compadd -- ${{=found}}
  [[ $words[CURRENT] == -* ]] || _files
}}
compdef _lineal lineal
"""


def bash(commands: Commands) -> str:
    """Return the script for bash."""
    return _BASH.format(cases=_cases(commands))


def zsh(commands: Commands) -> str:
    """Return the script for zsh."""
    return _ZSH.format(cases=_cases(commands))


def fish(commands: Commands) -> str:
    """Return the script for fish."""
    return "\n".join(_fish_lines(commands)) + "\n"


SCRIPTS: dict[str, Callable[[Commands], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
"""The script for each shell."""


def _groups(commands: Commands) -> dict[str, list[str]]:
    """Return the second words that belong to each first word."""
    groups: dict[str, list[str]] = {}
    for words in commands:
        first, _, second = words.partition(" ")
        groups.setdefault(first, []).extend([second] if second else [])
    return groups


def options_of(command: Command) -> list[str]:
    """Return the options of a command, without those of every command."""
    return sorted(each for each in command.parser()._option_string_actions if each.startswith("--"))  # noqa: SLF001


def _cases(commands: Commands) -> str:
    """Return the shell's ifs and cases, which bash and zsh read alike."""
    groups = _groups(commands)
    lines = [f"  if ((position == 1)); then found='{_joined(groups)}'", "  else case $first in"]
    for first, seconds in groups.items():
        if not seconds:
            lines.append(f"    {first}) found='{_joined(options_of(commands[first]) + _EVERYWHERE)}' ;;")
            continue
        lines.append(f"    {first}) if ((position == 2)); then found='{_joined(seconds)}'; else case $second in")
        for second in seconds:
            found = _joined(options_of(commands[f"{first} {second}"]) + _EVERYWHERE)
            lines.append(f"      {second}) found='{found}' ;;")
        lines.append("      esac; fi ;;")
    return "\n".join([*lines, "  esac; fi"])


def _joined(words: Iterable[str]) -> str:
    return " ".join(words)


def _fish_lines(commands: Commands) -> Iterator[str]:
    groups = _groups(commands)
    for each in _EVERYWHERE:
        yield f"complete -c lineal -l {each.removeprefix('--')}{' -r' if each in VALUED else ''}"
    for first, seconds in groups.items():
        summary = commands[first].summary if first in commands else f"{first}: {', '.join(seconds)}"
        yield f"complete -c lineal -n __fish_use_subcommand -f -a {first} -d {shlex.quote(summary)}"
    for words, command in commands.items():
        first, _, second = words.partition(" ")
        seen = f"__fish_seen_subcommand_from {first}"
        if second:
            others = f"; and not __fish_seen_subcommand_from {_joined(groups[first])}"
            yield f"complete -c lineal -n '{seen}{others}' -f -a {second} -d {shlex.quote(command.summary)}"
            seen += f"; and __fish_seen_subcommand_from {second}"
        for option in options_of(command):
            yield f"complete -c lineal -n '{seen}' -l {option.removeprefix('--')}"
