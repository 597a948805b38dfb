from __future__ import annotations

import pytest

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence, Overlap, TrainingData
from lineal.checks.judges.data_freshness import DataFreshness
from lineal.checks.judges.data_null_share import DataNullShare
from lineal.checks.judges.data_range import DataRange
from lineal.checks.judges.data_row_count import DataRowCount
from lineal.checks.judges.data_schema import DataSchema
from lineal.checks.judges.data_unique import DataUnique
from lineal.checks.judges.leakage import Leakage
from lineal.objects.digest import digest_of
from lineal.objects.profiles import ColumnProfile, Distribution, Profile
from tests.unit.checks.evidence import version

DAY_MS = 86_400_000
AGES = Distribution(
    count=90, minimum=18.0, maximum=95.0, mean=40.0, squares=900.0, values=(18.0, 95.0), weights=(45, 45)
)
TIMES = Distribution(count=100, minimum=0.0, maximum=7.0 * DAY_MS, mean=1.0, squares=1.0, values=(0.0,), weights=(100,))
PROFILE = Profile(
    row_count=100,
    columns=(
        ColumnProfile(name="age", dtype="integer", missing=10, numbers=AGES),
        ColumnProfile(name="seen", dtype="timestamp", times=TIMES),
        ColumnProfile(name="job", dtype="string"),
    ),
)
TRAIN = TrainingData(name="data:train@2", digest=digest_of(b"train"), added_at=3 * DAY_MS, profile=PROFILE)
OTHER = TrainingData(name="data:images@1", digest=digest_of(b"images"), added_at=0, gap="it has 0 tables")


def judged(check: Check, **changes: object) -> tuple[str, str]:
    whole = {"version": version(), "training": (TRAIN,), "at": 10 * DAY_MS}
    verdict = check.judge(Evidence(**{**whole, **changes}))  # type: ignore[arg-type]
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize(
    ("check", "outcome", "reason"),
    [
        (DataRowCount(at_least=100, at_most=100), "pass", "data:train@2 has 100 rows, as asked"),
        (DataRowCount(at_least=101), "fail", "data:train@2 has 100 rows, but at least 101 are asked"),
        (DataRowCount(at_most=99), "fail", "data:train@2 has 100 rows, but at most 99 are asked"),
        (DataNullShare(at_most=0.1), "pass", "in data:train@2 at most 0.1 of a column is missing, as asked"),
        (DataNullShare(at_most=0.05), "fail", "in data:train@2 more than 0.05 is missing of age (0.1)"),
        (DataNullShare(at_most=0.05, columns=("job",)), "pass", "at most 0 of a column"),
        (DataNullShare(at_most=0.05, columns=("jb",)), "fail", "data:train@2 has no column jb"),
        (DataRange(column="age", at_least=18, at_most=95), "pass", "age of data:train@2 goes from 18 to 95, as asked"),
        (DataRange(column="age", at_most=90), "fail", "but at most 90 is asked"),
        (DataRange(column="age", at_least=21), "fail", "but at least 21 is asked"),
        (DataRange(column="job", at_least=0), "fail", "has no column job of numbers"),
        (DataSchema(columns={"age": "integer", "job": ""}), "pass", "has the 2 columns that are asked for"),
        (DataSchema(columns={"age": "float"}), "fail", "age is integer, not float"),
        (DataSchema(columns={"aeg": "integer"}), "fail", "no column aeg"),
        (DataSchema(columns={"age": ""}, only=True), "fail", "seen, job too many"),
        (DataFreshness(days_at_most=7), "pass", "data:train@2 was added 7 days ago"),
        (DataFreshness(days_at_most=6.5), "fail", "at most 6.5 are allowed"),
        (DataFreshness(days_at_most=3, column="seen"), "pass", "the newest seen of data:train@2 is 3 days ago"),
        (DataFreshness(days_at_most=3, column="age"), "inconclusive", "has no column age of times"),
    ],
)
def test_the_profile_decides(check: Check, outcome: str, reason: str) -> None:
    found = judged(check)

    assert (found[0], reason in found[1]) == (outcome, True), found


def test_the_worst_dataset_decides_unless_one_is_named() -> None:
    both = {"training": (TRAIN, OTHER)}

    assert judged(DataRowCount(at_least=1), **both) == ("inconclusive", "data:images@1: it has 0 tables")
    assert judged(DataRowCount(at_least=1, dataset="data:train"), **both)[0] == "pass"
    assert judged(DataRowCount(at_least=1, dataset="data:tarin"), **both)[1] == (
        "the candidate was not trained on data:tarin; it was trained on data:train@2, data:images@1"
    )


def test_what_its_source_held_lately_is_fresh() -> None:
    seen = TrainingData(name="data:events@1", digest=digest_of(b"e"), added_at=0, read_at=9 * DAY_MS)

    assert judged(DataFreshness(days_at_most=2), training=(seen,))[0] == "pass"


@pytest.mark.parametrize(("found", "at_most", "outcome"), [(0, 0.0, "pass"), (3, 0.0, "fail"), (3, 0.05, "pass")])
def test_held_out_rows_in_the_training_data_are_a_leak(found: int, at_most: float, outcome: str) -> None:
    overlaps = {"id": (Overlap("data:train@2", found, 100), Overlap("data:more@1", 0, 100))}

    assert judged(Leakage(at_most=at_most, ignore=("id",)), overlaps=overlaps)[0] == outcome


def test_what_cannot_be_compared_is_inconclusive() -> None:
    overlaps = {"": (Overlap("data:train@2", 0, 0, "it has 2 tables, and one is needed"),)}

    assert judged(Leakage(), overlaps=overlaps) == ("inconclusive", "data:train@2: it has 2 tables, and one is needed")
    assert judged(Leakage())[0] == "inconclusive"


@pytest.mark.parametrize(("at_most", "outcome"), [(0.0, "fail"), (0.02, "pass")])
def test_rows_that_repeat_another_are_counted(at_most: float, outcome: str) -> None:
    repeats = {"id": (Overlap("data:train@2", 2, 100),)}

    assert judged(DataUnique(columns=("id",), at_most=at_most), repeats=repeats)[0] == outcome
    assert judged(DataUnique())[0] == "inconclusive"
