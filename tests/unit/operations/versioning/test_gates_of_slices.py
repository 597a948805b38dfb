"""Every check that reads subgroups understands intersections, and ranges of numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.statements import Verdict
from tests.unit.operations import making
from tests.unit.operations.versioning.measuring import csv

PLACES = range(1_200)
ROWS = [
    {
        "shop": ["north", "south"][place % 2],
        "age": 20 + place // 2 % 60,
        "good": ["no", "yes"][place % 3 == 0],
        # The older people of the south lose: half of those who bought are missed.
        "bad": ["no", "yes"][place % 3 == 0 and not (place % 2 and place // 2 % 60 >= 30 and place // 120 % 2 == 0)],
        "bought": ["no", "yes"][place % 3 == 0],
    }
    for place in PLACES
]
POLICY = '[evaluation]\ndataset = "data:people"\nlabel = "bought"\npositive = "yes"\nslices = ["shop", "shop*age:50"]\n'


@pytest.fixture
def better_and_worse(
    repository: LocalRepository, model: Callable[..., str], policy: Callable[[str], None]
) -> tuple[str, str]:
    """A version in production, and one that is worse for some."""
    making.dataset(repository, "people", csv(ROWS))
    policy(POLICY)
    assert repository.store.root
    functions = "".join(
        f"def {name}(directory, rows): return [row[{name!r}] for row in rows]\n" for name in ("good", "bad")
    )
    (repository.store.root.parent / "answering.py").write_text(functions, encoding="utf-8")
    found = []
    for name in ("good", "bad"):
        run = making.run(repository, writes={"model.pkl": name.encode()}, name=name)
        version = repository.model.register(run.reference, name="shops").reference
        repository.evaluate(version, function=f"answering:{name}", without_costs=True)
        found.append(version)
    repository.promote(found[0], to="production", force=True, reason="to compare with")
    return found[0], found[1]


def asked(check: str, **options: object) -> str:
    told = "".join(f"{name} = {value!r}\n" for name, value in options.items()).replace("'", '"')
    return f'{POLICY}[[gate.production]]\ncheck = "{check}"\n{told}'


WORST = "south & 50 and over"


def test_every_check_that_reads_subgroups_finds_the_intersection_that_loses(
    repository: LocalRepository, better_and_worse: tuple[str, str]
) -> None:
    good, bad = better_and_worse

    def verdict(version: str, check: str, **options: object) -> Verdict:
        return repository.gate(version, policy=asked(check, **options)).verdicts[0]

    cases: list[tuple[str, dict[str, object]]] = [
        ("slice_regression", {"features": ["shop*age"], "metric": "recall", "margin": 0.1}),
        ("slice_regression", {"features": ["shop & age"], "metric": "recall", "margin": 0.1}),
        ("fairness_gap", {"feature": "shop*age", "metric": "recall", "at_most": 0.2}),
        ("fairness_gap", {"feature": "age*shop", "metric": "recall", "at_most": 0.2}),
        ("fairness_ratio", {"feature": "shop & age", "metric": "recall", "at_least": 0.8}),
        ("fairness_regression", {"feature": "shop*age", "metric": "recall", "margin": 0.1}),
        ("metric_floor", {"metric": f"recall[shop*age={WORST}]", "at_least": 0.8}),
        ("metric_floor", {"metric": f"recall[shop & age={WORST}]", "at_least": 0.8}),
    ]
    for check, options in cases:
        found = verdict(bad, check, **options)
        where = "50 and over & south" if options.get("feature") == "age*shop" else WORST

        assert (found.outcome, where in found.reason) == ("fail", True), (check, options, found)
        if check in {"fairness_gap", "fairness_ratio"}:
            assert verdict(good, check, **options).outcome == "pass"

    # One shop alone, and one age alone, do not show it so clearly.
    assert verdict(bad, "fairness_gap", feature="shop", metric="recall", at_most=0.35).outcome == "pass"


def test_a_column_that_was_not_measured_is_cut_now(
    repository: LocalRepository, better_and_worse: tuple[str, str]
) -> None:
    options = {"features": ["age"], "metric": "recall", "margin": 0.0}
    (found,) = repository.gate(better_and_worse[1], policy=asked("slice_regression", **options)).verdicts

    # By the edges that the evaluation had for its intersection.
    assert "recall for age=50 and over fell from 1 to" in found.reason


def test_a_subgroup_that_is_too_small_says_so(repository: LocalRepository, better_and_worse: tuple[str, str]) -> None:
    version = better_and_worse[0]
    answer = repository.evaluate(
        version, function="answering:good", slices=("shop*age:21",), minimum_rows=50, without_costs=True
    )
    name = "recall[shop & age=north & under 21]"
    (found,) = repository.gate(version, policy=asked("metric_floor", metric=name, at_least=0.5)).verdicts

    assert answer.notes[0].startswith("fewer than 50 rows, so not measured: shop & age=north & under 21 (10)")
    assert found.outcome == "inconclusive"
    assert found.reason == "shop & age=north & under 21 has 10 rows, too few to be measured; 50 are asked for"
