"""Save models as people do, with the real libraries: ``python -m … DIRECTORY``. Each is a directory of files."""

from __future__ import annotations

import bz2
import collections
import datetime
import decimal
import enum
import fractions
import functools
import gzip
import io
import ipaddress
import json
import lzma
import operator
import pathlib
import pickle
import random
import re
import shutil
import sys
import tarfile
import types
import uuid
import warnings
import zipfile
import zoneinfo
from argparse import Namespace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import catboost
import h5py
import joblib
import keras
import lightgbm
import numpy as np
import pandas as pd
import safetensors.numpy
import safetensors.torch
import scipy.sparse
import scipy.special
import scipy.stats
import torch
import transformers
import xgboost
from omegaconf import OmegaConf
from sklearn import (
    calibration,
    cluster,
    compose,
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_extraction,
    feature_selection,
    gaussian_process,
    impute,
    isotonic,
    kernel_approximation,
    linear_model,
    manifold,
    mixture,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.metrics import f1_score, make_scorer

sys.path.insert(0, str(Path(__file__).parent))

from archive_assembly import lz4_frame, protobuf, seven_zip
from hostile_files import gguf

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


def estimators() -> dict[str, Any]:
    """Return fitted estimators of scikit-learn's by title."""
    steps = [
        ("numbers", preprocessing.StandardScaler(), ["a", "b"]),
        (
            "words",
            pipeline.make_pipeline(impute.SimpleImputer(strategy="most_frequent"), preprocessing.OneHotEncoder()),
            ["color"],
        ),
        ("rest", preprocessing.FunctionTransformer(np.log1p), ["c"]),
    ]
    forest = ensemble.RandomForestClassifier(5, random_state=0)
    found = {
        "column transformer": pipeline.make_pipeline(compose.ColumnTransformer(steps), forest).fit(
            FRAME.assign(c=FRAME.c.abs()), Y
        ),
        "grid search": model_selection.GridSearchCV(
            linear_model.LogisticRegression(), {"C": [0.1, 1]}, scoring=make_scorer(f1_score)
        ),
        "random search": model_selection.RandomizedSearchCV(
            linear_model.Ridge(), {"alpha": scipy.stats.loguniform(1e-3, 1)}, n_iter=2
        ),
        "forest": ensemble.RandomForestClassifier(5),
        "extra trees": ensemble.ExtraTreesRegressor(5),
        "gradient boosting": ensemble.GradientBoostingClassifier(n_estimators=5),
        "histogram boosting": ensemble.HistGradientBoostingClassifier(max_iter=5),
        "histogram regression": ensemble.HistGradientBoostingRegressor(max_iter=5, loss="poisson"),
        "isolation forest": ensemble.IsolationForest(n_estimators=5),
        "voting": ensemble.VotingClassifier([("a", naive_bayes.GaussianNB()), ("b", tree.DecisionTreeClassifier())]),
        "stacking": ensemble.StackingClassifier([("a", naive_bayes.GaussianNB())]),
        "bagging": ensemble.BaggingClassifier(tree.DecisionTreeClassifier(), n_estimators=3),
        "ada boost": ensemble.AdaBoostClassifier(n_estimators=3),
        "support vectors": svm.SVC(probability=False),
        "linear vectors": svm.LinearSVC(),
        "stochastic descent": linear_model.SGDClassifier(),
        "stochastic regression": linear_model.SGDRegressor(loss="huber"),
        "elastic net": linear_model.ElasticNetCV(),
        "quantiles": linear_model.QuantileRegressor(),
        "tweedie": linear_model.TweedieRegressor(),
        "neighbours": neighbors.KNeighborsClassifier(algorithm="kd_tree"),
        "ball tree": neighbors.KNeighborsClassifier(
            algorithm="ball_tree", metric="haversine" if X.shape[1] == 2 else "manhattan"
        ),
        "outliers": neighbors.LocalOutlierFactor(novelty=True),
        "density": neighbors.KernelDensity(),
        "perceptron": neural_network.MLPClassifier((5,), max_iter=20),
        "gaussian process": gaussian_process.GaussianProcessClassifier(1.0 * gaussian_process.kernels.RBF()),
        "mixture": mixture.GaussianMixture(2),
        "clusters": cluster.KMeans(2, n_init=1),
        "birch": cluster.Birch(n_clusters=2),
        "components": decomposition.PCA(2),
        "topics": decomposition.NMF(2),
        "discriminant": discriminant_analysis.LinearDiscriminantAnalysis(),
        "calibrated": calibration.CalibratedClassifierCV(naive_bayes.GaussianNB()),
        "one against all": multiclass.OneVsRestClassifier(svm.SVC()),
        "many outputs": multioutput.MultiOutputRegressor(linear_model.Ridge()),
        "selection": pipeline.make_pipeline(
            feature_selection.SelectKBest(feature_selection.f_classif, k=2), linear_model.LogisticRegression()
        ),
        "elimination": feature_selection.RFE(linear_model.LogisticRegression(), n_features_to_select=2),
        "splines": preprocessing.SplineTransformer(),
        "power": preprocessing.PowerTransformer(),
        "bins": preprocessing.KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"),
        "nystroem": kernel_approximation.Nystroem(n_components=5),
        "partial least squares": cross_decomposition.PLSRegression(),
        "isomap": manifold.Isomap(),
    }
    targets = {"topics": np.abs(X), "many outputs": X}
    for title, each in found.items():
        if title == "column transformer":
            continue
        if title == "topics":
            each.fit(np.abs(X))
        elif title == "many outputs":
            each.fit(X, X[:, :2])
        elif title == "tweedie":
            each.fit(X, np.abs(X[:, 0]))
        else:
            each.fit(X, Y)
    assert targets
    found["isotonic"] = isotonic.IsotonicRegression().fit(X[:, 0], Y)
    vectors = feature_extraction.text.TfidfVectorizer(token_pattern=r"[a-z]+", preprocessor=str.lower)
    found["text"] = pipeline.make_pipeline(vectors, linear_model.LogisticRegression()).fit(TEXTS, Y)
    found["text, union"] = pipeline.make_union(
        feature_extraction.text.CountVectorizer(analyzer="char"),
        feature_extraction.text.HashingVectorizer(n_features=16),
    ).fit(TEXTS)
    found["dicts"] = feature_extraction.DictVectorizer().fit([{"a": 1, "b": "x"}])
    return found


def scikit_learn(place: Place) -> None:
    """Save estimators by joblib and pickle, in every protocol and every compression."""
    for title, each in estimators().items():
        joblib.dump(each, place.at(f"sklearn, {title}", "model.joblib"))
        place.pickled(f"sklearn, {title}, pickled", each)
    model = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()).fit(X, Y)
    for protocol in range(6):
        place.pickled(f"sklearn, protocol {protocol}", model, protocol=protocol)
    for method in ("zlib", "gzip", "bz2", "lzma", "xz"):
        joblib.dump(model, place.at(f"sklearn, {method}", "model.joblib"), compress=(method, 3))
    place.at("sklearn, lz4", "model.pkl").write_bytes(lz4_frame(pickle.dumps(model)))
    joblib.dump(FRAME, place.at("joblib, a table", "rows.joblib"))
    joblib.dump(
        [np.asfortranarray(X), np.arange(3), np.array(["a", None, {"b": X}], dtype=object)],
        place.at("joblib, arrays", "arrays.joblib"),
    )


