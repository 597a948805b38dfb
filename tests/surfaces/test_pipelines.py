"""Pipelines by hand: steps of make, a shell script, Snakemake and CI jobs, linked by the files that they exchange."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.parts.snakemake import snakemake
from tests.surfaces.commands import SOURCES, answer, lineal

STEP = "import sys\nopen(sys.argv[2], 'w').write(' '.join(sorted(open(sys.argv[1]).read().split())) + sys.argv[2])\n"

MAKEFILE = """\
all: one.model two.model
%.prepared: raw.csv step.py
	lineal run --name prepare-$* -- python step.py raw.csv $@
%.model: %.prepared step.py
	lineal run --name train-$* -- python step.py $< $@
.PRECIOUS: %.prepared
"""

SCRIPT = """\
printf 'd c' > more.csv
lineal run --name first -- python step.py more.csv first.out || exit 1
lineal run --name last -- python step.py first.out last.out
"""


SNAKEFILE = """\
rule all:
    input: "flow.report"
rule prepare:
    input: "flow.csv"
    output: "flow.prepared"
    shell: "lineal run --name flow-prepare -- python step.py {input} {output}"
rule fit:
    input: "flow.prepared"
    output: "flow.model"
    shell: "lineal run --name flow-fit -- python step.py {input} {output}"
rule report:
    input: "flow.model"
    output: "flow.report"
    shell: "echo measured > {output}"
"""

GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_JOB": "prepare",
    "GITHUB_REPOSITORY": "ada/churn",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_RUN_ID": "71",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_TOKEN": "ghs_" + "x9Y8" * 9,
    "GITHUB_WORKFLOW": "train",
}

GITLAB = {
    "CI": "true",
    "CI_JOB_NAME": "fit",
    "CI_JOB_TOKEN": "glcbt-64_" + "x9Y8" * 5,
    "CI_JOB_URL": "https://gitlab.com/ada/churn/-/jobs/9",
    "CI_PIPELINE_ID": "72",
    "CI_PROJECT_PATH": "ada/churn",
    "GITLAB_CI": "true",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the Makefile ran with eight jobs at once, then the script, then a step on an edited file."""
    directory = tmp_path_factory.mktemp("pipeline")
    for name, text in (("step.py", STEP), ("Makefile", MAKEFILE), ("steps.sh", SCRIPT), ("raw.csv", "b a")):
        (directory / name).write_text(text, encoding="utf-8")
    lineal(directory, "init")
    for command in (
        ["make", "-j8"],
        ["lineal", "run", "--name", "script", "--", "sh", "steps.sh"],
        ["sh", "-c", "echo z >> one.prepared; lineal run --name again -- python step.py one.prepared again.model"],
    ):
        call(directory, *command)
    return directory


