"""Columns of a table of runs: what differs comes first, and what somebody chose comes as they chose it."""

from __future__ import annotations

import pytest

from lineal.objects.errors import Invalid
from lineal.operations.answers.tables import Column
from lineal.operations.asking import columns

VALUES: columns.Values = {
    "metrics": [{"auc": 0.9, "epoch": 20}, {"auc": 0.8, "epoch": 20}],
    "params": [{"a": "1", "lr": "0.1", "only": "x"}, {"a": "1", "lr": "0.2"}],
    "tags": [{"team": "a"}, {"team": "b"}],
}


def test_what_differs_between_rows_comes_before_what_is_the_same_in_all() -> None:
    found = columns.names(VALUES)

    assert {"metrics": ("auc", "epoch"), "params": ("lr", "only", "a"), "tags": ("team",)} == found


def test_names_with_numbers_are_in_the_order_of_these() -> None:
    layers: columns.Values = {"metrics": [{f"layer{place}/loss": 1 for place in (10, 9, 1)}], "params": [], "tags": []}

    assert ("layer1/loss", "layer9/loss", "layer10/loss") == columns.names(layers)["metrics"]


def test_by_itself_a_table_has_metrics_and_params_and_first_what_was_asked_about() -> None:
    found = columns.by_themselves(VALUES, [Column("params", "a"), Column("tags", "team"), Column("metrics", "epoch")])

    assert ["metrics.epoch", "metrics.auc", "params.a", "params.lr", "params.only", "tags.team"] == [
        each.text for each in found
    ]
    assert [False, True, False] == [each.differs for each in columns.marked(found, VALUES)][:3]


def test_a_run_with_a_thousand_params_makes_no_table_of_a_thousand_columns() -> None:
    many: columns.Values = {"metrics": [{}], "params": [{f"p{place}": "1" for place in range(1_000)}], "tags": [{}]}

    assert (8, 200) == (len(columns.by_themselves(many, [])), len(columns.names(many)["params"]))


def test_columns_are_chosen_by_name_each_once_in_their_order() -> None:
    found = columns.chosen(("params.a b", "source", "metrics.val/auc", "params.a b", "tags.mlflow.user"))

    assert ("source",) == found.fields
    assert ["params.a b", "metrics.val/auc", "tags.mlflow.user"] == [each.text for each in found.columns]


@pytest.mark.parametrize("text", ["auc", "metrics.", "metric.auc", "", "__class__"])
def test_what_is_no_column_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(Invalid, match="is no column") as error:
        columns.chosen((text,))

    assert "metrics." in error.value.hint


def test_nobody_chooses_more_columns_than_a_table_has() -> None:
    with pytest.raises(Invalid, match="at most 100 columns"):
        columns.chosen(f"params.p{place}" for place in range(101))


@pytest.mark.parametrize(
    ("text", "name", "is_ascending"),
    [("metrics.val loss desc", "val loss", False), ("params.lr asc", "lr", True), ("started desc", "started", False)],
)
def test_an_order_is_a_column_and_a_way(text: str, name: str, is_ascending: bool) -> None:
    sort, *_ = columns.sorts(text, lambda _: False)

    assert (name, is_ascending) == (sort.by.name, sort.ascending)


@pytest.mark.parametrize("text", ["metrics.auc", "auc desc", "desc", "metrics.auc down", "r.id; drop table run asc"])
def test_what_is_no_order_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is no"):
        columns.sorts(text, lambda _: False)
