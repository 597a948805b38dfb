"""Writes pairs of models as successive versions, by the real libraries: each a base and changes to it, into a directory."""

import os
import pickle
import sys
from pathlib import Path

import catboost
import joblib
import lightgbm
import numpy as np
import pandas as pd
import torch
import xgboost
from safetensors.torch import save_file
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

os.environ["KERAS_BACKEND"] = "torch"
import keras

OUT = Path(sys.argv[1])

chance = np.random.default_rng(7)
rows = pd.DataFrame({"age": chance.integers(18, 90, 200), "hours": chance.random(200) * 40, "pay": chance.random(200)})
labels = np.where(rows["hours"] > 20, "yes", "no")
numbers = (labels == "yes").astype(int)
later = rows.assign(hours=rows["hours"] * 1.1)


def pipeline(rows=rows, labels=labels, scaler=StandardScaler, last=LogisticRegression, **params):
    return Pipeline([("scale", scaler()), ("clf", last(**params))]).fit(rows, labels)


def estimators():
    rows.to_csv(OUT / "rows.csv", index=False)
    base = pipeline()
    joblib.dump(base, OUT / "lr.joblib")
    joblib.dump(pipeline(later), OUT / "lr.retrained.joblib")
    joblib.dump(pipeline(C=0.1), OUT / "lr.C.joblib")
    joblib.dump(pipeline(max_iter=500), OUT / "lr.iterations.joblib")
    joblib.dump(pipeline(last=RandomForestClassifier, n_estimators=5, random_state=1), OUT / "rf.joblib")
    joblib.dump(pipeline(scaler=MinMaxScaler), OUT / "lr.scaler.joblib")
    joblib.dump(pipeline(rows.assign(zip=1.0)), OUT / "lr.added.joblib")
    joblib.dump(pipeline(rows[["age", "hours"]]), OUT / "lr.removed.joblib")
    joblib.dump(pipeline(rows.rename(columns={"pay": "salary"})), OUT / "lr.renamed.joblib")
    joblib.dump(pipeline(labels=np.where(rows["hours"] > 30, "maybe", labels)), OUT / "lr.labels.joblib")
    joblib.dump(pipeline(labels=numbers), OUT / "lr.numbers.joblib")
    joblib.dump(pipeline(rows.to_numpy()), OUT / "lr.unnamed.joblib")
    joblib.dump(base["clf"], OUT / "lr.bare.joblib")
    joblib.dump(base, OUT / "lr.xz.joblib", compress=("xz", 3))
    for name, protocol in (("lr.old", 2), ("lr.new", 5)):
        (OUT / f"{name}.pkl").write_bytes(pickle.dumps(base, protocol=protocol))
    joblib.dump(refactored(), OUT / "lr.refactored.joblib", protocol=4)
    joblib.dump(pipeline(rows.sample(frac=1, random_state=1), shuffled()), OUT / "lr.shuffled.joblib")
    joblib.dump(nudged(1e-9), OUT / "lr.nudged.joblib")
    joblib.dump(nudged(1e-4), OUT / "lr.moved.joblib")
    joblib.dump(pipeline(labels=labels.astype(object)), OUT / "lr.objects.joblib")
    for name, count in (("boost", 5), ("boost.more", 9)):
        joblib.dump(
            GradientBoostingClassifier(n_estimators=count, random_state=1).fit(rows, labels), OUT / f"{name}.joblib"
        )


def refactored():
    """Train the same in other words: each step by itself."""
    scale = StandardScaler().fit(rows)
    last = LogisticRegression().fit(scale.transform(rows), labels)
    return Pipeline([("scale", scale), ("clf", last)])


def shuffled():
    return pd.Series(labels).sample(frac=1, random_state=1).to_numpy()


def nudged(share):
    """Return the model with weights that differ by a small share, as other hardware may give them."""
    made = pipeline()
    made["clf"].coef_ *= 1 + share
    return made


class Net(torch.nn.Module):
    def __init__(self, hidden=32, *, is_deep=False, inputs=4, outputs=3):
        super().__init__()
        parts = [torch.nn.Linear(inputs, hidden), torch.nn.ReLU()]
        if is_deep:
            parts += [torch.nn.Linear(hidden, hidden), torch.nn.ReLU()]
        self.layers = torch.nn.Sequential(*parts)
        self.head = torch.nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.head(self.layers(x))


def net(seed=1, **options):
    torch.manual_seed(seed)
    return Net(**options).eval()


