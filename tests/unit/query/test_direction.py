"""Which way a metric is better."""

from __future__ import annotations

import pytest

from lineal.checks.statistics.metrics import METRICS
from lineal.query.direction import is_smaller_better


@pytest.mark.parametrize(
    "metric",
    """loss val/loss val_loss train.log_loss LogLoss rmse RMSE test_rmse mae mse brier brier_score error error_rate
    test-error mean_squared_error perplexity ece wer binary_logloss mlogloss merror cross_entropy kl_divergence l2
    latency_ms fairness_gap false_positive_rate miss_rate rmse[region=north] max_error hinge_loss""".split(),
)
def test_losses_and_errors_are_better_when_small(metric: str):
    assert is_smaller_better(metric)


@pytest.mark.parametrize(
    "metric",
    """accuracy auc roc_auc f1 recall precision r2 neg_log_loss neg_mean_squared_error brier_skill_score glossary
    recall[error=yes] lossless bleu selection_rate explained_variance true_positive_rate""".split(),
)
def test_scores_are_better_when_large(metric: str):
    assert not is_smaller_better(metric)


@pytest.mark.parametrize("metric", [name for name, metric in METRICS.items() if metric.better])
def test_search_and_checks_agree_about_every_metric_that_an_evaluation_measures(metric: str):
    assert is_smaller_better(metric) == (METRICS[metric].better < 0)
