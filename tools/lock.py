"""Lock the requirements by version and hash, for every supported Python and naming no host: ``make lock``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

COMPILE = (
    "uv", "pip", "compile", "--universal", "--generate-hashes", "--no-header", "--no-annotate",
    "--no-emit-index-url", "--python-version", "3.11", "--quiet",
)  # fmt: skip

SETS = {
    "base": ("pyproject.toml",),
    "demo": ("pyproject.toml", "--extra", "demo"),
    "test": (
        "pyproject.toml", "--extra", "demo", "--extra", "postgres", "--extra", "tables",
        "--extra", "duckdb", "--extra", "delta", "--extra", "iceberg", "--extra", "ssh", "--extra", "server",
        "--extra", "signing", "--group", "test", "--group", "lint", "requirements/build.in",
    ),
    "data": ("requirements/data.in", "--no-deps"),
    "cyclonedx": ("requirements/cyclonedx.in",),
    "dvc": ("requirements/dvc.in",),
    "mlflow": ("requirements/mlflow.in",),
    "mlflow_newest": ("requirements/mlflow_newest.in", "--no-deps"),
    "mlflow2": ("requirements/mlflow2.in",),
    "signing": ("requirements/signing.in",),
    "pytorch": ("requirements/pytorch.in", "--constraint", "requirements/mlflow.txt"),
    "capture": ("requirements/capture.in",),
    "snakemake": ("requirements/snakemake.in",),
}  # fmt: skip
"""What is locked where: running it, the demo, the tests, the demo's data, a validator of CycloneDX, the real DVC, two real MLflows,
what verifies signed models, PyTorch beside the MLflows, what recorded programs use, and Snakemake, which asks for others."""

WITH_PYTORCH = ("pytorch", "capture")


def main() -> None:
    """Write ``requirements/*.txt``."""
    with tempfile.TemporaryDirectory() as wheels:
        # Only pip knows where this machine keeps wheels that its index does not have.
        pip = (sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--dest", wheels)
        subprocess.run((*pip, "-r", "requirements/pytorch.in"), check=True)
        for name, what in SETS.items():
            target = Path("requirements") / f"{name}.txt"
            uv = str(Path(sys.executable).parent / COMPILE[0])
            variables = {**os.environ, "UV_FIND_LINKS": wheels} if name in WITH_PYTORCH else None
            subprocess.run((uv, *COMPILE[1:], *what, "--output-file", str(target)), check=True, env=variables)
            lines = target.read_text(encoding="utf-8").splitlines()
            print(f"{target}: {sum('==' in line for line in lines)} packages")


if __name__ == "__main__":
    main()
