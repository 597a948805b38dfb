"""Runs are found by what they are a part of, and their sources of parameters come back with them."""

from __future__ import annotations

import msgspec
import pytest

from lineal.client.local import LocalRepository
from lineal.objects.context import Context
from tests.unit.operations import making
from tests.unit.operations.making import CODE, RUNTIME


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ('tags."airflow.task" = train and params.depth = 3', True),
        ('tags."airflow.attempt" = 1', False),
        ('tags."lineal.parent" = 01ARZ3NDEKTSV4RRFFQ69G5FAW', True),
    ],
)
def test_a_run_is_found_by_its_context(query: str, is_found: bool, either: LocalRepository) -> None:
    repository = either
    made = making.run(repository, depth=3).run
    assert made is not None
    run = msgspec.structs.replace(
        made,
        id=repository.store.clock.new_id(),
        parent="01ARZ3NDEKTSV4RRFFQ69G5FAW",
        context=(Context(system="airflow", workflow="churn", task="train", attempt="2"),),
        param_sources={"depth": "argparse"},
    )

    repository.runs.finish(run=run, code=CODE, runtime=RUNTIME)

    found = repository.search(query, kind="runs")
    assert [run.id] * is_found == [each.id for each in found.runs]
    assert run == repository.show(f"run:{run.id}").run
