"""Pipelines by hand: a Makefile and a shell script whose steps are recorded, linked by the files that they exchange."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the Makefile ran with eight jobs at once, then the script, then a step on an edited file."""
    directory = tmp_path_factory.mktemp("pipeline")
    for name, text in (("step.py", STEP), ("Makefile", MAKEFILE), ("steps.sh", SCRIPT), ("raw.csv", "b a")):
        (directory / name).write_text(text, encoding="utf-8")
    bin_ = directory.parent / "bin"
    bin_.mkdir()
    (bin_ / "lineal").write_text(f'#!/bin/sh\nexec {sys.executable} -m lineal "$@"\n', encoding="utf-8")
    (bin_ / "lineal").chmod(0o755)
    path = os.pathsep.join((str(bin_), str(Path(sys.executable).parent), os.environ["PATH"]))
    known = {name: value for name, value in os.environ.items() if not name.startswith("LINEAL_")}
    variables = known | {"PATH": path, "PYTHONPATH": str(SOURCES)}
    lineal(directory, "init")
    for command in (
        ["make", "-j8"],
        ["lineal", "run", "--name", "script", "--", "sh", "steps.sh"],
        ["sh", "-c", "echo z >> one.prepared; lineal run --name again -- python step.py one.prepared again.model"],
    ):
        done = subprocess.run(
            command, cwd=directory, env=variables, capture_output=True, text=True, timeout=120, check=False
        )
        assert 0 == done.returncode, done.stdout + done.stderr
    return directory


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
