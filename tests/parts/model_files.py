"""Writes models of many libraries into a directory, and ``said.json``: what the libraries themselves say of them."""

import hashlib
import json
import os
import pickle
import sys
from pathlib import Path

import catboost
import h5py
import joblib
import lightgbm
import numpy as np
import pandas as pd
import torch
import xgboost
from safetensors.torch import save_file
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

os.environ["KERAS_BACKEND"] = "torch"
import keras

OUT = Path(sys.argv[1])
SAID = {}

chance = np.random.default_rng(7)
rows = pd.DataFrame({"age": chance.integers(18, 90, 200), "hours": chance.random(200) * 40, "pay": chance.random(200)})
labels = np.where(rows["hours"] > 20, "yes", "no")
numbers = (labels == "yes").astype(int)


def params(estimator):
    """Return the parameters that are plain values."""
    return {
        name: value
        for name, value in estimator.get_params().items()
        if isinstance(value, str | int | float | bool | None)
    }


def estimators():
    pipeline = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression(C=0.5))]).fit(rows, labels)
    forest = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=1).fit(rows.to_numpy(), numbers)
    mixed = rows.assign(town=np.where(rows["age"] > 50, "Rome", "Oslo"))
    columns = ColumnTransformer([("num", StandardScaler(), ["age", "hours"]), ("cat", OneHotEncoder(), ["town"])])
    search = GridSearchCV(
        Pipeline([("columns", columns), ("clf", LogisticRegression(max_iter=500))]), {"clf__C": [0.1, 1.0]}, cv=2
    ).fit(mixed, labels)
    for name, made in (("pipeline", pipeline), ("forest", forest), ("search", search)):
        SAID[name] = {
            "params": params(made),
            "inputs": list(getattr(made, "feature_names_in_", [])),
            "count": made.n_features_in_,
            "classes": [str(each) for each in made.classes_],
        }
        joblib.dump(made, OUT / f"{name}.joblib")
        for protocol in range(6):
            (OUT / f"{name}.{protocol}.pkl").write_bytes(pickle.dumps(made, protocol=protocol))
    for way in ("zlib", "gzip", "bz2", "xz", "lzma"):
        joblib.dump(pipeline, OUT / f"pipeline.{way}.joblib", compress=(way, 3))
    joblib.dump(LogisticRegression(C=0.1).fit(rows, labels), OUT / "logistic.joblib")


class Net(torch.nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, hidden), torch.nn.ReLU(), torch.nn.BatchNorm1d(hidden))
        self.head = torch.nn.Linear(hidden, 3)

    def forward(self, x):
        return self.head(self.layers(x))


def modules():
    torch.manual_seed(1)
    for name, hidden in (("net", 32), ("wide", 64)):
        net = Net(hidden).eval()
        state = net.state_dict()
        SAID[name] = {
            "tensors": {key: [str(value.dtype).split(".")[1], list(value.shape)] for key, value in state.items()},
            "count": sum(value.numel() for value in state.values()),
        }
        torch.save(state, OUT / f"{name}.pt")
        torch.save(net, OUT / f"{name}.whole.pt")
        torch.save(state, OUT / f"{name}.legacy.pt", _use_new_zipfile_serialization=False)
        torch.save(net, OUT / f"{name}.whole.legacy.pt", _use_new_zipfile_serialization=False)
        torch.save({"state_dict": state, "epoch": 3, "optimizer": {"lr": 0.1}}, OUT / f"{name}.checkpoint.pt")
        save_file(state, OUT / f"{name}.safetensors", {"format": "pt"})
        save_file({key: value.half() for key, value in state.items()}, OUT / f"{name}.half.safetensors")
        torch.jit.save(torch.jit.script(net), OUT / f"{name}.script.pt")
        torch.jit.save(torch.jit.trace(net, torch.zeros(2, 4)), OUT / f"{name}.traced.pt")
        batch = torch.export.Dim("batch")
        torch.export.save(
            torch.export.export(net, (torch.zeros(2, 4),), dynamic_shapes={"x": {0: batch}}), OUT / f"{name}.pt2"
        )
    SAID["torch"] = torch.__version__


