"""Each format as its real tool wrote it: what it says is kept, and what its counts tell is found."""

from __future__ import annotations

import pytest

from lineal.checks.statistics.samples import AND
from lineal.formats.evaluations import results
from tests.unit.formats.evaluations.recorded import only, read


def test_the_harness_says_tasks_errors_counts_and_versions() -> None:
    found = read("lm_eval")
    plus, group = only(found, task="sums_plus"), only(found, task="sums")

    assert (found.tool, found.tool_version, found.model) == ("lm-evaluation-harness", "0.4.13", "dummy")
    assert (plus.metrics["acc"], plus.row_count, plus.shares["acc"]) == (0.3, 40, (12, 40))
    assert plus.standard_errors["acc"] == pytest.approx(0.0734, abs=1e-4)
    assert (group.row_count, group.shares) == (64, {})
    assert found.facts["sums: tasks"] == "sums_plus, sums_minus"
    assert found.facts["sums_plus: version"] == "1.0"
    assert "samples_sums_plus.jsonl is kept; its 40 samples were not read" in found.notes
    assert [*read("lm_eval/results.json").results] == [*found.results]


def test_mlflow_says_cells_from_which_shares_are_known() -> None:
    found = read("mlflow/classifier")
    overall, kind = only(found), only(read("mlflow/multiclass"), feature="class", value="setosa")
    texts = only(read("mlflow/texts"))

    assert found == read("mlflow/classifier/metrics.json")
    assert (overall.row_count, overall.metrics["recall_score"]) == (200, 65 / 77)
    assert overall.shares == {"accuracy_score": (176, 200), "recall_score": (65, 77), "precision_score": (65, 77)}
    assert (kind.row_count, kind.shares["recall_score"]) == (200, (78, 123))
    assert only(read("mlflow/regressor")).shares == {}
    assert (texts.row_count, texts.shares) == (2, {"same/mean": (1, 2)})
    assert texts == only(read("mlflow/texts/eval_results_table.json"))


def test_a_report_of_scikit_learn_says_classes() -> None:
    found = read("sklearn/three.json")

    assert only(found).shares == {"accuracy": (174, 200)}
    assert only(found).metrics["macro avg recall"] == pytest.approx(0.8322, abs=1e-4)
    assert only(found, feature="class", value="virginica").shares == {"recall": (21, 27)}
    assert only(read("sklearn/some_labels.json")).row_count == 150
    assert only(read("sklearn/report.json"), feature="class", value="1").metrics["precision"] == 65 / 77


@pytest.mark.parametrize("form", ["records", "table", "split", "columns", "index"])
def test_a_frame_of_fairlearn_says_the_same_in_every_form_of_pandas(form: str) -> None:
    found = read(f"fairlearn/{form}", features=("sex",) if form in {"split", "columns", "index"} else ())
    women = only(found, feature="sex", value="Female")

    assert found.tool == "fairlearn"
    assert (women.row_count, women.metrics["recall"]) == (98, pytest.approx(0.9))
    assert women.shares == {"accuracy": (88, 98), "selection_rate": (42, 98)}
    assert only(found).shares["accuracy"] == (176, 200)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_control_features_make_slices_and_intersections(form: str) -> None:
    found = read(f"fairlearn/{form}")

    assert only(found, feature="region", value="north").row_count == 69
    assert only(found, feature="region & sex", value="north & Female").shares["accuracy"] == (24, 29)
    assert len(found.results) == 3 + 6
    assert results.AND == AND


def test_groups_of_several_columns_in_one_key_and_groups_without_rows() -> None:
    crossed = read("fairlearn/crossed.json", features=("sex", "region"))
    empty = read("fairlearn/empty_group.json")

    assert only(crossed, feature="sex & region", value="Male & west").row_count == 30
    assert len(empty.results) == 5
    assert "empty_group.json has no values for Female & north" in empty.notes


@pytest.mark.parametrize("name", ["computed.pt", "computed.safetensors"])
def test_values_of_torchmetrics_are_read_without_unpickling(name: str) -> None:
    found = read(f"torchmetrics/{name}")

    assert only(found).metrics == only(read("torchmetrics/computed.json")).metrics
    assert only(found, feature="class", value="1").metrics["f1"] == pytest.approx(0.844156, abs=1e-6)


def test_hugging_face_says_the_model_and_the_dataset() -> None:
    saved, stated = read("evaluate/saved.json"), read("evaluate/README.md")

    assert (saved.tool, saved.tool_version, saved.model) == ("evaluate", "0.4.6", "ada/churn")
    assert (saved.dataset_said, only(saved).metrics) == ("imdb", {"accuracy": 0.865, "f1": 0.8163})
    assert only(stated, task="imdb (test)").metrics == {"accuracy": 0.865, "f1": 0.8163}


def test_numbers_by_name_do_not_say_who_measured_them() -> None:
    found = read("torchmetrics/each_class.json")

    assert (found.format, found.tool) == ("metrics", "")
