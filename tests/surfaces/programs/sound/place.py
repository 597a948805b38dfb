"""Where sound models are written, and what they are trained on."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
FRAME = pd.DataFrame(X, columns=list("abcd")).assign(
    color=RNG.choice(["red", "blue", None], 120), when=pd.date_range("2026-01-01", periods=120, tz="Europe/Berlin")
)
TEXTS = ["a red car", "a blue house", "the red house", "an old car"] * 30


class Place:
    """Where models are written.

    Args:
        top: the directory of all.
    """

    def __init__(self, top: Path) -> None:
        self.top = top

    def at(self, title: str, name: str) -> Path:
        """Return the path of a file in the directory of a title."""
        path = self.top / title / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def pickled(self, title: str, value: Any, *, protocol: int = 4) -> None:
        """Pickle a value."""
        self.at(title, "model.pkl").write_bytes(pickle.dumps(value, protocol=protocol))
