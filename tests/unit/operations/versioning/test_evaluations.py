"""Versions that really predict, in processes of their own: rankings, tables of any format, functions of the project, costs."""

from __future__ import annotations

import io
import json
import pickle
import types
from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import matthews_corrcoef

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, Refused
from lineal.objects.runs import ModelFacts
from lineal.objects.statements import Evaluation
from lineal.operations.references import find_version
from lineal.operations.versioning.held_out import HeldOut
from lineal.operations.versioning.predicting import is_ranker
from lineal.storage.store import Programs
from tests.unit.operations import making
from tests.unit.operations.versioning.measuring import ROWS, csv

Policy = Callable[[str], None]


def parquet(rows: list[dict[str, Any]]) -> bytes:
    found = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), found, row_group_size=50)
    return found.getvalue()


def arrow(rows: list[dict[str, Any]]) -> bytes:
    found = io.BytesIO()
    pyarrow.feather.write_feather(pa.Table.from_pylist(rows), found)
    return found.getvalue()


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in rows)


def without(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [{key: value for key, value in each.items() if key != name} for each in rows]


NORTH, SOUTH = ([each for each in ROWS if each["shop"] == shop] for shop in ("north", "south"))


# --- tables


@pytest.mark.parametrize(
    "contents",
    [
        {"a.csv": csv()},
        {"a.csv": csv(ROWS[:100]), "b.csv": csv(ROWS[100:]), "README.md": b"# rows"},
        {"a.parquet": parquet(ROWS)},
        {"a.parquet": parquet(ROWS[:100]), "b.arrow": arrow(ROWS[100:])},
        {"a.jsonl": lines(ROWS)},
        {"shop=north/a.parquet": parquet(without(NORTH, "shop")), "shop=south/a.jsonl": lines(without(SOUTH, "shop"))},
    ],
    ids=["csv", "files", "parquet", "mixed", "json-lines", "partitions"],
)
def test_held_out_rows_are_the_same_in_every_format(repository: LocalRepository, contents: dict[str, bytes]) -> None:
    digest = making.files(repository, "rows", contents).digest
    found = list(HeldOut(repository.store, digest).rows())
    expected = [{name: str(value) for name, value in each.items()} for each in ROWS]

    assert {tuple(sorted(each.items())) for each in found} == {tuple(sorted(each.items())) for each in expected}
    assert len(found) == len(expected)
    if "shop=north/a.parquet" not in contents:
        assert found == expected


def test_a_missing_value_is_an_empty_text_in_every_format(repository: LocalRepository) -> None:
    rows = [{"a": 1.5, "b": None}, {"a": None, "b": "x"}]
    for contents in ({"a.parquet": parquet(rows)}, {"a.jsonl": b'{"a": 1.5, "b": null}\n{"b": "x"}\n'}):
        digest = making.files(repository, "rows", contents).digest

        assert list(HeldOut(repository.store, digest).rows()) == [{"a": "1.5", "b": ""}, {"a": "", "b": "x"}]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({"a.csv": csv(), "b.csv": csv(without(ROWS, "age"))}, r"b.csv of .* than a.csv: it lacks age"),
        ({"a.csv": csv(without(ROWS, "age")), "b.csv": csv()}, "it also has age"),
        ({"README.md": b"# rows", "b.txt": b"more"}, "no table with a header"),
        ({"a.parquet": b"PAR1 no"}, "a.parquet of"),
    ],
)
def test_files_that_are_no_table_together_are_named(
    repository: LocalRepository, contents: dict[str, bytes], message: str
) -> None:
    digest = making.files(repository, "rows", contents).digest

    with pytest.raises(Invalid, match=message):
        list(HeldOut(repository.store, digest).rows())


# --- rankings


