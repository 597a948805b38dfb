"""Drive the real ``lineal`` as a person's shell does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).parents[2] / "src"

TRAIN = """
import argparse, json, pickle
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int, default=3)
depth = parser.parse_args().depth
rows = open("table.csv").read().splitlines()[1:]
print("trained on", len(rows), "rows")
pickle.dump(f"a tree of depth {depth}", open("model.pkl", "wb"))
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
def commanded(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
