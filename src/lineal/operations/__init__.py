"""Every verb of Lineal, one typed function each. Start reading here; importing the package makes all of them known."""

from lineal.operations import (
    cards,
    comparisons,
    contents,
    datasets,
    deployments,
    evaluations,
    imports,
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
    "contents",
    "datasets",
    "deployments",
    "evaluations",
    "imports",
    "lineage",
    "models",
    "promotions",
    "questions",
    "registration",
    "runs",
    "upkeep",
]