def test_a_ranking_is_measured_on_parquet_files_by_query_with_costs(
    repository: LocalRepository, model: Callable[..., str]
) -> None:
    making.files(repository, "searches", {"1.parquet": parquet(ROWS[:120]), "2.parquet": parquet(ROWS[120:])})
    version = model("score", "float64", "lightgbm.sklearn.LGBMRanker")
    options = {"dataset": "data:searches", "label": "relevance"}

    with pytest.raises(Invalid, match="no column says which belong together"):
        repository.evaluate(version, **options)

    found = repository.evaluate(
        version, **options, query="search", slices=("shop", "shop*age:50"), cutoffs=("3",), metrics=("measures:best",)
    ).evaluation

    assert (found.task, found.query, found.overall.query_count, found.edges) == (
        "ranking",
        "search",
        40,
        {"age": (50,)},
    )
    assert 0.5 < found.overall.metrics["ndcg@3"] < found.overall.intervals["ndcg@3"][1] < 1
    assert found.overall.intervals["best"][0] < found.overall.metrics["best"] <= 2
    assert [each.value for each in found.slices] == [
        "north",
        "south",
        "north & under 50",
        "north & 50 and over",
        "south & under 50",
        "south & 50 and over",
    ]
    assert found.slices[0].query_count == 20

    cost = found.cost
    assert cost is not None
    assert 0 < cost.latency_p50_ms <= cost.latency_p95_ms <= cost.latency_p99_ms
    assert (cost.request_count, cost.size_bytes) == (300, len(pickle.dumps(types.SimpleNamespace(predict=list))))
    assert cost.rows_per_second > 0 < cost.load_ms < cost.start_ms
    assert 10e6 < cost.memory_bytes < 1e9
    assert cost.environment_bytes > 10e6

    policy = '[[gate.production]]\ncheck = "budget"\nfigure = "latency_p95_ms"\nat_most = 0.0001\n'
    (verdict,) = repository.gate(version, policy='[evaluation]\ndataset = "data:searches"\n' + policy).verdicts
    assert (verdict.outcome, "latency_p95_ms is" in verdict.reason) == ("fail", True)


@pytest.mark.parametrize(
    ("facts", "params", "ranks"),
    [
        ({"architecture": "Pipeline\n  xgboost.sklearn.XGBRanker"}, {}, True),
        ({"architecture": "catboost.core.CatBoostRanker"}, {}, True),
        ({}, {"objective": "rank:ndcg"}, True),
        ({}, {"lightgbm.objective": "lambdarank"}, True),
        ({}, {"loss_function": "YetiRank:mode=NDCG"}, True),
        ({"architecture": "sklearn.linear_model.LogisticRegression"}, {"objective": "binary:logistic"}, False),
    ],
)
def test_a_ranker_is_known_by_its_class_or_by_what_it_learned(
    repository: LocalRepository, facts: dict[str, str], params: dict[str, Any], ranks: bool
) -> None:
    models = {"model.bin": ModelFacts(framework="xgboost", **facts)}
    run = making.run(repository, writes={"model.bin": b"weights"}, models=models, **params)
    version = repository.model.register(run.reference, name="m").reference

    assert is_ranker(repository.store, find_version(repository.store, version)) == ranks


# --- functions


def test_functions_of_the_project_measure_with_intervals_in_every_subgroup(
    repository: LocalRepository, model: Callable[..., str]
) -> None:
    version = model("guess")
    names = ("measures:wrong", "measures:parts", "measures:spread", "sklearn.metrics:matthews_corrcoef")
    answer = repository.evaluate(
        version,
        dataset="data:held-out",
        label="bought",
        positive="yes",
        slices=("shop",),
        metrics=names,
        replicates=20,
        without_costs=True,
    )
    found = answer.evaluation
    actual, predicted = [each["bought"] for each in ROWS], [each["guess"] for each in ROWS]

    assert found.cost is None
    assert (found.functions, found.replicates) == (names, 20)
    assert found.overall.metrics["wrong"] == pytest.approx(1 - found.overall.metrics["accuracy"])
    assert found.overall.metrics["old"] == sum(each["age"] > 60 for each in ROWS)
    assert found.overall.metrics["matthews_corrcoef"] == pytest.approx(matthews_corrcoef(actual, predicted))
    wilson = found.overall.intervals["accuracy"]
    assert found.overall.intervals["wrong"] == pytest.approx((1 - wilson[1], 1 - wilson[0]), abs=0.06)
    assert all("wrong" in each.intervals for each in found.slices)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("measures:not_a_number", "not_a_number is nan, which is no number"),
        ("measures:text", "text returned 'much', a str and no number"),
        ("measures:truth", "truth returned True, a bool and no number"),
        ("measures:raises", r"LookupError: nothing there \(measures.py, line 8\)"),
        ("measures:accuracy", "there is a metric 'accuracy' already"),
        ("measures:asks", "it asks for 'weather'; it can ask for rows, actual"),
        ("measures:scored", "it asks for scores, which there are none of"),
        ("measures:leaves", "ended with exit status 3 and no answer"),
        ("measures:sleeps", "it took longer than 2 seconds"),
        ("measures:gone", "AttributeError"),
        ("nowhere:wrong", "ModuleNotFoundError"),
        ("measures", "names no function"),
    ],
)
def test_a_function_that_does_not_measure_says_why(
    repository: LocalRepository, model: Callable[..., str], name: str, message: str
) -> None:
    version = model("guess")

    with pytest.raises(Invalid, match=message):
        repository.evaluate(
            version,
            dataset="data:held-out",
            label="bought",
            function="measures:answer",
            metrics=(name,),
            timeout_s=2.0,
        )
    assert not [each for each in repository.show(version).statements if isinstance(each.predicate, Evaluation)]