def boosters(place: Place) -> None:
    """Save boosters in their own formats and pickled."""
    boosted = xgboost.XGBClassifier(n_estimators=3).fit(X, Y)
    for name in ("model.json", "model.ubj"):
        boosted.save_model(place.at(f"xgboost, {name}", name))
    place.pickled("xgboost, pickled", boosted)
    place.pickled("xgboost, booster", boosted.get_booster(), protocol=2)
    joblib.dump(
        xgboost.XGBRegressor(n_estimators=3, objective="reg:quantileerror", quantile_alpha=0.5).fit(X, Y),
        place.at("xgboost, joblib", "model.joblib"),
    )
    light = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(X, Y)
    light.booster_.save_model(place.at("lightgbm, text", "model.txt"))
    place.pickled("lightgbm, pickled", light)
    place.pickled("lightgbm, booster", light.booster_)
    cat = catboost.CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False).fit(X, Y)
    for name in ("model.cbm", "model.json"):
        cat.save_model(str(place.at(f"catboost, {name}", name)), format=name.partition(".")[2])
    place.pickled("catboost, pickled", cat)


def network() -> torch.nn.Module:
    """Return a network with most of the usual layers."""
    return torch.nn.Sequential(
        torch.nn.Linear(4, 8),
        torch.nn.BatchNorm1d(8),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.1),
        torch.nn.LayerNorm(8),
        torch.nn.Linear(8, 2),
    )


