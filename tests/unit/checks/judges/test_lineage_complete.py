from __future__ import annotations

from typing import Any

import pytest

from lineal.checks.judges.lineage_complete import LineageComplete
from lineal.objects.digest import digest_of
from lineal.objects.runs import Code, Runtime
from lineal.objects.versions import DataUse
from tests.unit.checks.evidence import evidence, people, version

CELLS = people(all=(5, 0, 0, 5))
TRAIN = version().data[0]
LOOSE = DataUse(path="settings.json", digest=digest_of(b"settings"))


def judged(**changes: Any) -> tuple[str, str]:
    verdict = LineageComplete().judge(evidence(CELLS, **changes))
    return verdict.outcome, verdict.reason


def test_a_version_whose_parts_are_all_known_passes_and_names_them() -> None:
    outcome, reason = judged()

    assert outcome == "pass"
    assert reason.startswith("trained on data/train.csv (sha256:")
    assert reason.endswith("; code at commit 0123456789ab; packages recorded: 1")


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"version": version(data=())}, "read no file that we saw"),
        ({"version": version(data=(LOOSE,))}, "no dataset version: settings.json; lineal data add it"),
        ({"code": Code()}, "the code of income:1.1.0 is not known"),
        ({"code": None}, "the code of income:1.1.0 is not known"),
        ({"runtime": Runtime(python="3.11")}, "the packages that income:1.1.0 was made with are not recorded"),
        ({"runtime": None}, "the packages that income:1.1.0 was made with are not recorded"),
    ],
)
def test_each_missing_part_fails_and_is_named(changes: dict[str, Any], missing: str) -> None:
    outcome, reason = judged(**changes)

    assert (outcome, missing in reason) == ("fail", True)


def test_everything_that_is_missing_is_said_at_once() -> None:
    assert judged(version=version(data=()), code=None, runtime=None)[1].count(";") == 2


def test_sources_without_git_are_enough() -> None:
    assert judged(code=Code(untracked=digest_of(b"sources")))[0] == "pass"


def test_a_file_in_no_dataset_is_a_warning() -> None:
    outcome, reason = judged(version=version(data=(TRAIN, LOOSE)))

    assert (outcome, reason.endswith("also read, but in no dataset: settings.json")) == ("warn", True)
