"""Runs with curves for the pictures of the docs: the demo's own models are trained in one step, and have none."""

from __future__ import annotations

import math
import random
from pathlib import Path

from lineal.client.connect import init
from lineal.objects.runs import Point
from lineal.operations.recording import tracking
from lineal.operations.recording.tracking import NewRun

_EPOCH_MS, _EPOCHS = 20_000, 120
_CHOICES = (
    ("baseline", 0.01, 4, "adam"),
    ("wide", 0.01, 8, "adam"),
    ("hot", 0.05, 4, "sgd"),
    ("careful", 0.002, 6, "adam"),
)


def make(directory: Path) -> str:
    """Make a repository with runs that differ in a few params; return the address at which they are compared."""
    directory.mkdir()
    chance = random.Random(7)  # noqa: S311 - noise, and the same in every picture
    with init(directory) as repository:
        ids = []
        for name, rate, depth, optimizer in _CHOICES:
            run = NewRun(id=repository.store.clock.new_id(), name=name, started_at=repository.store.clock.now())
            tracking.create(repository, run)
            params = {"learning_rate": str(rate), "depth": str(depth), "optimizer": optimizer, "seed": "7"}
            points = tuple(_points(rate, depth, run.started_at, chance))
            tracking.record(repository, run.id, points=points, params=params)
            tracking.update(repository, run.id, state="finished", ended_at=run.started_at + _EPOCHS * _EPOCH_MS)
            ids.append(run.id)
    return "/compare?" + "&".join(f"run={each}" for each in ids)


def _points(rate: float, depth: int, began_at: int, chance: random.Random) -> list[Point]:
    """Return curves that fall and rise as those of a training do."""
    found = []
    for epoch in range(_EPOCHS):
        at, learned = began_at + epoch * _EPOCH_MS, 1 - math.exp(-epoch * (rate * 3 + 0.008))
        over = max(0.0, epoch - 60) * 0.0004 * (depth - 4)
        loss = 2.3 * (1 - learned) + 0.25 + over
        accuracy = 0.5 + 0.42 * learned + 0.008 * depth - over
        values = {
            "train/loss": max(0.02, loss - 0.1 - over) + chance.gauss(0, 0.03),
            "train/accuracy": min(1.0, accuracy + 0.02) + chance.gauss(0, 0.004),
            "val_loss": loss + chance.gauss(0, 0.04),
            "val_accuracy": accuracy - 0.01 + chance.gauss(0, 0.008),
        }
        found += [Point(key=key, step=epoch, value=value, at=at) for key, value in values.items()]
    return found
