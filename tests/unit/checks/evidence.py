"""Evidence to judge: versions, and two versions' answers to the same made-up people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lineal.checks.evaluation import evaluate
from lineal.checks.evidence import Answers, Evidence
from lineal.checks.statistics.paired import pair
from lineal.formats.predictions import Prediction
from lineal.objects.digest import digest_of
from lineal.objects.runs import Code, ModelFacts, Package, Runtime
from lineal.objects.statements import Evaluation
from lineal.objects.versions import DataUse, Version

DATASET = digest_of(b"held out")
CODE = Code(commit="0123456789abcdef")
RUNTIME = Runtime(python="3.11.7", packages=(Package(name="scikit-learn", version="1.5.0"),))
FACTS = ModelFacts(
    framework="sklearn",
    framework_version="1.5.0",
    architecture="sklearn.linear_model.LogisticRegression",
    inputs={"age": "int64", "job": "object"},
    outputs={"income": "object"},
    classes=("no", "yes"),
)

Cells = dict[tuple[str, str, str, str], int]
"""How many rows have (group, actual, the candidate's answer, the champion's answer)."""


def version(**changes: Any) -> Version:
    """Return a version as a good run gives it, with ``changes``."""
    whole = {
        "weights": digest_of(b"weights"),
        "main_file": "model.joblib",
        "run": digest_of(b"run"),
        "code": digest_of(b"code"),
        "runtime": digest_of(b"runtime"),
        "data": (DataUse(path="data/train.csv", digest=digest_of(b"train"), dataset=digest_of(b"dataset")),),
        "params": {"rate": 0.1},
        "metrics": {"validation_accuracy": 0.8},
        "facts": FACTS,
    }
    return Version(**{**whole, **changes})


def answers(cells: Cells) -> Iterator[tuple[dict[str, str], Prediction, Prediction]]:
    """Yield each row with both answers."""
    for (group, actual, candidate, champion), count in cells.items():
        for _ in range(count):
            yield {"sex": group, "y": actual}, _answer(candidate), _answer(champion)


def _answer(name: str) -> Prediction:
    return Prediction(name, {"yes": 0.9, "no": 0.1} if name == "yes" else {"yes": 0.2, "no": 0.8})


def evidence(cells: Cells, *, is_first: bool = False, **changes: Any) -> Evidence:
    """Return what is known of a candidate, and of a champion unless the candidate ``is_first``."""
    rows, new, old = (list(each) for each in zip(*answers(cells), strict=True))
    pairs = pair(rows, new, old, task="binary", label="y", positive="yes", slices=("sex",))
    whole: dict[str, Any] = {
        "version": version(),
        "reference": "income:1.1.0",
        "author": "ada",
        "code": CODE,
        "runtime": RUNTIME,
        "evaluation": evaluation(rows, new),
        "answers": Answers(pairs.truth, pairs.candidate),
        "semantic": "1.1.0",
    }
    if not is_first:
        whole |= {
            "champion": version(weights=digest_of(b"the champion's weights")),
            "champion_semantic": "1.0.0",
            "champion_reference": "income:1.0.0",
            "champion_evaluation": evaluation(rows, old),
            "pairs": pairs,
        }
    return Evidence(**{**whole, **changes})


def evaluation(rows: list[dict[str, str]], predictions: list[Prediction]) -> Evaluation:
    """Return the evaluation of some answers."""
    task, overall, slices = evaluate(rows, predictions, label="y", positive="yes", slices=("sex",))
    return Evaluation(dataset=DATASET, task=task, label="y", positive="yes", overall=overall, slices=slices)


def people(**groups: tuple[int, int, int, int]) -> Cells:
    """Return cells where every no is answered right; each group has (both right, fixed, broke, both wrong) yes rows."""
    found: Cells = {}
    for group, (both, fixed, broke, neither) in groups.items():
        found |= {
            (group, "no", "no", "no"): 1_000,
            (group, "yes", "yes", "yes"): both,
            (group, "yes", "yes", "no"): fixed,
            (group, "yes", "no", "yes"): broke,
            (group, "yes", "no", "no"): neither,
        }
    return found