def torches(place: Place) -> None:
    """Save PyTorch's."""
    net = network()
    net(torch.zeros(3, 4)).sum().backward()
    optimizer = torch.optim.AdamW(net.parameters())
    optimizer.step()
    state = net.state_dict()
    torch.save(state, place.at("torch, weights", "model.pt"))
    torch.save(state, place.at("torch, weights of old", "model.pth"), _use_new_zipfile_serialization=False)
    checkpoint = {
        "model": state, "optimizer": optimizer.state_dict(), "epoch": 3, "arguments": Namespace(lr=0.1), "rng": torch.get_rng_state(),
        "history": collections.defaultdict(list, loss=[0.5]), "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1).state_dict(),
    }  # fmt: skip
    torch.save(checkpoint, place.at("torch, a checkpoint", "last.ckpt"))
    torch.save(net, place.at("torch, a module", "model.pt"))
    torch.save(torch.nn.LSTM(3, 4), place.at("torch, an LSTM", "model.pt"))
    torch.save(
        torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(8, 2), 1),
        place.at("torch, a transformer", "model.pt"),
    )
    mixed = {"half": torch.zeros(2).half(), "brain": torch.zeros(2).bfloat16(), "sparse": torch.eye(3).to_sparse(), "bool": torch.tensor([True]),
             "quantized": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), "device": torch.device("cpu"), "type": torch.float16}  # fmt: skip
    torch.save(mixed, place.at("torch, tensors", "tensors.pt"))
    place.pickled("torch, pickled", net)
    joblib.dump(
        {"net": net, "scaler": preprocessing.StandardScaler().fit(X)}, place.at("torch, joblib", "model.joblib")
    )
    torch.jit.save(torch.jit.script(net.eval()), place.at("torchscript", "model.pt"))
    torch.export.save(torch.export.export(net.eval(), (torch.zeros(3, 4),)), place.at("torch, exported", "model.pt2"))
    safetensors.torch.save_file(state, place.at("safetensors", "model.safetensors"), metadata={"format": "pt"})
    safetensors.numpy.save_file({"a": X}, place.at("safetensors, numpy", "model.safetensors"))