def networks():
    made = {
        "net": net(),
        "net.seed": net(2),
        "net.wide": net(hidden=64),
        "net.deep": net(is_deep=True),
        "net.inputs": net(inputs=5),
        "net.outputs": net(outputs=4),
    }
    for name, module in made.items():
        torch.save(module.state_dict(), OUT / f"{name}.pt")
        save_file(module.state_dict(), OUT / f"{name}.safetensors", {"format": "pt"})
    base = made["net"]
    state = base.state_dict()
    torch.save(state, OUT / "net.legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(base, OUT / "net.whole.pt")
    torch.save(made["net.seed"], OUT / "net.seed.whole.pt")
    save_file(state, OUT / "net.noted.safetensors", {"format": "pt", "note": "again"})
    save_file({key: value.half() for key, value in state.items()}, OUT / "net.half.safetensors")
    save_file({key.replace("head", "top"): value for key, value in state.items()}, OUT / "net.named.safetensors")
    nudged = {**state, "head.bias": state["head.bias"] + 1e-7}
    save_file(nudged, OUT / "net.nudged.safetensors", {"format": "pt"})
    torch.jit.save(torch.jit.script(base), OUT / "net.script.pt")
    torch.jit.save(torch.jit.script(made["net.seed"]), OUT / "net.seed.script.pt")
    torch.jit.save(torch.jit.script(made["net.deep"]), OUT / "net.deep.script.pt")


def boosters():
    def trained(data=rows, rounds=4, **params):
        params = {"objective": "binary:logistic", "max_depth": 2, **params}
        return xgboost.train(params, xgboost.DMatrix(data, label=numbers), rounds)

    trained().save_model(OUT / "xgb.json")
    trained().save_model(OUT / "xgb.ubj")
    trained(later).save_model(OUT / "xgb.retrained.json")
    trained(rounds=9).save_model(OUT / "xgb.rounds.json")
    trained(objective="reg:squarederror").save_model(OUT / "xgb.objective.json")
    trained(booster="dart").save_model(OUT / "xgb.dart.json")
    trained(rows.assign(zip=1.0)).save_model(OUT / "xgb.added.json")
    trained(rows[["age", "hours"]]).save_model(OUT / "xgb.removed.json")
    trained(rows.assign(age=rows["age"] + 0.5)).save_model(OUT / "xgb.type.json")
    trained(rows.assign(pay=rows["pay"] > 0.5)).save_model(OUT / "xgb.flag.json")

    def light(data=rows, rounds=5, **params):
        told = {"objective": "binary", "num_leaves": 4, "verbose": -1, **params}
        return lightgbm.train(told, lightgbm.Dataset(data, numbers), rounds)

    light().save_model(OUT / "light.txt")
    light(later).save_model(OUT / "light.retrained.txt")
    light(learning_rate=0.05).save_model(OUT / "light.rate.txt")
    light(rows.assign(zip=chance.random(200))).save_model(OUT / "light.added.txt")
    for name, towns in (("town", ("Rome", "Oslo")), ("towns", ("Rome", "Oslo", "Bern")), ("other", ("Rome", "Bern"))):
        where = np.asarray(towns)[np.arange(200) % len(towns)]
        data = rows.assign(town=pd.Categorical(where, categories=sorted(towns)))
        light(data).save_model(OUT / f"light.{name}.txt")

    def cat(data=rows, count=4, **params):
        return catboost.CatBoostClassifier(
            iterations=count, depth=2, verbose=False, allow_writing_files=False, **params
        ).fit(data, labels)

    cat().save_model(str(OUT / "cat.cbm"))
    cat(later).save_model(str(OUT / "cat.retrained.cbm"))
    cat(rows[["age", "hours"]]).save_model(str(OUT / "cat.removed.cbm"))


def keras_models():
    def made(seed=1, hidden=8, inputs=4, activation="relu"):
        keras.utils.set_random_seed(seed)
        return keras.Sequential(
            [
                keras.Input((inputs,), name="x"),
                keras.layers.Dense(hidden, activation=activation, name="hidden"),
                keras.layers.Dense(3, name="out"),
            ]
        )

    made().save(OUT / "k.keras")
    made(2).save(OUT / "k.seed.keras")
    made(hidden=16).save(OUT / "k.wide.keras")
    made(inputs=5).save(OUT / "k.inputs.keras")
    made(activation="tanh").save(OUT / "k.tanh.keras")
    made().save(OUT / "k.h5")


estimators()
networks()
boosters()
keras_models()
