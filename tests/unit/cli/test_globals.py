"""The options of every command, wherever they stand."""

from __future__ import annotations

import pytest

from lineal.cli.globals import Globals, split
from lineal.objects.errors import Invalid


@pytest.mark.parametrize(
    "line",
    [
        "--json --repository r data add x.csv --name n",
        "data --json add --repository=r x.csv --name n",
        "data add x.csv --name n --repository r --json",
    ],
)
def test_they_stand_anywhere(line: str) -> None:
    expected = Globals(words=("data", "add", "x.csv", "--name", "n"), repository="r", json=True)

    assert expected == split(line.split())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("run -- python x.py --json -h", Globals(words=("run",), program=("python", "x.py", "--json", "-h"))),
        ("run python x.py --quiet", Globals(words=("run",), program=("python", "x.py", "--quiet"))),
        ("run --json x -- y", Globals(words=("run",), program=("x", "--", "y"), json=True)),
        (
            "-q run --name n --token t -- x",
            Globals(words=("run", "--name", "n"), program=("x",), token="t", quiet=True),
        ),
        ("run --name=n x", Globals(words=("run", "--name=n"), program=("x",))),
        ("run --help", Globals(words=("run",), help=True)),
    ],
)
def test_a_program_keeps_its_own_options(line: str, expected: Globals) -> None:
    assert expected == split(line.split())


def test_what_follows_two_dashes_is_not_ours() -> None:
    assert Globals(words=("data", "add", "--", "--json")) == split(["data", "add", "--", "--json"])


def test_an_option_without_its_value_is_told() -> None:
    with pytest.raises(Invalid, match="--repository needs a value"):
        split(["runs", "--repository"])
