"""Which way a metric is better, told from its name."""

from __future__ import annotations

import re

SMALLER_IS_BETTER = frozenset(
    # losses, by their own names and those that XGBoost, LightGBM and Keras print
    "loss logloss mlogloss hinge huber deviance nll crossentropy entropy kl kld kldiv divergence perplexity ppl bpb bpc"
    # errors of numbers
    " error errors merror rmse mse mae mape smape wape mase rmsle msle medae l1 l2 residual"
    # errors of classes, of words and of probabilities
    " fpr fnr fdr mistakes misclassification brier ece mce wer cer ter fid"
    # costs and unfairness
    " latency duration runtime cost gap disparity regret".split()
)
"""Words in a metric's name by which a smaller value is better."""

_PHRASES = re.compile(r"false (?:positive|negative|discovery|omission) rate|miss rate")
_NEGATED = frozenset("neg negative skill".split())
"""Words that turn it round: scikit-learn's neg_log_loss, the Brier skill score."""


def is_smaller_better(metric: str) -> bool:
    """Tell whether a smaller value of ``metric`` is better.

    The name decides: ``val/log_loss``, ``rmse[region=north]`` and ``test_error`` hold a word that says so. A metric that
    says nothing counts as better when it is larger.
    """
    name = " ".join(re.findall(r"[a-z0-9]+", metric.partition("[")[0].lower()))
    words = set(name.split())
    return bool(words & SMALLER_IS_BETTER or _PHRASES.search(name)) and not words & _NEGATED
