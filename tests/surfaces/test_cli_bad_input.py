"""Bad input to the real ``lineal``: a message, the next step, an exit status. Never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lineal import __version__
from tests.surfaces.commands import answer, commanded, lineal, start  # noqa: F401 - a fixture is used by its name


@pytest.fixture(scope="module")
def project(commanded: Path) -> Path:  # noqa: F811 - the fixture of this name
    """The project that commands have filled; the tests only read it."""
    return commanded


BAD = {
    "an unknown version has near matches": (("show", "chrun@production"), 3, "no model 'chrun'", "churn"),
    "an unknown number lists what there is": (("show", "churn:9.9.9"), 3, "churn:9.9.9", "churn:1.0.0"),
    "an unknown run has near matches": (("show", "run:trian"), 3, "no run 'trian'", "train"),
    "an unknown dataset has near matches": (("data", "log", "tabel"), 3, "no dataset 'tabel'", "data:table"),
    "an unknown digest": (("show", "sha256:00000000"), 3, "sha256:00000000", "lineal"),
    "an unknown deployment": (("undeploy", "01ABC"), 3, "no deployment '01ABC'", "lineal deployments"),
    "an ambiguous prefix lists the candidates": (("show", "run:01"), 3, "more than one run begins with 01", "01"),
    "a reference that is none": (("show", "churn@@x"), 2, "'churn@@x' is no reference", "churn:2.3.1"),
    "a missing file": (("data", "add", "tabel.csv"), 3, "tabel.csv", "table.csv"),
    "a name that begins references": (("data", "add", "table.csv", "--name", "data"), 2, "'data'", "begins references"),
    "a name that cannot be one": (("data", "add", "table.csv", "--name", "a b"), 2, "'a b' cannot name", "letters"),
    "a query that cannot be read": (("search", "accuracy >"), 2, "accuracy", ""),
    "a number that is none": (("runs", "--limit", "x"), 2, "'x' is no whole number", "lineal runs --help"),
    "a state that is none": (("runs", "--state", "finishd"), 2, "'finishd' is no state", "finished"),
    "an unknown command": (("promot", "churn"), 2, "'lineal promot'", "did you mean lineal promote"),
    "an unknown option": (("promote", "churn", "--too", "production"), 2, "--too", "did you mean --to?"),
    "a missing option": (("promote", "churn"), 2, "it needs --to", "for example: lineal promote"),
    "a missing argument": (("show",), 2, "it needs REFERENCE", "for example: lineal show"),
    "half a command": (("data",), 2, "one more word", "lineal data add"),
    "a program that is not there": (("run", "pyhton", "x.py"), 2, "pyhton", ""),
    "no program": (("run",), 2, "needs a program", "lineal run -- python"),
    "a run that wrote no model": (("model", "register", "run:nope", "--name", "x"), 3, "no run 'nope'", ""),
    "a stage that is none": (("promote", "churn", "--to", "prod"), 2, "prod", "production"),
    "a force without reason": (("promote", "churn", "--to", "production", "--force"), 2, "reason", "--reason"),
    "a port that is none": (("server", "--port", "99999"), 2, "99999 is no port", "--port"),
    "an open address without tokens": (
        ("server", "--host", "0.0.0.0", "--port", "0"),
        6,
        "without logins",
        "--accounts",
    ),
    "tokens that are not there": (("server", "--tokens", "nobody.toml"), 2, "nobody.toml", "check the path"),
    "a remote that is none": (
        ("server", "--artifacts-from", "nowhere"),
        3,
        "there are no remotes",
        "lineal remote add",
    ),
    "a remote that gives no addresses": (("server", "--artifacts-from", "."), 2, "no addresses", "a remote on S3"),
    "a remote that takes no uploads": (("server", "--artifacts-to", "."), 2, "takes nothing", "a remote on S3"),
    "a server of a server": (("server", "--repository", "http://127.0.0.1:9"), 2, "a server already", "a directory"),
    "a server that is not there": (("runs", "--repository", "http://127.0.0.1:9"), 8, "127.0.0.1:9", ""),
    "an address of no kind": (("runs", "--repository", "ftp://x"), 3, "no repository", "lineal init"),
}
"""By name: the line, the exit status, and what must stand in the message and in the hint."""


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_with_the_next_step(name: str, project: Path) -> None:
    line, status, message, hint = BAD[name]
    out, err = lineal(project, *line, status=status)
    error, _, advice = err.partition("\nhint: ")

    assert "" == out
    assert error.startswith("error: ")
    assert message in error
    assert hint in advice


def test_bad_input_with_json_is_a_problem(project: Path) -> None:
    out, err = lineal(project, "show", "chrun", "--json", status=3)
    said = json.loads(err)

    assert "" == out
    assert ("NotFound", 404) == (said["type"], said["status"])
    assert "churn" in said["hint"]


def test_a_name_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    lineal(tmp_path, "init")
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "large").write_bytes(bytes(range(256)) * 10_000)
    _, err = lineal(tmp_path, "data", "add", "a b", status=2)

    assert "'a b' cannot name a dataset" in err
    assert "--name NAME" in err
    assert [] == [each for each in (tmp_path / ".lineal" / "blobs").rglob("*") if each.is_file()]


def test_no_repository_is_told(tmp_path: Path) -> None:
    _, err = lineal(tmp_path, "runs", status=3)

    assert f"error: there is no repository in {tmp_path} or above it\nhint: lineal init makes one here\n" == err


def test_a_place_that_is_no_repository_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _, err = lineal(tmp_path, "runs", "--repository", "empty", status=3)

    assert f"error: there is no repository in {tmp_path / 'empty'}\nhint: lineal init empty makes one\n" == err


def test_a_repository_of_a_newer_lineal_is_told_and_untouched(tmp_path: Path) -> None:
    lineal(tmp_path, "init")
    settings = tmp_path / ".lineal" / "repository.toml"
    settings.chmod(0o644)
    settings.write_text("format = 99\n", encoding="utf-8")
    before = (tmp_path / ".lineal" / "database.sqlite").read_bytes()
    _, err = lineal(tmp_path, "runs", status=9)

    assert "has format 99" in err
    assert "hint: upgrade Lineal\n" in err
    assert before == (tmp_path / ".lineal" / "database.sqlite").read_bytes()


@pytest.mark.parametrize("text", ["format = ", "", "colour = 1\n"])
def test_settings_that_cannot_be_read_are_told(text: str, tmp_path: Path) -> None:
    lineal(tmp_path, "init")
    settings = tmp_path / ".lineal" / "repository.toml"
    settings.chmod(0o644)
    settings.write_text(text, encoding="utf-8")

    assert "repository.toml" in lineal(tmp_path, "runs", status=7)[1]


def test_a_database_that_is_none_is_told(tmp_path: Path) -> None:
    lineal(tmp_path, "init")
    for each in (tmp_path / ".lineal").glob("database.sqlite*"):
        each.unlink()
    (tmp_path / ".lineal" / "database.sqlite").write_bytes(b"this is no database at all" * 100)

    assert "database.sqlite" in lineal(tmp_path, "runs", status=7)[1]


def test_a_flipped_byte_is_found_and_named(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    lineal(tmp_path, "data", "add", "table.csv", "--repository", ".", status=3)
    lineal(tmp_path, "init")
    lineal(tmp_path, "data", "add", "table.csv")
    blob = next(
        path
        for path in (tmp_path / ".lineal" / "blobs").rglob("*")
        if path.is_file() and path.read_bytes() == b"a,b\n1,2\n"
    )
    blob.chmod(0o644)
    blob.write_bytes(b"a,b\n1,3\n")
    out, err = lineal(tmp_path, "verify", status=7)

    assert blob.name[:8] in out
    assert "data:table@1" in out
    assert "error" not in err


def test_a_reader_who_goes_away_is_no_error(project: Path) -> None:
    process = start(project, "show", "run:train", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert "" == process.stderr.read()
    assert 141 == process.wait(timeout=60)
    process.stderr.close()


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    lineal(tmp_path, "init")
    lineal(tmp_path, "data", "add", "table.csv", "--message", "\x1b[2Jgone")

    assert "\\x1b[2Jgone" in lineal(tmp_path, "data", "list")[0]


def test_a_terminal_without_our_signs_is_no_error(project: Path) -> None:
    out, _ = lineal(project, "verify", PYTHONIOENCODING="ascii")

    assert out.startswith("\\u2713 sound: ")


def test_the_version_is_told(tmp_path: Path) -> None:
    assert f"lineal {__version__}\n" == lineal(tmp_path, "--version")[0]
