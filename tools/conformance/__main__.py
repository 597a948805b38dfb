"""Run MLflow's own tests of its protocol against our server and MLflow's own, and write what came of it.

``python -m tools.conformance CHECKOUT --python PYTHON`` takes a checkout of MLflow's repository, or its address, and the Python of
an environment that has ``requirements/mlflow.txt``, ``pytest``, ``psutil`` and ``moto``. Nothing of the checkout is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.conformance.report import Outcome, page
from tools.conformance.scope import FILES, RULES

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "reference" / "mlflow-conformance.md"

_SOURCES = str(HERE.parents[1] / "src")


def main() -> int:
    """Run the tests and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.conformance", description=__doc__)
    parser.add_argument("checkout", help="a checkout of MLflow, or the address of its repository")
    parser.add_argument("--tag", default="master", help="what to check out of an address")
    parser.add_argument("--python", required=True, help="the Python of MLflow's environment")
    parser.add_argument("--results", type=Path, help="keep each server's outcomes here, and use those that are there")
    parser.add_argument("--state", default="unchanged", help="what was done to the tests, as the page is to say it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        results = (options.results or Path(place, "results")).resolve()
        results.mkdir(parents=True, exist_ok=True)
        source = checkout(options.checkout, options.tag, Path(place, "mlflow"))
        tree = Path(place, "tree")
        # Without the package beside them, the tests import the one that is installed.
        shutil.copytree(source / "tests", tree / "tests")
        shutil.copy(source / "pyproject.toml", tree)
        for server in ("lineal", "mlflow"):
            run(server, tree, options.python, results / f"{server}.jsonl")
        tested, client = version_of_tests(source), version_of_client(options.python)
        ours, theirs = (read(results / f"{server}.jsonl") for server in ("lineal", "mlflow"))
    PAGE.write_text(
        "\n".join(page(ours, theirs, tested=tested, client=client, state=options.state)) + "\n", encoding="utf-8"
    )
    print(f"wrote {PAGE}")
    return 0


def checkout(where: str, tag: str, place: Path) -> Path:
    """Return the directory of a checkout, which is made when an address is given."""
    if Path(where, "tests").is_dir():
        return Path(where)
    subprocess.run(
        (shutil.which("git") or "git", "clone", "--quiet", "--depth", "1", "--branch", tag, where, place), check=True
    )
    return place


def run(server: str, tree: Path, python: str, results: Path) -> None:
    """Run the tests against a server, unless that was done.

    Args:
        server: ``lineal`` or ``mlflow``.
        tree: the tests.
        python: runs them.
        results: where the outcomes go.
    """
    if results.exists():
        return
    paths = (str(HERE), str(HERE / "names"))
    known = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "LINEAL_"))},
        "CONFORMANCE_SERVER": server,
        "CONFORMANCE_RESULTS": str(results),
        "CONFORMANCE_RULES": json.dumps([each._asdict() for each in RULES]),
        "CONFORMANCE_COMMAND": json.dumps([sys.executable, "-m", "lineal"]),
        "CONFORMANCE_PYTHONPATH": os.pathsep.join((_SOURCES, paths[1])),
        "PYTHONPATH": os.pathsep.join(paths),
        "PATH": os.pathsep.join((str(Path(python).parent), os.environ["PATH"])),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
    }
    quiet = ("-p", "no:cacheprovider", "-q", "--no-showlocals", "--tb=short", "--durations=0")
    subprocess.run((python, "-m", "pytest", "-p", "plugin", *quiet, *FILES), cwd=tree, env=known, check=False)


def read(results: Path) -> dict[str, Outcome]:
    """Return the outcomes of tests by name."""
    lines = results.read_text(encoding="utf-8").splitlines()
    return {each.test: each for each in (Outcome(**json.loads(line)) for line in lines)}


def version_of_tests(source: Path) -> str:
    """Return the version that a checkout is of."""
    found = re.search(r'VERSION = "([^"]+)"', (source / "mlflow" / "version.py").read_text(encoding="utf-8"))
    return found[1] if found else "unknown"


def version_of_client(python: str) -> str:
    """Return the version of MLflow that an environment has."""
    command = (python, "-c", "import mlflow.version; print(mlflow.version.VERSION)")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
