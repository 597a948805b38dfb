"""How arguments are read, and what is said of those that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from lineal.cli.verbs import command_of
from lineal.objects.errors import Invalid
from lineal.operations.operation import Operation, Uploadable
from lineal.storage.store import Store


def verb(  # noqa: PLR0913
    store: Store,
    path: Uploadable,
    about: str = "all",
    *,
    to: str,
    level: Literal["major", "minor"] = "minor",
    limit: int = 20,
    share: float = 0.5,
    slices: tuple[str, ...] = (),
    dry_run: bool = False,
) -> str:
    """Do something.

    And say 100 % more of it.

    Args:
        path: the file.
        slices: columns.
    """
    return ""


COMMAND = command_of(Operation("do it", verb, effect="writes", role="writer", internal=False))


def read(line: str) -> dict[str, object]:
    return vars(COMMAND.parser().read(line.split()))


def test_positional_parameters_come_first_and_the_rest_are_options() -> None:
    expected = {
        "path": "a.csv",
        "about": "all",
        "to": "x",
        "level": "minor",
        "limit": 20,
        "share": 0.5,
        "slices": None,
        "dry_run": False,
    }

    assert expected == read("a.csv --to x")


def test_each_type_is_read_as_it_is() -> None:
    read_back = read("a.csv most --to=x --limit 3 --share -1.5 --slices sex,race --slices age --dry-run --level major")

    assert {"about": "most", "limit": 3, "share": -1.5, "slices": ["sex,race", "age"], "dry_run": True} == {
        name: read_back[name] for name in ("about", "limit", "share", "slices", "dry_run")
    }


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("a.csv --too x", "lineal do it has no option --too", "did you mean --to?"),
        ("a.csv --to x --jsn", "lineal do it has no option --jsn", "did you mean --json?"),
        (
            "a.csv --to x --frobnicate",
            "lineal do it has no option --frobnicate",
            "lineal do it --help shows its options",
        ),
        ("a.csv --to x -z", "lineal do it has no option -z", "lineal do it --help shows its options"),
        ("a.csv", "lineal do it: it needs --to", "lineal do it --help says more"),
        ("--to x", "lineal do it: it needs PATH", "lineal do it --help says more"),
        ("a b c --to x", "lineal do it: 'c' is one argument too many", "lineal do it --help says more"),
        ("a --to x --limit ten", "lineal do it: --limit: 'ten' is no whole number", "lineal do it --help says more"),
        ("a --to x --share half", "lineal do it: --share: 'half' is no number", "lineal do it --help says more"),
        ("a --to", "lineal do it: --to: expected one argument", "lineal do it --help says more"),
    ],
)
def test_what_cannot_be_meant_is_told_with_the_next_step(line: str, message: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(line)

    assert (message, hint) == (caught.value.message, caught.value.hint)


def test_a_choice_names_what_there_is() -> None:
    with pytest.raises(Invalid, match=r"--level: invalid choice: 'huge' \(choose from '?major'?, '?minor'?\)"):
        read("a --to x --level huge")


def test_help_holds_the_description_and_every_argument(tmp_path: Path) -> None:
    text = COMMAND.parser().format_help()

    assert "And say 100 % more of it." in text
    assert "columns; repeat it, or separate with commas" in text
    assert "default 20" in text
    assert text.startswith("usage: lineal do it ")
