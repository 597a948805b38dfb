"""Models of tables: scikit-learn, XGBoost, LightGBM, CatBoost. Prints what must be the same whether it is recorded or not."""

from __future__ import annotations

import hashlib
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

import catboost
import joblib
import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import accuracy_score, make_scorer, mean_squared_error, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

numbers, labels = make_classification(200, 4, random_state=0)
X = pd.DataFrame(numbers.astype("float32"), columns=["age", "hours", "income", "debt"])
y = pd.Series(labels, name="rich")
X_valid, y_valid = X[150:], y[150:]
X, y = X[:150], y[:150]


def show(what: str, *values: Any) -> None:
    """Print ``values`` in full."""
    print(what, *(np.asarray(each).tolist() if hasattr(each, "dtype") else each for each in values))


def scikit_learn() -> None:
    """Fit, search, score, and learn from a stream."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.25, random_state=7)).fit(X, y)
    show("accuracy", accuracy_score(y, pipeline.predict(X)), pipeline.score(X_valid, y_valid))
    show("error", mean_squared_error(y_valid, pipeline.predict_proba(X_valid)[:, 1]))
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, scoring=make_scorer(roc_auc_score)).fit(X, y)
    show("search", search.best_params_, search.best_score_)
    show("folds", cross_val_score(search.best_estimator_, X, y, cv=2))
    stream = SGDClassifier(alpha=0.01, random_state=1)
    for start in range(0, 150, 50):
        stream.partial_fit(X[start : start + 50], y[start : start + 50], classes=[0, 1])
    show("stream", stream.coef_)
    show("clone", clone(pipeline).get_params()["logisticregression__C"], sorted(clone(search).get_params()))
    joblib.dump(pipeline, "models/pipeline.joblib")
    Path("models/parts.pkl").write_bytes(pickle.dumps((search.best_estimator_, search.scoring, accuracy_score)))


def xg_boost() -> None:
    """Train by both of its interfaces, with early stopping."""
    train, valid = xgboost.DMatrix(X, label=y), xgboost.DMatrix(X_valid, label=y_valid)
    params = {
        "objective": "binary:logistic",
        "max_depth": 2,
        "eval_metric": ["logloss", "auc"],
        "nthread": 1,
        "seed": 3,
    }
    result: dict[str, Any] = {}
    mine: list[Any] = [xgboost.callback.EarlyStopping(3, save_best=True)]
    booster = xgboost.train(
        params, train, 20, evals=[(train, "train"), (valid, "valid")], evals_result=result, callbacks=mine,
        verbose_eval=5,
    )  # fmt: skip
    show("xgboost", result, booster.best_iteration, len(mine), params, booster.predict(valid))
    booster.save_model("models/booster.ubj")
    estimator = xgboost.XGBClassifier(n_estimators=4, max_depth=3, n_jobs=1, eval_metric="logloss")
    estimator.fit(X, y, eval_set=[(X_valid, y_valid)], verbose=False)
    show("estimator", estimator.evals_result(), estimator.callbacks, estimator.predict(X_valid))
    estimator.save_model("models/estimator.json")
    folds = xgboost.cv(params, train, 3, nfold=2, seed=0)
    show("cv", folds.to_dict())


def light_gbm() -> None:
    """Train by both of its interfaces, with early stopping."""
    params = {"objective": "binary", "num_leaves": 4, "num_threads": 1, "verbosity": -1, "seed": 5}
    result: dict[str, Any] = {}
    mine = [lightgbm.early_stopping(2, verbose=False), lightgbm.record_evaluation(result)]
    train = lightgbm.Dataset(X, label=y)
    booster = lightgbm.train(
        params, train, 15, valid_sets=[lightgbm.Dataset(X_valid, label=y_valid, reference=train)],
        valid_names=["held out"], callbacks=mine,
    )  # fmt: skip
    show("lightgbm", result, booster.best_iteration, len(mine), [each.order for each in mine], booster.best_score)
    booster.save_model("models/booster.txt")
    estimator = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=5, n_jobs=1, verbosity=-1)
    estimator.fit(X, y, eval_set=[(X_valid, y_valid)])
    show("estimator", estimator.evals_result_, estimator.predict(X_valid), sorted(estimator.get_params()))
    joblib.dump(estimator, "models/lightgbm.joblib")


def cat_boost() -> None:
    """Train with early stopping."""
    model = catboost.CatBoostClassifier(
        iterations=8, depth=2, random_seed=9, thread_count=1, verbose=False, allow_writing_files=False
    )
    model.fit(X, y, eval_set=(X_valid, y_valid), early_stopping_rounds=3)
    show("catboost", model.get_evals_result(), model.get_params(), model.predict(X_valid))
    model.save_model("models/model.cbm")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    Path("models").mkdir()
    for each in (scikit_learn, xg_boost, light_gbm, cat_boost):
        each()
    for path in sorted(Path("models").iterdir()):
        # CatBoost writes down when a model was trained.
        if path.suffix != ".cbm":
            show(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    sys.stdout.flush()
