"""The real ``lineal`` in real projects: what it prints where, and how it fails. Never with a traceback."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lineal import __version__
from lineal.client.connect import connect
from lineal.objects.digest import is_digest

SOURCES = Path(__file__).parents[2] / "src"

TRAIN = """
import argparse, json
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int, default=3)
depth = parser.parse_args().depth
rows = open("table.csv").read().splitlines()[1:]
print("trained on", len(rows), "rows")
open("model.pkl", "w").write(f"a tree of depth {depth}")
json.dump({"fit": 0.75}, open("metrics.json", "w"))
"""


def start(directory: Path, *line: str, **variables: str) -> subprocess.Popen[str]:
    """Start ``lineal`` in ``directory``, as from a person's shell."""
    scripts = str(Path(sys.executable).parent)
    known = {name: value for name, value in os.environ.items() if not name.startswith("LINEAL_")}
    return subprocess.Popen(
        [sys.executable, "-m", "lineal", *line],
        cwd=directory,
        env=known
        | {"PYTHONPATH": str(SOURCES), "PATH": scripts + os.pathsep + os.environ["PATH"], "LINEAL_USER": "ada"}
        | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def lineal(directory: Path, *line: str, status: int = 0, **variables: str) -> tuple[str, str]:
    """Return what ``lineal`` printed and said; it must exit with ``status``, and never show a traceback."""
    process = start(directory, *line, **variables)
    out, err = process.communicate(timeout=120)

    assert status == process.returncode, out + err
    assert "Traceback" not in out + err
    return out, err


def answer(directory: Path, *line: str) -> Any:
    """Return the JSON that a command answers."""
    return json.loads(lineal(directory, *line, "--json")[0])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two versions of a dataset, two runs and a version of a model; the tests only read it."""
    directory = tmp_path_factory.mktemp("project")
    (directory / "train.py").write_text(TRAIN, encoding="utf-8")
    lineal(directory, "init")
    for rows in ("1,2\n", "1,2\n3,4\n"):
        (directory / "table.csv").write_text("a,b\n" + rows, encoding="utf-8")
        lineal(directory, "data", "add", "table.csv", "--message", f"{rows.count(',')} rows")
    lineal(directory, "run", "--", "python", "train.py", "--depth", "6")
    lineal(directory, "run", "--name", "second", "python", "train.py", "--depth", "7")
    lineal(directory, "model", "register", "run:train", "--name", "churn")
    return directory


# --- what it prints, and where


def test_help_needs_no_repository_and_little_time(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out, err = lineal(tmp_path, "--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert "lineal model register run:train --name churn" in out
    assert "" == err
    assert (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime) < 0.150


def test_the_first_add_run_and_register_say_what_they_made(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN, encoding="utf-8")
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    out, err = lineal(tmp_path, "run", "python", "train.py")

    assert "trained on 1 rows\n" == out
    assert f"lineal: made a repository in {tmp_path / '.lineal'}\n" in err
    assert "finished: 1 input, 2 outputs" in err
    assert "next: lineal model register run:train --name NAME\n" in err

    out, err = lineal(tmp_path, "model", "register", "run:train", "--name", "churn")

    assert out.startswith("churn:1.0.0  staging\n")
    assert "next: lineal evaluate churn:1.0.0\n" == err


def test_data_goes_to_standard_output_and_talk_to_standard_error(project: Path) -> None:
    out, err = lineal(project, "data", "add", "table.csv")

    assert out.startswith("data:table@2  2 rows, 1 file, 12 B\n")
    assert "unchanged: this content was added before\n" == err


def test_quiet_prints_references_alone(project: Path) -> None:
    assert ("data:table@2\n", "") == lineal(project, "data", "list", "--quiet")
    assert ("data:table@2\ndata:table@1\n", "") == lineal(project, "-q", "data", "log", "table")
    assert ("", "") == lineal(project, "verify", "-q")


def test_json_is_the_answer_that_python_gets(project: Path) -> None:
    version = answer(project, "show", "churn")["versions"][0]
    with connect(project) as repository:
        expected = repository.model.show("churn").versions[0]

    assert ("versionline", "churn:1.0.0") == (version["type"], version["reference"])
    assert expected.digest == version["digest"]
    assert is_digest(version["digest"])


def test_global_options_stand_anywhere(project: Path, tmp_path: Path) -> None:
    expected = answer(project, "data", "list")

    assert expected == json.loads(lineal(tmp_path, "--repository", str(project), "--json", "data", "list")[0])
    assert expected == json.loads(lineal(tmp_path, "data", "list", "--json", LINEAL_REPOSITORY=str(project))[0])


def test_an_empty_list_is_said_to_people_and_is_empty_for_programs(tmp_path: Path) -> None:
    lineal(tmp_path, "init")

    assert ("", "no runs yet; lineal run -- python train.py records one\n") == lineal(tmp_path, "runs")
    assert [] == answer(tmp_path, "runs")


def test_init_tells_the_place_and_can_be_repeated(tmp_path: Path) -> None:
    expected = str(tmp_path / "here" / ".lineal")
    (tmp_path / "here").mkdir()

    assert f"{expected}\n" == lineal(tmp_path, "init", "here")[0]
    assert {"repository": expected} == answer(tmp_path, "init", "here")


def test_a_dataset_comes_back_byte_by_byte(project: Path, tmp_path: Path) -> None:
    where = ("--repository", str(project))
    out, _ = lineal(tmp_path, "data", "get", "data:table@1", "old", *where)

    assert f"{Path('old') / 'table.csv'}\n" == out
    assert b"a,b\n1,2\n" == (tmp_path / "old" / "table.csv").read_bytes()

    _, err = lineal(tmp_path, "data", "get", "table", "old", *where, status=4)

    assert "hint: --force writes over it" in err

    lineal(tmp_path, "data", "get", "table", "old", "--force", *where)

    assert b"a,b\n1,2\n3,4\n" == (tmp_path / "old" / "table.csv").read_bytes()


QUESTIONS = (
    ("runs",),
    ("log",),
    ("log", "churn"),
    ("show", "run:train"),
    ("show", "data:table"),
    ("show", "churn:1.0.0"),
    ("model", "list"),
    ("model", "card", "churn"),
    ("data", "show", "table"),
    ("lineage", "churn:1.0.0"),
    ("diff", "run:train", "run:second"),
    ("search", "fit > 0.5"),
    ("deployments",),
    ("verify",),
)


@pytest.mark.parametrize("line", QUESTIONS, ids=" ".join)
def test_every_question_is_answered_for_people_and_for_programs(line: tuple[str, ...], project: Path) -> None:
    out, err = lineal(project, *line)

    assert "error" not in err
    assert bool(out) == (line != ("deployments",))
    assert answer(project, *line) is not None


def test_a_diff_of_runs_shows_the_parameter_side_by_side(project: Path) -> None:
    out, _ = lineal(project, "diff", "run:train", "run:second")

    assert [["depth", "6", "7"]] == [line.split() for line in out.splitlines() if line.split()[:1] == ["depth"]]


def test_lineage_is_a_tree_from_the_version_to_the_data(project: Path) -> None:
    lines = lineal(project, "lineage", "churn:1.0.0")[0].splitlines()

    assert "version churn:1.0.0" == lines[0]
    assert any(line.startswith("    made by run:") for line in lines)
    assert any(line.startswith("      read data:table@2") for line in lines)


# --- a run is its program's


@pytest.mark.parametrize(("program", "expected"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill $$", 143)])
def test_a_run_exits_as_its_program_does(program: str, expected: int, tmp_path: Path) -> None:
    _, err = lineal(tmp_path, "run", "--", "sh", "-c", program, status=expected)

    assert f"lineal show run:{'sh'}" in err or "lineal show run:" in err


def test_the_output_of_a_run_passes_through_and_json_is_its_last_line(tmp_path: Path) -> None:
    program = "import sys; print('data'); print('talk', file=sys.stderr)"
    out, err = lineal(tmp_path, "run", "--json", "python", "-c", program)
    first, last = out.splitlines()

    assert "data" == first
    assert ("run", "finished") == ((said := json.loads(last))["type"], said["state"])
    assert "talk\n" in err


def test_options_of_the_program_are_its_own(tmp_path: Path) -> None:
    program = "import sys; print(sys.argv[1:])"

    assert (
        "['--json', '--help', '--', '--name', 'x']\n"
        == lineal(tmp_path, "run", "python", "-c", program, "--json", "--help", "--", "--name", "x")[0]
    )


# --- a server is a repository too


def test_a_server_answers_as_its_directory_does_until_ctrl_c(project: Path, tmp_path: Path) -> None:
    process = start(project, "server", "--port", "0")
    assert process.stdout is not None
    assert process.stderr is not None
    address = process.stderr.readline().split()[-1]
    try:
        assert address.startswith("http://127.0.0.1:")
        assert answer(project, "model", "list") == answer(tmp_path, "model", "list", "--repository", address)
        assert (
            lineal(project, "show", "churn:1.0.0")[0]
            == lineal(tmp_path, "show", "churn:1.0.0", LINEAL_REPOSITORY=address)[0]
        )

        out, err = lineal(tmp_path, "show", "chrun", "--repository", address, status=3)

        assert ("", *lineal(project, "show", "chrun", status=3)[1:]) == (out, err)

        (tmp_path / "table.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")

        assert "data:table@2\n" == lineal(tmp_path, "data", "add", "table.csv", "-q", "--repository", address)[0]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert (0, "", "lineal: the server has ended\n") == (process.returncode, out, err)


# --- bad input: a message, the next step, an exit status


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
    "an open address without tokens": (("server", "--host", "0.0.0.0", "--port", "0"), 6, "without tokens", "--tokens"),
    "tokens that are not there": (("server", "--tokens", "nobody.toml"), 2, "nobody.toml", "check the path"),
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


def test_an_interrupt_leaves_without_a_traceback(tmp_path: Path) -> None:
    process = start(tmp_path, "run", "--", "sh", "-c", "echo begun; sleep 60")
    assert process.stdout is not None
    assert process.stderr is not None
    assert "begun\n" == process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    err = process.stderr.read()
    process.stdout.close()
    process.stderr.close()

    assert 130 == process.wait(timeout=60)
    assert "Traceback" not in err


def test_a_run_whose_recorder_was_killed_is_delivered_by_the_next_command(tmp_path: Path) -> None:
    lineal(tmp_path, "init")
    process = start(tmp_path, "run", "--name", "cut", "--", "sh", "-c", "echo begun; sleep 60")
    assert process.stdout is not None
    assert process.stderr is not None
    assert "begun\n" == process.stdout.readline()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    out, err = lineal(tmp_path, "runs", "--json")

    assert [("cut", "lost")] == [(each["name"], each["state"]) for each in json.loads(out)]
    assert "which was interrupted: lost" in err
    assert ("", "") == lineal(tmp_path, "verify", "-q")


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
