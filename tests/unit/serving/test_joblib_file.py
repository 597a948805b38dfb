"""A loaded model answers exactly as it did where it was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from lineal.formats.predictions import Prediction
from lineal.formats.tables import delimited
from lineal.objects.errors import Corrupt, Invalid, Unavailable, Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Predictor, load
from lineal.serving.release import Release
from lineal.serving.rows import cells, typed
from tests.unit.serving.releases import TABLE, rows_of

POINTS = np.array([[0.1, 3.0], [0.7, 1.0], [0.3, 2.5], [0.9, 0.2]] * 5, dtype=np.float32)
SUMS = POINTS @ np.array([1.5, -0.3], dtype=np.float32)


def loaded(model: Any, path: Path, **facts: Any) -> Predictor:
    joblib.dump(model, path / "model.joblib")
    return load(path / "model.joblib", ModelFacts(framework="sklearn", **facts))


def test_a_pipeline_on_a_table_with_missing_words_predicts_as_in_training(
    model: Any, served: Path, release: Release
) -> None:
    predictor = load(served / "model" / release.main_file, release.facts)
    answers = predictor.predict(typed(rows_of(TABLE), predictor.inputs))

    assert [each.prediction for each in answers] == list(model.predict(TABLE))
    assert [list(each.probabilities.values()) for each in answers] == model.predict_proba(TABLE).tolist()
    assert list(answers[0].probabilities) == ["no", "yes"]


def test_the_text_of_a_table_is_read_as_training_read_it(model: Any, served: Path, release: Release) -> None:
    predictor = load(served / "model" / release.main_file, release.facts)
    text = TABLE.to_csv(index=False).encode()
    answers = predictor.predict(typed(cells(delimited.rows([text]), predictor.inputs), predictor.inputs))

    assert [list(each.probabilities.values()) for each in answers] == model.predict_proba(TABLE).tolist()


def test_a_model_of_named_columns_knows_them_without_what_was_recorded(model: Any, tmp_path: Path) -> None:
    predictor = loaded(model, tmp_path)

    assert dict(predictor.inputs) == {"age": "", "hours": "", "job": ""}
    assert [each.prediction for each in predictor.predict(typed(rows_of(TABLE), predictor.inputs))] == list(
        model.predict(TABLE)
    )


def test_an_array_has_the_dtype_that_it_had_in_training(tmp_path: Path) -> None:
    model = LinearRegression().fit(POINTS, SUMS)
    predictor = loaded(model, tmp_path, inputs={"x0": "float32", "x1": "float32"})
    answers = predictor.predict([{"x0": float(a), "x1": float(b)} for a, b in POINTS])

    assert answers == [Prediction(float(each)) for each in model.predict(POINTS)]


def test_a_model_of_texts_gets_texts(tmp_path: Path) -> None:
    texts = ["good day", "bad day", "good night", "bad night"]
    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(texts, [1, 0, 1, 0])
    answers = loaded(model, tmp_path, inputs={"x": "str"}).predict([{"x": text} for text in texts])

    assert [each.prediction for each in answers] == [1, 0, 1, 0]
    assert {tuple(each.probabilities) for each in answers} == {("0", "1")}


def test_rows_that_were_lists_come_as_lists(tmp_path: Path) -> None:
    model = LogisticRegression().fit(POINTS.tolist(), SUMS > 0.5)
    answers = loaded(model, tmp_path, inputs={"x": "list"}).predict([{"x": row} for row in POINTS.tolist()])

    assert [each.prediction for each in answers] == model.predict(POINTS.tolist()).tolist()


def test_a_table_goes_to_a_pipeline_that_cannot_say_its_columns(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(pd.DataFrame.mul, kw_args={"other": 2}), IsolationForest(random_state=0))
    frame = pd.DataFrame(POINTS, columns=["left", "right"])
    model.fit(frame)
    answers = loaded(model, tmp_path, inputs={"left": "float32", "right": "float32"}).predict(
        [{"left": float(a), "right": float(b)} for a, b in POINTS]
    )

    assert answers == [Prediction(int(each)) for each in model.predict(frame)]


def test_no_rows_are_no_predictions(tmp_path: Path) -> None:
    assert loaded(LinearRegression().fit(POINTS, SUMS), tmp_path).predict([]) == []


def test_several_answers_a_row_are_not_served(tmp_path: Path) -> None:
    model = LinearRegression().fit(POINTS, np.stack([SUMS, SUMS], axis=1))

    with pytest.raises(Unsupported, match="several answers"):
        loaded(model, tmp_path).predict([{"x0": 1.0, "x1": 2.0}])


def test_rows_that_the_model_refuses_are_invalid(tmp_path: Path) -> None:
    model = LinearRegression().fit(POINTS, SUMS)

    with pytest.raises(Invalid, match=r"cannot take these rows.*NaN"):
        loaded(model, tmp_path).predict([{"x0": float("nan"), "x1": 2.0}])


def test_a_model_that_fails_is_not_the_clients_fault(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="the model failed: RuntimeError: out of memory"):
        loaded(Broken(), tmp_path).predict([{"x": 1.0}])


class Broken(LinearRegression):
    """A model whose library went wrong."""

    def predict(self, X: Any) -> Any:  # noqa: N803
        raise RuntimeError("out of memory on the device")


def test_a_file_that_is_no_pickle_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"these are no weights")

    with pytest.raises(Corrupt, match=r"model\.pkl cannot be loaded"):
        load(tmp_path / "model.pkl", ModelFacts())


def test_what_does_not_predict_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="holds a dict"):
        loaded({"model": 1}, tmp_path)


def test_a_framework_without_a_loader_is_named(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"no model")

    with pytest.raises(Unsupported, match=r"weights\.bin \(framework not recorded\)") as caught:
        load(tmp_path / "weights.bin", ModelFacts())

    assert "joblib" in caught.value.hint
