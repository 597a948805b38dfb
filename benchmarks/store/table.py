"""The table that the store must show: every row with its goal, and how much is measured."""

from __future__ import annotations

from typing import NamedTuple

PEAK_MB = 200
PEAK_AT_SCALE_MB = 300
GROWTH_MAX = 11
"""Ten times the files may take ten times as long, and a tenth more for chance."""

PEER_FILES_MAX = 100_000
"""What DVC takes for so many says enough of more."""


class Sizes(NamedTuple):
    """How much is measured, in files and bytes, and how often."""

    files: int
    file_bytes: int
    s3_files: int
    first_version_bytes: dict[str, int]
    versions: int
    scale: tuple[int, ...]
    times: int


FULL = Sizes(
    files=50_000,
    file_bytes=2 << 30,
    s3_files=5_000,
    first_version_bytes={"csv": 500_000_000, "safetensors": 523_000_000, "parquet": 210_000_000},
    versions=10,
    scale=(10_000, 100_000, 1_000_000),
    times=3,
)
QUICK = Sizes(
    files=1_000,
    file_bytes=64 << 20,
    s3_files=200,
    first_version_bytes={"csv": 8_000_000, "safetensors": 40_000_000, "parquet": 40_000_000},
    versions=3,
    scale=(1_000, 10_000),
    times=1,
)


class Trial(NamedTuple):
    """A row of speed: the contest of ``Work`` that it shows, and how many times DVC's speed is the goal."""

    row: str
    work: str
    contest: str
    limit: str
    goal: float = 0


TREE = (
    Trial("add", "add {files} of 4–16 KiB", "adds", "cp -r", 6),
    Trial("status", "status of the unchanged {files}", "statuses", "stat scan", 8),
    Trial("readd", "add again after 100 of {files} changed", "readds", "stat scan", 10),
    Trial("push", "push {files}, {place}", "pushes", "cp -r", 20),
    Trial("pull", "pull {files}, {place}", "pulls", "cp -r", 8),
    Trial("checkout", "checkout of 100 changed among {files}", "checkouts", "stat scan", 10),
)
FILE = (
    Trial("add-file", "add one file of {mib}", "adds", "SHA-256", 5),
    Trial("pull-file", "pull one file of {mib}, {place}", "pulls", "cp", 2.5),
)
S3 = (
    Trial("push-s3", "push {files}, {place}", "pushes", "one object", 15),
    Trial("pull-s3", "pull {files}, {place}", "pulls", "one object", 15),
)
SCALE = (
    Trial("scale-add", "add {files} of 64–1,024 bytes", "adds", "cp -r"),
    Trial("scale-status", "status of the unchanged {files}", "statuses", "stat scan"),
    Trial("scale-readd", "add again after 100 of {files} changed", "readds", "stat scan"),
    Trial("scale-push", "push {files}, {place}", "pushes", "cp -r"),
)


class Deduplication(NamedTuple):
    """A row of bytes: how many percent of all versions' bytes may be stored."""

    row: str
    work: str
    goal: float


VERSIONS = (
    Deduplication("csv", "{versions} versions of a CSV file that grows by 1 %", 11),
    Deduplication("safetensors", "{versions} versions of safetensors, 10 % of the tensors changed", 21),
    Deduplication("parquet", "{versions} versions of Parquet, rows inserted at 5 places", 45),
)

ROWS = tuple(each.row for group in (TREE, FILE, S3, VERSIONS) for each in group)
