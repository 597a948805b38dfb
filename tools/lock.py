"""Lock the requirements by version and hash, for every supported Python and naming no host: ``make lock``."""

from __future__ import annotations

import subprocess
import sys
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
        "--group", "test", "--group", "lint", "requirements/build.in",
    ),
    "data": ("requirements/data.in", "--no-deps"),
    "dvc": ("requirements/dvc.in",),
    "mlflow": ("requirements/mlflow.in",),
}  # fmt: skip
"""What is locked where: running it, the demo, the tests, the demo's data, the real DVC and the real MLflow."""


def main() -> None:
    """Write ``requirements/*.txt``."""
    for name, what in SETS.items():
        target = Path("requirements") / f"{name}.txt"
        uv = str(Path(sys.executable).parent / COMPILE[0])
        subprocess.run((uv, *COMPILE[1:], *what, "--output-file", str(target)), check=True)
        print(f"{target}: {sum('==' in line for line in target.read_text(encoding='utf-8').splitlines())} packages")


if __name__ == "__main__":
    main()
