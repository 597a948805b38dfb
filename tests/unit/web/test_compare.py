"""Runs side by side: curves over each other, what differs first, and one thing against another."""

from __future__ import annotations

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, LinealError, NotFound
from lineal.web.pages import compare
from tests.unit.operations.making import run as captured
from tests.unit.web.making import asked, long, statements, told


def of(*runs: str, **query: str):
    return asked("", *(("run", each) for each in runs), **query)


def test_what_differs_comes_first_and_what_is_the_same_is_told_apart(repository: LocalRepository) -> None:
    runs = [
        told(repository, {"loss": [1.0, value]}, params={"lr": lr, "seed": "1"}, tags={"team": "a", "mlflow.user": lr})
        for value, lr in ((0.5, "0.1"), (0.5, "0.2"), (0.5, "0.2"))
    ]

    found = {each.part: each for each in compare.load(repository, of(*runs))["tables"]}

    assert ([("lr", ["0.1", "0.2", "0.2"], True)], ["seed"]) == (
        [tuple(each) for each in found["params"].differing],
        [each.name for each in found["params"].same],
    )
    assert ([], ["loss"]) == (found["metrics"].differing, [each.name for each in found["metrics"].same])
    assert ([], ["team"]) == (found["tags"].differing, [each.name for each in found["tags"].same])


def test_a_run_of_which_the_runtime_is_not_known_differs_in_nothing_of_it(repository: LocalRepository) -> None:
    one, other = told(repository, {"loss": [1.0]}, params={"depth": "5"}), captured(repository, depth=5)

    found = compare.load(repository, of(one, other.id))
    tables = {each.part: each for each in found["tables"]}

    assert not tables["runtime"].differing
    assert tables["runtime"].same
    assert ["depth"] == [each.name for each in tables["params"].same]
    assert "" == found["diff"]


def test_two_runs_that_were_seen_lead_to_their_whole_difference(repository: LocalRepository) -> None:
    one, other = captured(repository, depth=5), captured(repository, depth=6)

    found = compare.load(repository, of(one.id, f"run:{other.id}"))

    assert f"/diff/run:{one.id}...run:{other.id}" == found["diff"]
    assert ["depth"] == [row.name for each in found["tables"] if each.part == "params" for row in each.differing]


def test_curves_of_all_runs_are_in_one_chart_and_each_run_can_be_left_out(repository: LocalRepository) -> None:
    runs = [told(repository, {"loss": [1.0, place / 2]}, name=f"<b>run {place}") for place in range(3)]

    found = compare.load(repository, of(*runs, names="lo", smooth="0.5"))

    assert {"loss"} == set(found["pictures"])
    assert all(f"&lt;b&gt;run {place}: " in found["pictures"]["loss"] for place in range(3))
    assert f"/compare?run={runs[0]}&run={runs[2]}&smooth=0.5&names=lo" == found["without"][1]
    assert found["toggle"].endswith("&only=1&smooth=0.5&names=lo#differences")


def test_axes_are_chosen_and_begin_with_what_differs(repository: LocalRepository) -> None:
    runs = [
        told(
            repository,
            {"auc": [0.8 + place / 100], "val_auc": [0.7 + place / 100]},
            params={"lr": str(0.1 * (place + 1)), "optimizer": ["adam", "sgd"][place % 2], "seed": "1"},
        )
        for place in range(3)
    ]

    found = compare.load(repository, of(*runs))
    chosen = compare.load(
        repository,
        asked(
            "",
            *(("run", each) for each in runs),
            ("dim", "params.seed"),
            ("dim", "metrics.auc"),
            ("dim", "no"),
            ("sx", "metrics.auc"),
            ("sy", "metrics.val_auc"),
        ),
    )

    assert ["params.lr", "params.optimizer", "metrics.val_auc", "metrics.auc"] == found["chosen"]
    assert ("params.lr", "metrics.val_auc") == found["pair"]
    assert "adam" in found["parallel"]
    assert (["params.seed", "metrics.auc"], ("metrics.auc", "metrics.val_auc")) == (chosen["chosen"], chosen["pair"])
    assert "metrics.val_auc by metrics.auc" in chosen["scatter"]


def test_statements_grow_with_runs_by_few_and_with_points_by_none(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [told(repository, {"a": [1.0, 2.0]}) for _ in range(2)]
    many = [told(repository, {f"m{n}": [1.0, 2.0] for n in range(6)}) for _ in range(30)]
    long(repository, many[0], "m0", 120_000)
    counts = [statements(compare.load, repository, of(*each), monkeypatch) for each in (few, many)]

    assert counts[0] == counts[1] <= 20


@pytest.mark.parametrize(
    ("runs", "error", "said"),
    [
        ([], Invalid, "no runs are compared"),
        ([f"01ARZ3NDEKTSV4RRFFQ69G5F{n:02d}" for n in range(33)], Invalid, "33 runs are too many"),
        (["01ARZ3NDEKTSV4RRFFQ69G5FAV"], NotFound, "not found"),
        (["nobody"], NotFound, "no run"),
    ],
)
def test_what_cannot_be_compared_is_said(
    runs: list[str], error: type[LinealError], said: str, repository: LocalRepository
) -> None:
    with pytest.raises(error, match=said):
        compare.load(repository, of(*runs))
