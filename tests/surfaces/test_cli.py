"""The real ``lineal`` in real projects: what it prints where, and how it fails. Never with a traceback."""

from __future__ import annotations

import json
import os
import resource
import signal
from pathlib import Path

import pytest

from lineal.client.connect import connect
from lineal.objects.digest import is_digest
from tests.surfaces.commands import TRAIN, answer, commanded, lineal, start  # noqa: F401 - a fixture is used by its name


@pytest.fixture(scope="module")
def project(commanded: Path) -> Path:  # noqa: F811 - the fixture of this name
    """The project that commands have filled; the tests only read it."""
    return commanded


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

    assert "data:table@1 in old: 1 file written\n" == out
    assert b"a,b\n1,2\n" == (tmp_path / "old" / "table.csv").read_bytes()

    (tmp_path / "old" / "table.csv").write_bytes(b"mine, and nobody has a copy")
    _, err = lineal(tmp_path, "data", "get", "table", "old", *where, status=4)

    assert "--force writes over them" in err

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
    ("search", "--kind", "runs", "params.depth >= 6 and package python >= 3 order by params.depth"),
    ("sql", "select reference, stage from versions"),
    ("deployments",),
    ("verify",),
)


@pytest.mark.parametrize("line", QUESTIONS, ids=" ".join)
def test_every_question_is_answered_for_people_and_for_programs(line: tuple[str, ...], project: Path) -> None:
    out, err = lineal(project, *line)

    assert "error" not in err
    assert bool(out) == (line != ("deployments",))
    assert answer(project, *line) is not None


def test_a_search_goes_on_page_by_page(project: Path) -> None:
    line = ("search", "--kind", "runs", "has params.depth order by params.depth", "--limit", "1")
    first, talk = lineal(project, *line)
    page = talk.split("--page ")[1].strip()
    second = answer(project, *line, "--page", page)

    assert "train" in first.splitlines()[1].split()
    assert (["second"], "") == ([each["name"] for each in second["runs"]], second["next_page"])


def test_a_question_in_sql_is_a_table_or_csv(project: Path) -> None:
    query = (
        "select r.name, p.as_number as depth, r.host as other from runs r join params p on p.run = r.id order by depth"
    )
    table, _ = lineal(project, "sql", query.replace("r.host", "null"))
    csv, _ = lineal(project, "sql", query.replace("r.host", "'a,b'"), "--csv")
    cut, err = lineal(project, "sql", query, "--limit", "1")

    assert ["name", "depth", "other"] == table.splitlines()[0].split()
    assert ["train", "6", "—"] == table.splitlines()[1].split()
    assert 'name,depth,other\ntrain,6.0,"a,b"\nsecond,7.0,"a,b"\n' == csv
    assert (2, True) == (len(cut.splitlines()), "--limit takes more" in err)


@pytest.mark.parametrize("query", ["delete from run", "select value from secret", "select 1 as a; select 2 as b"])
def test_sql_only_reads_and_only_the_views(project: Path, query: str) -> None:
    _, err = lineal(project, "sql", query, status=2)

    assert "hint" in err


def test_a_diff_of_runs_shows_the_parameter_side_by_side(project: Path) -> None:
    out, _ = lineal(project, "diff", "run:train", "run:second")

    assert [["depth", "6", "7", "+1", "(+16.67%)"]] == [
        line.split() for line in out.splitlines() if line.split()[:1] == ["depth"]
    ]


def test_lineage_is_a_tree_from_the_version_to_the_data(project: Path) -> None:
    lines = lineal(project, "lineage", "churn:1.0.0")[0].splitlines()

    assert "version churn:1.0.0" == lines[0]
    assert any(line.startswith("    made by run:") for line in lines)
    assert any(line.startswith("      read data:table@2") for line in lines)


# --- a run is its program's


@pytest.mark.parametrize(("program", "expected"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9), ("kill $$", -15)])
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
            lineal(project, "model", "card", "churn:1.0.0")[0]
            == lineal(tmp_path, "model", "card", "churn:1.0.0", LINEAL_REPOSITORY=address)[0]
        )

        out, err = lineal(tmp_path, "show", "chrun", "--repository", address, status=3)

        assert ("", *lineal(project, "show", "chrun", status=3)[1:]) == (out, err)

        (tmp_path / "table.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")

        assert "data:table@2\n" == lineal(tmp_path, "data", "add", "table.csv", "-q", "--repository", address)[0]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert (0, "", "lineal: the server has ended\n") == (process.returncode, out, err)
