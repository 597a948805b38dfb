"""Which words lead to which command, and that each is shown, explained and completed."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from importlib import import_module
from itertools import takewhile
from pkgutil import walk_packages

import pytest

from lineal import operations
from lineal.cli.catalogue import HAND_MADE, commands, find, hand_made
from lineal.cli.completion import SCRIPTS, bash
from lineal.cli.examples import EXAMPLES
from lineal.cli.globals import split
from lineal.cli.help import SUMMARIES, group, overview
from lineal.objects.errors import Invalid
from lineal.operations import VERBS, every
from lineal.operations.operation import OPERATIONS

COMMANDS = commands()


@pytest.mark.parametrize(
    ("line", "words", "arguments"),
    [
        ("data add a.csv --name n", "data add", ("a.csv", "--name", "n")),
        ("runs", "runs", ()),
        ("show data", "show", ("data",)),
        ("schema data add", "schema", ("data", "add")),
    ],
)
def test_words_lead_to_their_command(line: str, words: str, arguments: tuple[str, ...]) -> None:
    command, rest = find(line.split())

    assert (words, arguments) == (command.words, rest)


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("promot churn", "there is no command 'lineal promot'", "did you mean lineal promote?"),
        ("data ad x.csv", "there is no command 'lineal data ad'", "did you mean lineal data add"),
        ("register run:x", "there is no command 'lineal register'", "lineal model register"),
        ("xyzzy", "there is no command 'lineal xyzzy'", "lineal --help shows the commands"),
        ("model", "lineal model needs one more word", "there are lineal model "),
        ("model xyzzy", "there is no command 'lineal model xyzzy'", "there are lineal model "),
        ("deploments", "there is no command 'lineal deploments'", "did you mean lineal deployments"),
    ],
)
def test_words_that_lead_nowhere_are_told_with_those_like_them(line: str, message: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        find(line.split())

    assert message == caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize("words", HAND_MADE)
def test_every_hand_made_command_is_where_the_table_says(words: str) -> None:
    command = hand_made(words)

    assert command is not None
    assert words == command.words


def test_every_verb_is_where_the_table_says() -> None:
    for module, verbs in VERBS.items():
        import_module(f"lineal.operations.{module}")
        assert set(verbs) == {
            each.words + "?" * (each.effect == "reads")
            for each in OPERATIONS.values()
            if each.function.__module__.endswith(f".{module}")
        }
    for each in walk_packages(operations.__path__, "lineal.operations."):
        import_module(each.name)
    assert set(OPERATIONS) == set(every())


def test_every_command_is_in_the_overview_and_nothing_else() -> None:
    assert set(COMMANDS) == set(SUMMARIES)


def test_the_overview_fits_a_narrow_terminal() -> None:
    assert [] == [line for line in overview().splitlines() if len(line) > 90]


def test_a_group_shows_its_commands() -> None:
    assert "  data add        add a file" in group("data")
    assert "" == group("promote")


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_an_example_that_is_understood(words: str) -> None:
    for example in EXAMPLES[words]:
        line = list(takewhile(lambda word: word not in {">", "&&"}, shlex.split(example)))
        settings = split(line[1:])
        command, arguments = find(settings.words)
        command.parser().read(arguments)

        assert ("lineal", words) == (line[0], command.words)


@pytest.mark.parametrize("words", COMMANDS)
def test_the_help_of_every_command_explains_it(words: str) -> None:
    command = COMMANDS[words]
    text = command.parser().format_help()

    assert command.description
    assert "examples:\n" in text
    assert "--repository" in text
    assert [] == [each.dest for each in command.parser()._actions if not each.help]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command(shell: str) -> None:
    script = SCRIPTS[shell](COMMANDS)

    assert [] == [part for words in COMMANDS for part in words.split() if part not in script]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lineal prom", ["promote"]),
        ("lineal data a", ["add"]),
        ("lineal promote churn --f", ["--force"]),
        ("lineal data add x --me", ["--message"]),
        ("lineal runs --js", ["--json"]),
    ],
)
def test_bash_completes(line: str, expected: list[str]) -> None:
    words = line.split()
    asked = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _lineal; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    script = f"{bash(COMMANDS)}\n{asked}"
    done = subprocess.run([shutil.which("bash") or "bash", "-c", script], capture_output=True, text=True, check=True)

    assert expected == done.stdout.split()
