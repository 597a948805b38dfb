"""Notebooks run unchanged by Jupyter's own tools; the record has their cells in the order they ran."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lineal.capture.code.stripping import stripped
from lineal.capture.launch import launch
from lineal.capture.launched import Launched
from tests.parts.capture import interpreter

SHELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for id, source in (("c1", "import helper\\nx = 1"), ("c2", "print(x)"), ("c1", "x = 2"), ("c2", "print(x)")):
    shell.run_cell(source, store_history=True, cell_id=id)
shell.run_cell("y = 1", store_history=False)
shell.run_cell("z = 1", silent=True)
print(sorted(name for name in shell.user_ns if len(name) == 1))
"""


def notebook(*sources: str) -> str:
    cells = [
        {"cell_type": "code", "id": f"c{at}", "metadata": {}, "source": each, "outputs": [], "execution_count": None}
        for at, each in enumerate(sources, 1)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells})


def run(place: Path, *command: str) -> Launched:
    return launch(command, directory=place / "project", spool=place / "spool", variables=variables(place), run_id="RUN")


def variables(place: Path) -> dict[str, str]:
    return {"PATH": f"{interpreter().parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(place)}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    (path / "helper.py").write_text("h = 1\n")
    return path


def test_a_notebook_that_jupyter_executes_is_the_program(project: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    text = notebook("import helper, numpy\nnumpy.random.seed(5)", f"token = '{token}'\nprint(6 * 7)", "1 / 0")
    (project / "train.ipynb").write_text(text)

    launched = run(project.parent, "jupyter", "execute", "--allow-errors", "--output=ran.ipynb", "train.ipynb")

    (found,) = launched.code.notebooks
    assert (0, "train.ipynb", "train.ipynb") == (launched.exit_status, launched.code.entry_point, found.path)
    assert (
        "# %% [1]\nimport helper, numpy\nnumpy.random.seed(5)\n\n"
        "# %% [2]\ntoken = '[masked]'\nprint(6 * 7)\n\n"
        "# %% [3] ZeroDivisionError\n1 / 0\n"
    ) == found.cells.decode()
    assert found.stripped == stripped(text.replace(token, "[masked]").encode())
    assert (3, 0, 0) == (found.run_count, found.rerun_count, found.edited_count)
    # The kernel is the program: its seeds, packages and modules count.
    assert {"numpy": 5} == launched.record.seeds
    assert {"train.ipynb", "helper.py"} == set(launched.code.sources)
    assert "ipykernel" in {each.name for each in launched.runtime.packages}
    assert ["ran.ipynb"] == [each.path for each in launched.outputs]
    assert token.encode() not in launched.code.sources["train.ipynb"]


def test_what_papermill_puts_into_a_notebook_are_its_parameters(project: Path) -> None:
    interpreter("papermill")
    text = notebook("depth, rate = 3, 0.5", "import random\nrandom.seed(depth)\nopen('model', 'w').write('m' * depth)")
    (project / "train.ipynb").write_text(text.replace('"metadata": {}', '"metadata": {"tags": ["parameters"]}', 1))

    launched = run(project.parent, "papermill", "train.ipynb", "ran.ipynb", "-p", "depth", "7", "-y", "{name: {a: 1}}")

    record, (found,) = launched.record, launched.code.notebooks
    assert {"depth": 7, "name.a": 1, "rate": 0.5} == record.params
    assert {"depth": "papermill", "name.a": "papermill", "rate": "global"} == record.param_sources
    assert ("train.ipynb", 3, 0, 0) == (found.path, found.run_count, found.rerun_count, found.edited_count)
    headers = [line for line in found.cells.decode().splitlines() if line.startswith("# %%")]
    assert ["# %% [1]", "# %% [2] injected", "# %% [3]"] == headers
    assert {"random": 7} == record.seeds
    assert {"ran.ipynb", "model"} == {each.path for each in launched.outputs}
    # What the kernel says to who started it, and the history that it keeps, are no work of the run.
    assert ((), []) == (record.queries, [each for each in launched.gaps if each.startswith("network")])


def test_nbconvert_runs_a_notebook_as_any_other(project: Path) -> None:
    interpreter("nbconvert")
    (project / "train.ipynb").write_text(notebook("%matplotlib --list\ndepth = 3", "depth + 1"))

    launched = run(project.parent, "jupyter", "nbconvert", "--to=notebook", "--execute", "--inplace", "train.ipynb")

    (found,) = launched.code.notebooks
    assert ("train.ipynb", 2, 0) == (found.path, found.run_count, found.edited_count)
    assert {"depth": 3} == launched.record.params
    assert b'"outputs": []' in found.stripped
    assert b"execute_result" not in found.stripped


def test_cells_that_run_twice_or_are_edited_are_told_apart(project: Path) -> None:
    (project / "work.ipynb").write_text(notebook("import helper\nx = 1", "print(x)", "pass"))
    (project / "shell.py").write_text(SHELL)
    alone = subprocess.run(
        ("python", "shell.py", "work.ipynb"),
        cwd=project,
        env=variables(project.parent),
        capture_output=True,
        check=True,
    )

    launched = run(project.parent, "python", "shell.py", "work.ipynb")

    (found,) = launched.code.notebooks
    headers = [line for line in found.cells.decode().splitlines() if line.startswith("# %%")]
    assert ["# %% [1] c1", "# %% [2] c2", "# %% [3] c1 rerun edited", "# %% [4] c2 rerun"] == headers
    assert ("work.ipynb", "shell.py", 2, 1) == (
        found.path,
        launched.code.entry_point,
        found.rerun_count,
        found.edited_count,
    )
    assert launched.stdout is not None
    assert alone.stdout == launched.stdout.read_bytes()
