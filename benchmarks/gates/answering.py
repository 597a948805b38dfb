"""What the peers answer, in their own environment: ``answering.py WORK ARRAYS.npz`` prints JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
from fairlearn import metrics as fair
from scipy import stats
from sklearn import metrics as sk
from statsmodels.stats import contingency_tables, multitest, proportion


def bootstrap(data: Any) -> dict[str, Any]:
    """Time fairlearn's bootstrap: five metrics by group, with the interval of each, of their difference and ratio."""
    functions = {
        "accuracy": sk.accuracy_score,
        "recall": fair.true_positive_rate,
        "false_positive_rate": fair.false_positive_rate,
        "selection_rate": fair.selection_rate,
        "precision": sk.precision_score,
    }
    started = time.process_time()
    frame = fair.MetricFrame(
        metrics=functions,
        y_true=data["actual"],
        y_pred=data["candidate"],
        sensitive_features=data["group"],
        n_boot=int(data["replicates"]),
        ci_quantiles=[0.025, 0.975],
        random_state=1,
    )
    gaps, seconds = frame.difference_ci(), time.process_time() - started
    return {"seconds": seconds, "gap_intervals": {name: [float(each[name]) for each in gaps] for name in functions}}


def agreement(data: Any) -> dict[str, float | list[float]]:
    """Return the same figures as ours, by the peers' own functions."""
    actual, candidate, champion, group, scores = (
        data[name] for name in ("actual", "candidate", "champion", "group", "scores")
    )
    right, was = candidate == actual, champion == actual
    table = np.array([[np.sum(right & was), np.sum(~right & was)], [np.sum(right & ~was), np.sum(~right & ~was)]])
    hits, count = int(right.sum()), len(right)
    first, second = ((candidate[group == each] == 1) for each in (0, 1))
    newcombe = proportion.confint_proportions_2indep(
        first.sum(), len(first), second.sum(), len(second), method="newcomb", compare="diff"
    )
    errors = data["candidate_errors"] ** 2 - data["champion_errors"] ** 2
    return {
        "McNemar, exact, two-sided (statsmodels)": float(contingency_tables.mcnemar(table, exact=True).pvalue),
        "Wilson (statsmodels)": list(map(float, proportion.proportion_confint(hits, count, method="wilson"))),
        "Clopper-Pearson (statsmodels)": list(map(float, proportion.proportion_confint(hits, count, method="beta"))),
        "Newcombe (statsmodels)": list(map(float, newcombe)),
        "Holm (statsmodels)": multitest.multipletests(data["p"], method="holm")[1].tolist(),
        "Student, paired (scipy)": list(
            map(float, stats.t.interval(0.95, len(errors) - 1, errors.mean(), stats.sem(errors)))
        ),
        "Brier (scikit-learn)": float(sk.brier_score_loss(actual, scores)),
        "AUC (scikit-learn)": float(sk.roc_auc_score(actual, scores)),
        "demographic parity difference (fairlearn)": float(
            fair.demographic_parity_difference(actual, candidate, sensitive_features=group)
        ),
        "demographic parity ratio (fairlearn)": float(
            fair.demographic_parity_ratio(actual, candidate, sensitive_features=group)
        ),
        "equalized odds difference (fairlearn)": float(
            fair.equalized_odds_difference(actual, candidate, sensitive_features=group)
        ),
    }


if __name__ == "__main__":
    print(json.dumps({"bootstrap": bootstrap, "agreement": agreement}[sys.argv[1]](np.load(sys.argv[2]))))
