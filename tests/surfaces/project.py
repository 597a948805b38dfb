"""A small project, as a person would have it: a table, a training script, a policy."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

TRAIN = """
import argparse, json
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--data", default="train.csv")
parser.add_argument("--strength", type=float, default=1.0)
options = parser.parse_args()
table = pd.read_csv(options.data)
model = LogisticRegression(C=options.strength, random_state=3)
model.fit(table[["age", "hours"]], table["rich"])
joblib.dump(model, "model.joblib")
with open("metrics.json", "w") as file:
    json.dump({"fit": model.score(table[["age", "hours"]], table["rich"])}, file)
print("trained on", len(table), "rows")
"""

POLICY = """
[evaluation]
dataset = "data:test"
label = "rich"
positive = "yes"
slices = ["sex"]

[[gate.production]]
check = "lineage_complete"

[[gate.production]]
check = "metric_floor"
metric = "accuracy"
at_least = 0.6

[[gate.production]]
check = "slice_regression"
features = ["sex"]
metric = "recall"
margin = 0.05
"""


def make_project(directory: Path) -> Path:
    """Write the project into ``directory`` and put it under Git."""
    directory.mkdir(parents=True, exist_ok=True)
    write_table(directory / "train.csv", rows=800, seed=1)
    write_table(directory / "test.csv", rows=600, seed=2)
    (directory / "train.py").write_text(TRAIN, encoding="utf-8")
    (directory / "lineal.toml").write_text(POLICY, encoding="utf-8")
    (directory / ".gitignore").write_text("*.csv\n*.joblib\nmetrics.json\n", encoding="utf-8")
    git(directory, "init", "--quiet")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--message", "A model of who is rich")
    return directory


def write_table(path: Path, *, rows: int, seed: int, lost: str = "") -> None:
    """Write a table in which age and hours tell who is rich; the rich of the ``lost`` sex are missing from it."""
    chance = random.Random(seed)
    lines = ["age,hours,sex,rich"]
    while len(lines) <= rows:
        sex = chance.choice(["Female", "Male"])
        # Each sex is rich for another reason, so that a model can serve one and fail the other.
        age, hours = chance.randint(18, 80), chance.randint(10, 70)
        score = (age - 50 if sex == "Female" else hours - 40) + chance.gauss(0, 8)
        rich = "yes" if score > 0 else "no"
        if not (sex == lost and rich == "yes"):
            lines.append(f"{age},{hours},{sex},{rich}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def git(directory: Path, *arguments: str) -> None:
    """Run git as a person whose name is set."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *identity, *arguments), cwd=directory, check=True)
