"""The table of experiments: what is cheap to know of each, in pages, and only of those that may be seen."""

from __future__ import annotations

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid
from lineal.operations.asking import experiment_tables
from lineal.operations.asking.experiment_tables import DESCRIPTION
from lineal.operations.recording import experiments, tracking
from lineal.storage.store import Actor
from tests.unit.operations.asking.test_run_tables import begin, counted


def names(repository: LocalRepository, **asked: object) -> list[str]:
    return [each.name for each in experiment_tables.table(repository, **asked).rows]  # type: ignore[arg-type]


def test_each_experiment_has_its_runs_counted_and_when_something_last_happened(either: LocalRepository) -> None:
    number = experiments.create(either, "trials", tags={DESCRIPTION: "What we try."}).number
    for at in (1, 2**42):
        begin(either, "r", at=at, experiment=number)
    tracking.delete(either, begin(either, "gone", experiment=number))

    trials, default = experiment_tables.table(either).rows

    assert (2, False, 2**42, "What we try.") == (
        trials.run_count,
        trials.has_more_runs,
        trials.happened_at,
        trials.description,
    )
    assert ("Default", 0, "") == (default.name, default.run_count, default.description)


def test_nobody_counts_on_and_on(repository: LocalRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment_tables, "COUNTED_MAX", 20)
    with repository.store.database.transaction():
        for at in range(100):
            begin(repository, "r", at=at)
    (few,) = experiment_tables.table(repository).rows
    before = counted(repository, lambda: experiment_tables.table(repository))
    with repository.store.database.transaction():
        for at in range(100, 600):
            begin(repository, "r", at=at)

    assert (20, True) == (few.run_count, few.has_more_runs)
    statements, steps = counted(repository, lambda: experiment_tables.table(repository))
    assert (before[0], True) == (statements, steps <= before[1] + 2)


def test_experiments_are_found_by_a_part_of_their_name_and_put_in_order(either: LocalRepository) -> None:
    for name in ("churn/b", "Churn/a", "100%_sure"):
        experiments.create(either, name)
    experiments.delete(either, experiments.create(either, "churn/old").number)

    assert ["Churn/a", "churn/b"] == names(either, name="churn")
    assert ["100%_sure"] == names(either, name="%_")
    assert ["churn/old"] == names(either, deleted=True)
    assert ["100%_sure", "Churn/a", "churn/b", "Default"] == names(either)
    assert {"churn/b", "Churn/a"} == set(names(either, name="CHURN", sort="name asc"))
    with pytest.raises(Invalid, match="no order of experiments"):
        names(either, sort="runs desc")


@pytest.mark.parametrize("sort", ["", "name asc", "created desc"])
def test_pages_have_each_experiment_once(sort: str, repository: LocalRepository) -> None:
    for place in range(5):
        experiments.create(repository, f"e{place}")
    seen, page = list[str](), ""
    while True:
        found = experiment_tables.table(repository, sort=sort, limit=2, page=page)
        seen += [each.name for each in found.rows]
        page = found.next_page
        if not page:
            break

    assert sorted(seen) == ["Default", *(f"e{place}" for place in range(5))]


def test_what_may_not_be_seen_is_not_listed(repository: LocalRepository) -> None:
    numbers = {name: experiments.create(repository, name).number for name in ("secret", "open")}

    for grants in (
        Actor("eve", "reader", {f"experiment:#{numbers['secret']}": "none"}),
        Actor("eve", "none", {f"experiment:#{numbers['open']}": "reader"}),
    ):
        found = names(repository.acting(grants))
        assert "open" in found
        assert "secret" not in found