def call(directory: Path, *command: str, first: Path | None = None, **more: str) -> None:
    """Run a command that finds ``lineal`` and ``python`` as a person's shell does; it must succeed.

    Args:
        directory: where.
        command: what.
        first: a directory of programs that come before others.
        more: variables.
    """
    bin_ = directory.parent / "bin"
    bin_.mkdir(exist_ok=True)
    (bin_ / "lineal").write_text(f'#!/bin/sh\nexec {sys.executable} -m lineal "$@"\n', encoding="utf-8")
    (bin_ / "lineal").chmod(0o755)
    # Programs of other environments stand before ours, whose python is meant all the same.
    (bin_ / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    (bin_ / "python").chmod(0o755)
    path = os.pathsep.join((str(bin_), *([str(first)] if first else []), os.environ["PATH"]))
    known = {name: value for name, value in os.environ.items() if not name.startswith("LINEAL_")}
    variables = known | {"PATH": path, "PYTHONPATH": str(SOURCES)} | more
    done = subprocess.run(
        command, cwd=directory, env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def upstream(project: Path, reference: str, *more: str) -> tuple[set[str], dict[tuple[str, str], str]]:
    """Return the names of the runs and files upstream of a thing, and the trust of each edge by its role and path."""
    found = answer(project, "lineage", reference, *more)
    names = {each["id"]: each["name"] for each in answer(project, "runs", "--limit", "50")}
    above = [each for each in found["nodes"] if each["depth"] > 0]
    nodes = {names.get(each["reference"].removeprefix("run:"), each["reference"]) for each in above}
    return nodes, {(each["role"], each["detail"]): each["trust"] for each in found["edges"]}


def used(project: Path, name: str) -> dict[str, list[str]]:
    run: dict[str, Any] = answer(project, "show", f"run:{name}")["run"]
    return {kind: [each["path"] for each in run.get(kind, [])] for kind in ("inputs", "outputs", "intermediates")}


def test_steps_are_linked_by_the_files_that_they_exchange(project: Path) -> None:
    nodes, edges = upstream(project, "run:train-one")

    assert {"prepare-one", "one.prepared", "raw.csv"} == nodes
    assert {"verified"} == set(edges.values())
    assert {"prepare-two", "two.prepared", "raw.csv"} == upstream(project, "run:train-two")[0]


def test_steps_at_once_do_not_have_each_others_files(project: Path) -> None:
    level = answer(project, "show", "run:train-one")["run"]["capture_level"]
    mine = {"inputs": ["one.prepared"], "outputs": ["one.model"], "intermediates": []}

    assert used(project, "train-one") == mine or level != "fanotify"


def test_lineage_goes_as_far_as_it_is_asked_to(project: Path) -> None:
    assert {"one.prepared"} == upstream(project, "run:train-one", "--depth", "1")[0]


def test_a_script_has_its_steps_within_and_only_its_own_files(project: Path) -> None:
    script, first, last = (answer(project, "show", f"run:{name}") for name in ("script", "first", "last"))

    assert [script["id"], script["id"]] == [each["parent"] for each in (first, last)]
    assert {"inputs": [], "outputs": ["more.csv"], "intermediates": []} == used(project, "script")
    assert {} == script["params"]  # the arguments of lineal itself are not those of the script
    assert {"script", "first", "first.out", "more.csv"} == upstream(project, "run:last")[0]


def test_a_list_of_runs_shows_which_are_within_which(project: Path) -> None:
    lines = lineal(project, "runs", "--limit", "50")[0].splitlines()
    place = next(at for at, line in enumerate(lines) if " script " in line)

    assert ["└ last", "└ first"] == [" ".join(line.split()[1:3]) for line in lines[place + 1 : place + 3]]


def test_a_file_that_was_changed_unseen_is_tied_by_inference_and_said(project: Path) -> None:
    nodes, edges = upstream(project, "run:again")

    assert {"prepare-one", "raw.csv"} <= nodes
    assert "inferred" == edges["changed from", "one.prepared"]
    assert "one.prepared was changed by something that was not seen" in lineal(project, "show", "run:again")[0]


def test_rules_of_snakemake_are_linked_and_stand_within_it(project: Path) -> None:
    program = snakemake()
    (project / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    (project / "flow.csv").write_text("f e", encoding="utf-8")

    call(project, "lineal", "run", "--name", "flow", "--", "snakemake", "--cores", "2", first=program.parent)

    flow, fit = (answer(project, "show", f"run:{name}") for name in ("flow", "flow-fit"))
    assert {"flow", "flow-prepare", "flow.prepared", "flow.csv"} == upstream(project, "run:flow-fit")[0]
    assert flow["id"] == fit["parent"]
    # Its own: what a rule did by itself. Not its bookkeeping, its options, or what the recorders of steps read.
    assert {"inputs": [], "outputs": ["flow.report"], "intermediates": []} == used(project, "flow")
    assert ({}, "Snakefile") == (flow["params"], flow["code"]["entry_point"])


def test_jobs_on_two_machines_are_linked_and_say_what_they_are_part_of(project: Path, tmp_path: Path) -> None:
    checkouts = [tmp_path / name / "checkout" for name in ("github", "gitlab")]
    for each in checkouts:
        each.mkdir(parents=True)
        (each / "step.py").write_text(STEP, encoding="utf-8")
    there = {"LINEAL_REPOSITORY": str(project)}
    (checkouts[0] / "ci.csv").write_text("h g", encoding="utf-8")

    run = ("lineal", "run", "--name")
    call(checkouts[0], *run, "ci-prepare", "--", "python", "step.py", "ci.csv", "ci.prepared", **there, **GITHUB)
    (checkouts[1] / "artifact").write_bytes((checkouts[0] / "ci.prepared").read_bytes())
    call(checkouts[1], *run, "ci-fit", "--", "python", "step.py", "artifact", "ci.model", **there, **GITLAB)

    assert {"ci-prepare", "ci.csv"} <= upstream(project, "run:ci-fit")[0]
    (github,), (gitlab,) = (
        answer(project, "show", f"run:{name}")["run"]["context"] for name in ("ci-prepare", "ci-fit")
    )
    assert ("ada/churn/train", "71", "prepare", "2") == tuple(
        github[each] for each in ("workflow", "run", "task", "attempt")
    )
    assert ("https://gitlab.com/ada/churn/-/jobs/9", "72") == (gitlab["url"], gitlab["run"])
    found = answer(project, "search", "--kind", "runs", 'tags."github.task" = prepare')
    assert ["ci-prepare"] == [each["name"] for each in found["runs"]]
    stored = b"".join(each.read_bytes() for each in (project / ".lineal").rglob("*") if each.is_file())
    assert not any(token.encode() in stored for token in (GITHUB["GITHUB_TOKEN"], GITLAB["CI_JOB_TOKEN"]))