def kerases(place: Place) -> None:
    """Save Keras'."""
    model = keras.Sequential(
        [
            keras.layers.Input((4,)),
            keras.layers.Dense(8, activation="relu", kernel_regularizer="l2"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1, activation=keras.activations.sigmoid),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy", keras.metrics.AUC()])
    model.save(place.at("keras", "model.keras"))
    model.save(place.at("keras, h5", "model.h5"))
    model.save_weights(place.at("keras, weights", "model.weights.h5"))
    words = keras.Input((None,), dtype="int32")
    branch = keras.layers.Bidirectional(keras.layers.LSTM(4))(keras.layers.Embedding(10, 4, mask_zero=True)(words))
    keras.Model(words, keras.layers.Dense(1)(keras.layers.concatenate([branch, branch * 2]))).save(
        place.at("keras, branches", "model.keras")
    )
    with h5py.File(place.at("h5, arrays", "rows.h5"), "w") as file:
        file["x"] = X
        file.attrs["names"] = ["a", "b"]


def hugging_face(place: Place) -> None:
    """Save as Hugging Face does."""
    config = transformers.BertConfig(
        vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    model = transformers.BertForSequenceClassification(config)
    model.save_pretrained(place.at("hugging face", "config.json").parent)
    torch.save(model.state_dict(), place.at("hugging face, bin", "pytorch_model.bin"))
    arguments = transformers.TrainingArguments(output_dir="/tmp/none", report_to=[])
    torch.save(arguments, place.at("hugging face, arguments", "training_args.bin"))
    template = "{% for message in messages %}{% if message['role'] == 'user' %}{{ '<|user|>' + message['content'] | trim }}{% else %}{{ raise_exception('no') }}{% endif %}{% endfor %}{% set ns = namespace(found=false) %}{{ message.items() | list | length }}"
    said = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": template,
        "unk_token": "__unk__",
        "auth": None,
    }
    place.at("hugging face, a template", "tokenizer_config.json").write_text(json.dumps(said))
    place.at("hugging face, templates", "tokenizer_config.json").write_text(
        json.dumps({"chat_template": [{"name": "default", "template": template}]})
    )
    place.at("a template", "chat_template.jinja").write_text(template)
    place.at("gguf", "model.gguf").write_bytes(gguf({"general.name": "tiny", "tokenizer.chat_template": template}))


class Color(enum.Enum):
    """Not pickled: it would be of this program."""

    RED = 1


def values(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    plain = {
        "times": [
            datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            datetime.date(2026, 1, 1),
            datetime.timedelta(1),
            zoneinfo.ZoneInfo("Europe/Berlin"),
        ],
        "numbers": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), 1j, 10**60, -(1 << 70), float("nan"), True, None],
        "paths": [pathlib.Path("a/b"), pathlib.PurePosixPath("/x")],
        "ids": [uuid.uuid4(), ipaddress.ip_address("10.0.0.1")],
        "collections": [
            collections.OrderedDict(a=1),
            collections.Counter("aab"),
            collections.deque([1], 3),
            collections.defaultdict(list, a=[1]),
            {1, 2},
            frozenset({3}),
            collections.ChainMap({}),
        ],
        "others": [
            slice(1, 2),
            range(3),
            bytearray(b"x"),
            b"bytes" * 100,
            types.SimpleNamespace(a=1),
            Namespace(b=2),
            re.compile("a+"),
            random.Random(0),
            HTTPStatus.OK,
            ValueError("x"),
            Ellipsis,
        ],
        "functions": [
            functools.partial(np.clip, a_min=0, a_max=1),
            operator.itemgetter(1),
            operator.add,
            len,
            scipy.special.expit,
            scipy.stats.norm,
            np.log1p,
            np.mean,
            str.lower,
        ],
    }
    for title, each in plain.items():
        for protocol in (0, 2, 5):
            place.pickled(f"values, {title}, protocol {protocol}", each, protocol=protocol)
    place.pickled(
        "numpy",
        [
            X,
            np.float64(1),
            np.datetime64("2026"),
            np.dtype([("a", "f4"), ("b", "O")]),
            np.random.default_rng(0),
            np.random.RandomState(0),
            np.ma.masked_array([1], [True]),
            np.array([b"x"]),
            np.array(["ü"]),
        ],
    )
    place.pickled("numpy, protocol 2", [X, np.arange(3, dtype=">i4"), np.zeros((2, 0))], protocol=2)
    place.pickled(
        "scipy",
        [
            scipy.sparse.csr_matrix(X),
            scipy.sparse.coo_array(X),
            scipy.stats.norm(0, 1),
            scipy.interpolate.interp1d([0, 1], [0, 1]) if hasattr(scipy, "interpolate") else None,
        ],
    )
    table = FRAME.assign(
        kind=pd.Categorical(["x"] * 120),
        span=pd.Timedelta("1d"),
        count=pd.array([1, None] * 60, dtype="Int64"),
        period=pd.period_range("2026", periods=120, freq="D"),
    )
    place.pickled(
        "pandas",
        [
            table,
            table.a,
            table.groupby("color").a.mean(),
            pd.MultiIndex.from_product([[1], [2]]),
            pd.Timestamp("2026-01-01"),
            pd.NaT,
            pd.NA,
            pd.Interval(0, 1),
            pd.offsets.MonthEnd(),
        ],
    )
    table.to_pickle(place.at("pandas, zip", "table.pkl.gz"))
    place.pickled("omegaconf", OmegaConf.create({"a": {"b": [1, 2]}}))
    np.save(place.at("npy", "rows.npy"), X)
    np.save(place.at("npy, objects", "rows.npy"), np.array([{"a": 1}, "x"], dtype=object))
    np.save(place.at("npy, records", "rows.npy"), np.zeros(3, dtype=[("a", "f8"), ("b", "U3")]))
    np.savez(place.at("npz", "rows.npz"), a=X, b=np.arange(3))
    np.savez_compressed(place.at("npz, objects", "rows.npz"), a=np.array([None, {"b": X}], dtype=object))
    with place.at("pickles in a row", "rows.pkl").open("wb") as file:
        for each in range(3):
            pickle.dump({"row": each}, file)


def around(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    model = pickle.dumps(linear_model.LogisticRegression().fit(X, Y))
    sound = {"gzip": gzip.compress(model), "bzip2": bz2.compress(model), "xz": lzma.compress(model)}
    for title, content in sound.items():
        place.at(f"packed, {title}", "model.pkl").write_bytes(content)
    place.at("7z", "model.7z").write_bytes(seven_zip({"model.pkl": model, "notes.txt": b"fine"}))
    with zipfile.ZipFile(place.at("zip", "model.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.pkl", model)
        archive.writestr("docs/README.md", "fine")
    with tarfile.open(place.at("tar", "model.tar.gz"), "w:gz") as archive:
        info = tarfile.TarInfo("model/model.pkl")
        info.size = len(model)
        archive.addfile(info, io.BytesIO(model))
    nodes = protobuf(
        (1, protobuf((4, b"MatMul"))),
        (1, protobuf((4, b"Scaler"), (7, b"ai.onnx.ml"))),
        (5, protobuf((1, 2), (2, 1), (8, b"w"), (9, bytes(8)))),
    )
    place.at("onnx", "model.onnx").write_bytes(protobuf((1, 8), (2, b"pytorch"), (8, protobuf((2, 17))), (7, nodes)))
    beside = protobuf(
        (5, protobuf((8, b"w"), (13, protobuf((1, b"location"), (2, b"model.onnx.data"))), (14, 1))),
        (1, protobuf((4, b"Add"))),
    )
    place.at("onnx, data beside", "model.onnx").write_bytes(protobuf((1, 8), (8, protobuf((2, 17))), (7, beside)))
    place.at("onnx, data beside", "model.onnx.data").write_bytes(bytes(64))
    graph = protobuf(
        *(
            (1, protobuf((1, b"n"), (2, each.encode())))
            for each in (
                "Placeholder",
                "MatMul",
                "SaveV2",
                "RestoreV2",
                "StatefulPartitionedCall",
                "MergeV2Checkpoints",
                "ShardedFilename",
            )
        )
    )
    place.at("savedmodel", "saved_model.pb").write_bytes(protobuf((1, 1), (2, protobuf((2, graph)))))
    place.at("mlflow", "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n  sklearn:\n    pickled_model: model.pkl\n    code: null\n"
    )
    place.at("mlflow", "model.pkl").write_bytes(model)
    place.at("mlflow", "requirements.txt").write_text("scikit-learn==1.9.1\nnumpy>=2 # see https://example.org\n")
    place.at("mlflow", "conda.yaml").write_text(
        "name: mlflow-env\nchannels:\n- conda-forge\ndependencies:\n- python=3.11\n- pip:\n  - mlflow\n"
    )
    texts = {
        "README.md": "# A model\nSee https://example.org and `import os`.\n",
        "metrics.json": '{"auc": 0.9}',
        "rows.csv": "a,b\n1,2\n",
        "vocab.txt": "cat\ndog\nhouse\n",
    }
    for name, text in texts.items():
        place.at(f"text, {name}", name).write_text(text)
    place.at("picture", "confusion.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + bytes(RNG.integers(0, 256, 3000, dtype="u1"))
    )
    for each in range(20):
        place.at(f"noise {each}", f"weights{each}.bin").write_bytes(bytes(RNG.integers(0, 256, 5000, dtype="u1")))
    noise = place.at("link", "model.pkl")
    noise.write_bytes(model)
    (noise.parent / "latest.pkl").symlink_to("model.pkl")


def main(top: Path) -> None:
    """Save everything."""
    warnings.simplefilter("ignore")
    shutil.rmtree(top, ignore_errors=True)
    place = Place(top)
    for save in (scikit_learn, boosters, torches, kerases, hugging_face, values, around):
        save(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
