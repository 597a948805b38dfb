from __future__ import annotations

import msgspec
import pytest

from lineal.checks.evidence import Evidence
from lineal.checks.judges.budget import Budget
from tests.unit.checks.evidence import evidence, people

CELLS = people(all=(5, 0, 0, 5))


def measured(**changes: object) -> Evidence:
    given = evidence(CELLS, size_bytes=4_000_000)
    assert given.evaluation
    return msgspec.structs.replace(given, evaluation=msgspec.structs.replace(given.evaluation, **changes))


@pytest.mark.parametrize(
    ("figure", "outcome"), [("size_bytes", "pass"), ("duration_ms", "fail"), ("memory_bytes", "inconclusive")]
)
def test_a_figure_is_compared_by_its_name(figure: str, outcome: str) -> None:
    assert Budget(figure=figure, at_most=5_000_000).judge(measured(duration_ms=6_000_000)).outcome == outcome


def test_what_was_not_measured_says_what_was() -> None:
    verdict = Budget(figure="latency_ms", at_most=5).judge(measured(duration_ms=0))

    assert verdict.reason == (
        "latency_ms of income:1.1.0 is not known; measured are size_bytes; lineal evaluate income:1.1.0"
    )


def test_one_figure_of_several_is_named_behind_a_point() -> None:
    class Latency(msgspec.Struct):
        p50: float
        p95: float

    class Measured(msgspec.Struct):
        latency_ms: Latency
        by_batch: dict[str, float]

    given = evidence(CELLS, evaluation=Measured(Latency(3.0, 9.5), {"one": 2.0}))

    assert Budget(figure="latency_ms.p95", at_most=9.5).judge(given).outcome == "pass"
    assert Budget(figure="by_batch.one", at_most=1.0).judge(given).outcome == "fail"
