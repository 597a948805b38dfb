"""A project with held-out rows, functions that measure them, and versions whose answer is a column of the table."""

from __future__ import annotations

import platform
import sys
from typing import Any

import numpy as np

from lineal.executors.environments import installed
from lineal.objects.runs import Package, Runtime

HERE = Runtime(
    python=platform.python_version(),
    implementation=sys.implementation.name,
    packages=tuple(Package(name=name, version=version) for name, version in installed().items()),
)

CHANCE = np.random.default_rng(6)
ROWS = [
    {
        "search": f"s{place // 6}",
        "shop": ["north", "south"][place // 6 % 2],
        "age": int(CHANCE.integers(18, 90)),
        "score": round(float(CHANCE.normal(place % 3, 1.0)), 3),
        "guess": ["no", "yes"][int(CHANCE.integers(0, 2) | (place % 3 == 0))],
        "relevance": place % 3,
        "bought": ["no", "yes"][place % 3 == 0],
    }
    for place in range(240)
]
"""Rows of forty searches in two shops; ``score`` and ``guess`` are what the model answers."""

FUNCTIONS = """
def wrong(actual, predicted): return sum(a != p for a, p in zip(actual, predicted)) / len(actual)
def parts(rows, actual): return {"old": sum(row["age"] > 60 for row in rows), "youth": min(row["age"] for row in rows)}
def spread(predicted): return 1 / (predicted.count("yes") - predicted.count("no"))
def not_a_number(actual): return float("nan")
def text(actual): return "much"
def truth(actual): return True
def raises(actual): raise LookupError("nothing there")
def accuracy(actual): return 0.5
def asks(actual, weather): return 0.5
def scored(y_true, y_score): return 0.5
def leaves(actual): import os; os._exit(3)
def sleeps(actual): import time; time.sleep(30)
def best(queries, scores, actual):
    found = {}
    for query, score, label in zip(queries, scores, actual): found.setdefault(query, []).append((score, label))
    return sum(max(each)[1] for each in found.values()) / len(found)

def answer(directory, rows):
    assert (directory / "model.pkl").exists()
    return [row["guess"] for row in rows]
def surely(directory, rows):
    return ({"prediction": row["guess"], "probabilities": {"yes": 0.9, "no": 0.1}} for row in rows)
def numbers(directory, rows): return {"bleu": 0.25, "rows": len(rows)}
def few(directory, rows): return ["yes"]
def holes(directory, rows): return [1.5, float("nan")]
def objects(directory, rows): return [object()]
def word(directory, rows): return "yes"
"""


def csv(rows: list[dict[str, Any]] = ROWS) -> bytes:
    return "\n".join([",".join(rows[0]), *(",".join(map(str, each.values())) for each in rows), ""]).encode()
