"""Every verb of Lineal, one typed function each. Start reading here; importing the package makes all of them known."""

from lineal.operations import (
    cards,
    comparisons,
    data_diff,
    datasets,
    deployments,
    evaluations,
    lineage,
    models,
    promotions,
    questions,
    registration,
    runs,
    upkeep,
)
from lineal.operations.operation import OPERATIONS, Operation

__all__ = [
    "OPERATIONS",
    "Operation",
    "cards",
    "comparisons",
    "data_diff",
    "datasets",
    "deployments",
    "evaluations",
    "lineage",
    "models",
    "promotions",
    "questions",
    "registration",
    "runs",
    "upkeep",
]