def test_a_function_answers_in_place_of_a_model_that_nothing_loads(
    repository: LocalRepository, model: Callable[..., str]
) -> None:
    version = model("guess")
    options = {"dataset": "data:held-out", "label": "bought"}
    plain = repository.evaluate(version, **options, function="measures:answer", minimum_rows=100, slices=("shop",))
    surely = repository.evaluate(version, **options, function="measures:surely").evaluation
    numbers = repository.evaluate(version, dataset="data:held-out", function="measures:numbers").evaluation

    assert plain.evaluation.function == "measures:answer"
    assert plain.evaluation.overall.row_count == 240
    assert plain.evaluation.overall.metrics["accuracy"] == surely.overall.metrics["accuracy"]
    assert surely.overall.metrics["log_loss"] > 0
    assert (numbers.task, numbers.overall.metrics) == ("other", {"bleu": 0.25, "rows": 240.0})
    assert numbers.cost is not None
    assert numbers.cost.memory_bytes > 1e6
    with pytest.raises(Invalid, match="no label says which are right"):
        repository.evaluate(version, dataset="data:held-out", function="measures:answer")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("few", "there are 1 predictions for 240 rows"),
        ("holes", "its answer to row 2 is nan"),
        ("objects", "its answer to row 1 is <object"),
        ("word", "it returned 'yes', neither an answer for each row nor"),
    ],
)
def test_answers_that_are_none_are_told(
    repository: LocalRepository, model: Callable[..., str], name: str, message: str
) -> None:
    version = model("guess")

    with pytest.raises(Invalid, match=message):
        repository.evaluate(version, dataset="data:held-out", label="bought", function=f"measures:{name}")


@pytest.mark.parametrize(
    ("programs", "own", "sent"), [("none", False, False), ("own", True, False), ("all", True, True)]
)
def test_functions_run_only_where_they_may(
    repository: LocalRepository, model: Callable[..., str], policy: Policy, programs: Programs, own: bool, sent: bool
) -> None:
    version = model("guess")
    repository.store = msgspec.structs.replace(repository.store, programs=programs)
    options = {"dataset": "data:held-out", "label": "bought", "without_costs": True}

    def may(**more: Any) -> bool:
        try:
            return bool(repository.evaluate(version, **options, **more))
        except Refused:
            return False

    assert may(function="measures:answer") == sent
    policy('[evaluation]\nfunction = "measures:answer"\nmetrics = ["measures:wrong"]\n')
    assert may() == own


# --- what is asked for


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "bougth"}, "no column 'bougth'"),
        ({"slices": ("shop*colour",)}, "no column 'colour'"),
        ({"cutoffs": ("ten",)}, "'ten' is no whole number"),
        ({"executor": "cluster"}, "no executor is called 'cluster'"),
        ({"replicates": -1}, "replicates must be from 0"),
        ({"minimum_rows": -3}, "minimum_rows must be 1 or more"),
    ],
)
def test_a_slip_is_told_before_the_model_predicts(
    repository: LocalRepository, model: Callable[..., str], options: dict[str, Any], message: str
) -> None:
    version = model("guess")
    given = {"dataset": "data:held-out", "label": "bought", "function": "measures:raises"}

    with pytest.raises(Invalid, match=message):
        repository.evaluate(version, **{**given, **options})
