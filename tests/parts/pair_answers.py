"""Has the estimators among the pairs answer the same golden requests, by Lineal's own server: ``DIRECTORY`` holds the files."""

import sys
from pathlib import Path

import pandas as pd

from lineal.formats import golden
from lineal.objects.digest import digest_of
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import load
from lineal.serving.release import Release
from lineal.serving.replaying import answers

OUT = Path(sys.argv[1])

rows = pd.read_csv(OUT / "rows.csv").to_dict("records")
# One that lacks a column, one with text in place of a number, and the rest one by one and together.
requests = [
    golden.of_rows([{"age": 40, "hours": 3.5}]),
    golden.of_rows([{**rows[0], "age": "old"}]),
    *(golden.of_rows([row]) for row in rows[:10]),
    golden.of_rows(rows[10:60]),
]
(OUT / "requests.jsonl").write_bytes(golden.encode(requests))
for path in (*OUT.glob("*.joblib"), *OUT.glob("*.pkl")):
    facts = ModelFacts(framework="sklearn")
    release = Release(
        digest=digest_of(path.read_bytes()), model="m", semantic="1.0.0", main_file=path.name, facts=facts, files=()
    )
    found = list(answers(release, load(path, facts), requests))
    (OUT / f"{path.name}.answers").write_bytes(golden.encode(found))
