"""A line in, an answer, talk and an exit status out."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from lineal import __version__
from lineal.cli import main as entry
from lineal.cli.context import Context
from lineal.cli.faults import problem
from lineal.cli.globals import Globals
from lineal.objects.errors import ERRORS, Corrupt


class Said(NamedTuple):
    status: int
    out: str
    err: str


def lineal(*line: str, variables: Mapping[str, str] | None = None) -> Said:
    out, err = io.StringIO(), io.StringIO()
    status = entry.execute(line, out, err, variables or {})
    return Said(status, out.getvalue(), err.getvalue())


@pytest.mark.parametrize("line", [(), ("--help",), ("-h",), ("help",)])
def test_the_overview_is_what_newcomers_get(line: tuple[str, ...]) -> None:
    said = lineal(*line)

    assert (0, "") == (said.status, said.err)
    assert "lineal run -- python train.py" in said.out


@pytest.mark.parametrize("line", [("promote", "--help"), ("help", "promote"), ("--help", "promote", "x", "--to", "y")])
def test_the_help_of_a_command_is_found_in_any_order(line: tuple[str, ...]) -> None:
    said = lineal(*line)

    assert 0 == said.status
    assert said.out.startswith("usage: lineal promote")


def test_the_help_of_a_group_lists_it() -> None:
    assert "lineal data COMMAND --help says more of each" in lineal("data", "--help").out


def test_the_version_is_told() -> None:
    assert Said(0, f"lineal {__version__}\n", "") == lineal("--version")
    assert {"lineal": __version__} == json.loads(lineal("--version", "--json").out)


def test_a_mistake_is_an_error_and_a_hint_on_standard_error() -> None:
    assert Said(
        2,
        "",
        "error: there is no command 'lineal promot'\nhint: did you mean lineal promote?\n",
    ) == lineal("promot")


def test_with_json_a_mistake_is_a_problem_as_http_answers_it() -> None:
    said = lineal("--json", "promot")

    assert (2, "") == (said.status, said.out)
    assert {
        "type": "Invalid",
        "title": "The request cannot be meant that way: a bad reference, option, policy or file.",
        "detail": "there is no command 'lineal promot'",
        "hint": "did you mean lineal promote?",
        "status": 400,
    } == json.loads(said.err)


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_exits_with_its_own_status(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ERRORS[name]("it is so", hint="do this")
    monkeypatch.setattr(entry, "_dispatch", raising(error))

    assert Said(error.exit_status, "", "error: it is so\nhint: do this\n") == lineal("runs")


def test_the_unexpected_is_one_line_and_a_file_with_the_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(entry, "_dispatch", raising(KeyError("lost\nkey")))
    said = lineal("runs")
    (kept,) = tmp_path.iterdir()

    assert 1 == said.status
    assert (
        "error: something unexpected happened: KeyError: 'lost\\nkey'\n"
        f"hint: this is a fault of Lineal; the traceback is in {kept}\n"
    ) == said.err
    assert "Traceback" in kept.read_text(encoding="utf-8")


def test_debugging_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(entry, "_dispatch", raising(KeyError("lost")))

    assert lineal("runs", variables={"LINEAL_DEBUG": "1"}).err.startswith("Traceback")


def test_no_place_for_the_traceback_is_said_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    monkeypatch.setattr(entry, "_dispatch", raising(KeyError("lost")))

    assert "LINEAL_DEBUG=1 shows it" in lineal("runs").err


def test_an_interrupt_exits_as_shells_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "_dispatch", raising(KeyboardInterrupt()))

    assert Said(130, "", "\n") == lineal("runs")


def test_a_reader_who_goes_away_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "_dispatch", raising(BrokenPipeError()))

    assert Said(141, "", "") == lineal("runs")


def test_a_problem_without_hint_prints_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "_dispatch", raising(Corrupt("bytes differ")))

    assert "error: bytes differ\n" == lineal("verify").err


def test_problems_are_titled_by_what_their_kind_means() -> None:
    assert "Stored bytes are not what their digest says." == problem(Corrupt("x"))["title"]


def test_a_schema_resolves_all_its_references() -> None:
    said = json.loads(lineal("schema", "data", "add").out)
    text = json.dumps(said)
    names = {part.partition('"')[0] for part in text.split("#/$defs/")[1:]}

    assert ("POST", "/api/v1/data/add") == (said["method"], said["path"])
    assert names <= set(said["$defs"])
    assert {"path", "name", "message"} == set(said["$defs"]["DataAdd"]["properties"])


def test_an_unknown_schema_names_those_like_it() -> None:
    assert (3, "hint: did you mean rollback or hold place?") == (
        (said := lineal("schema", "rollbac")).status,
        said.err.splitlines()[-1],
    )


def test_quiet_keeps_the_talk() -> None:
    err = io.StringIO()
    Context(Globals(quiet=True), io.StringIO(), err, {}).talk("hello")
    Context(Globals(), io.StringIO(), err, {}).talk("hello")

    assert "hello\n" == err.getvalue()


@pytest.mark.parametrize(("variables", "expected"), [({"COLUMNS": "70"}, 70), ({}, 100), ({"COLUMNS": "x"}, 100)])
def test_where_there_is_no_terminal_the_width_is_said_or_assumed(variables: dict[str, str], expected: int) -> None:
    assert expected == Context(Globals(), io.StringIO(), io.StringIO(), variables).width


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(variables: dict[str, str], *, expected: bool) -> None:
    assert expected is Context(Globals(), Terminal(), io.StringIO(), variables).page().is_coloured
    assert not Context(Globals(), io.StringIO(), io.StringIO(), variables).page().is_coloured


def raising(error: BaseException) -> object:
    def raise_it(_: Context) -> int:
        raise error

    return raise_it
