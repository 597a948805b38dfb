"""Every verb of Lineal, one typed function each. Start reading here; importing the package makes all of them known."""

from lineal.operations import (
    cards,
    collections,
    comparisons,
    contents,
    datasets,
    deployments,
    evaluations,
    lineage,
    models,
    promotions,
    questions,
    registration,
    runs,
    sources,
    transfers,
    upkeep,
)
from lineal.operations.operation import OPERATIONS, Operation

__all__ = [
    "OPERATIONS",
    "Operation",
    "cards",
    "collections",
    "comparisons",
    "contents",
    "datasets",
    "deployments",
    "evaluations",
    "lineage",
    "models",
    "promotions",
    "questions",
    "registration",
    "runs",
    "sources",
    "transfers",
    "upkeep",
]