def boosters():
    frame = rows.assign(town=pd.Categorical(np.where(rows["age"] > 50, "Rome", "Oslo")))
    booster = xgboost.train(
        {"objective": "multi:softprob", "num_class": 3, "max_depth": 2},
        xgboost.DMatrix(rows, label=chance.integers(0, 3, 200)),
        4,
    )
    booster.save_model(OUT / "booster.json")
    booster.save_model(OUT / "booster.ubj")
    classifier = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(rows, numbers)
    joblib.dump(classifier, OUT / "xgboost.joblib")
    SAID["xgboost"] = {
        "inputs": booster.feature_names,
        "types": booster.feature_types,
        "trees": len(booster.get_dump()),
        "version": xgboost.__version__,
    }
    light = lightgbm.train(
        {"objective": "binary", "num_leaves": 4, "verbose": -1},
        lightgbm.Dataset(frame, numbers, categorical_feature=["town"]),
        5,
    )
    light.save_model(OUT / "light.txt")
    SAID["lightgbm"] = {"inputs": light.feature_name(), "trees": light.num_trees()}
    cat = catboost.CatBoostClassifier(iterations=4, depth=2, verbose=False, allow_writing_files=False).fit(
        frame.assign(town=frame["town"].astype(str)), labels, cat_features=["town"]
    )
    cat.save_model(str(OUT / "cat.cbm"))
    cat.save_model(
        str(OUT / "cat.json"), format="json", pool=catboost.Pool(frame.assign(town="Rome"), cat_features=["town"])
    )
    joblib.dump(cat, OUT / "catboost.joblib")
    joblib.dump(lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(rows, labels), OUT / "lightgbm.joblib")
    SAID["catboost"] = {"inputs": cat.feature_names_, "trees": cat.tree_count_, "classes": list(cat.classes_)}


def keras_models():
    net = keras.Sequential(
        [keras.Input((4,), name="x"), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3, name="out")]
    )
    net.save(OUT / "net.keras")
    net.save(OUT / "keras.h5")
    net.save_weights(OUT / "net.weights.h5")
    SAID["keras"] = {
        "count": net.count_params(),
        "shapes": sorted(list(each.shape) for each in net.weights),
        "version": keras.__version__,
    }


def hdf5():
    for name, options in (
        ("plain", {}),
        ("latest", {"libver": "latest"}),
        ("v110", {"libver": ("v110", "v110")}),
        ("userblock", {"userblock_size": 1024}),
    ):
        with h5py.File(OUT / f"{name}.h5", "w", **options) as file:
            file.attrs["title"] = "a model"
            file.attrs["numbers"] = np.arange(3)
            file["a/contiguous"] = np.arange(12, dtype="f4").reshape(3, 4)
            file.create_dataset(
                "a/chunked", data=np.arange(5000.0).reshape(100, 50), chunks=(32, 16), compression="gzip"
            )
            file.create_dataset(
                "shuffled",
                data=np.arange(3000, dtype="i4"),
                chunks=(256,),
                compression="gzip",
                shuffle=True,
                fletcher32=True,
            )
            file.create_dataset("grows", data=np.arange(40.0).reshape(10, 4), maxshape=(None, 4), chunks=(4, 4))
            file.create_dataset("grows2", data=np.arange(40.0).reshape(10, 4), maxshape=(None, None), chunks=(4, 3))
            file.create_dataset("one", data=np.arange(6, dtype="f8"), chunks=(6,), compression="gzip")
            file.create_dataset("big", data=np.arange(6, dtype=">f4"))
            file.create_dataset("half", data=np.arange(6, dtype="f2"))
            file.create_dataset("empty", shape=(4,), dtype="f4")
            file["number"] = 2.5
            file["text"] = "hello"
            file["flags"] = np.array([True, False])
            many = file.create_group("many")
            for at in range(60):
                many[f"d{at:03}"] = np.full(3, at, "i2")
    with h5py.File(OUT / "plain.h5") as file:
        found = {}
        file.visititems(lambda name, it: found.update({name: it}) if hasattr(it, "dtype") else None)
        SAID["hdf5"] = {
            name: [str(each.dtype), list(each.shape), hashlib.sha256(np.asarray(each[()]).tobytes()).hexdigest()]
            for name, each in found.items()
            if each.dtype.kind != "O"
        }


np.savez(OUT / "arrays.npz", a=np.arange(3.0), b=np.ones((2, 2), "i4"))
estimators()
modules()
boosters()
keras_models()
hdf5()
(OUT / "said.json").write_text(json.dumps(SAID))
