from __future__ import annotations

import msgspec
import pytest

from lineal.checks.evidence import Evidence
from lineal.checks.judges.budget import Budget
from lineal.checks.policies.policy import parse_policy
from lineal.objects.costs import Cost
from lineal.objects.errors import Invalid
from tests.unit.checks.evidence import evidence, people

CELLS = people(all=(5, 0, 0, 5))
COST = Cost(latency_p95_ms=9.5, rows_per_second=20_000.0, memory_bytes=300_000_000, size_bytes=4_000_000)


def measured(**changes: object) -> Evidence:
    given = evidence(CELLS, size_bytes=4_000_000)
    assert given.evaluation
    return msgspec.structs.replace(given, evaluation=msgspec.structs.replace(given.evaluation, **changes))


@pytest.mark.parametrize(
    ("figure", "at_most", "outcome"),
    [
        ("size_bytes", 5e6, "pass"),
        ("size_bytes", 3e6, "fail"),
        ("duration_ms", 5e6, "fail"),
        ("latency_p95_ms", 9.5, "pass"),
        ("latency_p95_ms", 9.4, "fail"),
        ("memory_bytes", 3e8, "pass"),
        ("latency_p99_ms", 100.0, "inconclusive"),
    ],
)
def test_a_figure_is_compared_by_its_name(figure: str, at_most: float, outcome: str) -> None:
    assert Budget(figure=figure, at_most=at_most).judge(measured(duration_ms=6_000_000, cost=COST)).outcome == outcome


@pytest.mark.parametrize(("at_least", "outcome"), [(20_000.0, "pass"), (20_001.0, "fail")])
def test_a_rate_has_a_bar_from_below(at_least: float, outcome: str) -> None:
    verdict = Budget(figure="rows_per_second", at_least=at_least).judge(measured(cost=COST))

    assert (verdict.outcome, verdict.evidence["at_least"]) == (outcome, at_least)


def test_what_was_not_measured_says_what_was() -> None:
    verdict = Budget(figure="latency_p95_ms", at_most=5).judge(measured(duration_ms=0))

    assert verdict.reason == (
        "latency_p95_ms of income:1.1.0 is not known; measured are size_bytes; lineal evaluate income:1.1.0"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ('figure = "latency_p95ms"\nat_most = 5', "did you mean 'latency_p95_ms'"),
        ('figure = "size_bytes"\nat_most = 0', "more than zero"),
        ('figure = "size_bytes"', "give either at_most or at_least"),
        ('figure = "size_bytes"\nat_most = 5\nat_least = 1', "give either at_most or at_least"),
    ],
)
def test_a_budget_that_nothing_can_meet_is_refused_with_the_policy(options: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        parse_policy(f'[[gate.production]]\ncheck = "budget"\n{options}\n')
