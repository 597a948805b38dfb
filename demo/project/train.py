"""Train a model that tells who earns more than 50K a year. It knows nothing of Lineal."""

import argparse
import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler


def make_model(kind: str, seed: int, rate: float):
    words = make_column_selector(dtype_exclude=np.number)
    numbers = make_column_selector(dtype_include=np.number)
    if kind == "logistic":
        columns = make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore", min_frequency=20), words), (StandardScaler(), numbers)
        )
        return make_pipeline(columns, LogisticRegression(max_iter=400, random_state=seed))
    columns = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), words), remainder="passthrough"
    )
    return make_pipeline(columns, HistGradientBoostingClassifier(learning_rate=rate, random_state=seed))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="data/adult-train.csv")
    parser.add_argument("--kind", choices=["logistic", "boosting"], default="logistic")
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()

    np.random.seed(options.seed)
    table = pd.read_csv(options.data)
    rows, labels = table.drop(columns=["income", "fnlwgt"]), table["income"]
    fit_rows, check_rows, fit_labels, check_labels = train_test_split(
        rows, labels, test_size=0.1, random_state=options.seed, stratify=labels
    )
    model = make_model(options.kind, options.seed, options.rate)
    model.fit(fit_rows, fit_labels)

    scores = model.predict_proba(check_rows)[:, 1]
    measured = {
        "validation_accuracy": accuracy_score(check_labels, model.predict(check_rows)),
        "validation_auc": roc_auc_score(check_labels == ">50K", scores),
    }
    Path("out").mkdir(exist_ok=True)
    joblib.dump(model, "out/model.joblib")
    Path("out/metrics.json").write_text(json.dumps(measured))
    print(f"trained {options.kind} on {len(fit_rows)} rows: {measured}")


if __name__ == "__main__":
    main()
