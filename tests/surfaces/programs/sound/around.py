"""Archives of models, graphs, and what stands around models."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile

from hostile.archive_assembly import protobuf, seven_zip
from sklearn import (
    linear_model,
)

from .place import RNG, Place, X, Y


def packed(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    model = pickle.dumps(linear_model.LogisticRegression().fit(X, Y))


def graphs(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    model = pickle.dumps(linear_model.LogisticRegression().fit(X, Y))
    sound = {"gzip": gzip.compress(model), "bzip2": bz2.compress(model), "xz": lzma.compress(model)}


def layouts(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    model = pickle.dumps(linear_model.LogisticRegression().fit(X, Y))
    sound = {"gzip": gzip.compress(model), "bzip2": bz2.compress(model), "xz": lzma.compress(model)}
    for title, content in sound.items():
        place.at(f"packed, {title}", "model.pkl").write_bytes(content)


def texts(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    model = pickle.dumps(linear_model.LogisticRegression().fit(X, Y))
    place.at("7z", "model.7z").write_bytes(seven_zip({"model.pkl": model, "notes.txt": b"fine"}))


def around_4(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    model = pickle.dumps(linear_model.LogisticRegression().fit(X, Y))
    with zipfile.ZipFile(place.at("zip", "model.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.pkl", model)
        archive.writestr("docs/README.md", "fine")


def around_5(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    model = pickle.dumps(linear_model.LogisticRegression().fit(X, Y))
    with zipfile.ZipFile(place.at("zip", "model.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.pkl", model)
        archive.writestr("docs/README.md", "fine")
    with tarfile.open(place.at("tar", "model.tar.gz"), "w:gz") as archive:
        info = tarfile.TarInfo("model/model.pkl")
        info.size = len(model)
        archive.addfile(info, io.BytesIO(model))


def around_6(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    nodes = protobuf(
        (1, protobuf((4, b"MatMul"))),
        (1, protobuf((4, b"Scaler"), (7, b"ai.onnx.ml"))),
        (5, protobuf((1, 2), (2, 1), (8, b"w"), (9, bytes(8)))),
    )


def around_7(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    nodes = protobuf(
        (1, protobuf((4, b"MatMul"))),
        (1, protobuf((4, b"Scaler"), (7, b"ai.onnx.ml"))),
        (5, protobuf((1, 2), (2, 1), (8, b"w"), (9, bytes(8)))),
    )
    place.at("onnx", "model.onnx").write_bytes(protobuf((1, 8), (2, b"pytorch"), (8, protobuf((2, 17))), (7, nodes)))


def around_8(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    beside = protobuf(
        (5, protobuf((8, b"w"), (13, protobuf((1, b"location"), (2, b"model.onnx.data"))), (14, 1))),
        (1, protobuf((4, b"Add"))),
    )


def around_9(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    beside = protobuf(
        (5, protobuf((8, b"w"), (13, protobuf((1, b"location"), (2, b"model.onnx.data"))), (14, 1))),
        (1, protobuf((4, b"Add"))),
    )
    place.at("onnx, data beside", "model.onnx").write_bytes(protobuf((1, 8), (8, protobuf((2, 17))), (7, beside)))


def around_10(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    place.at("onnx, data beside", "model.onnx.data").write_bytes(bytes(64))


def around_11(place: Place) -> None:
    """Write what stands around models, and archives of them."""
    model = pickle.dumps(linear_model.LogisticRegression().fit(X, Y))
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


PARTS = (
    packed,
    graphs,
    layouts,
    texts,
    around_4,
    around_5,
    around_6,
    around_7,
    around_8,
    around_9,
    around_10,
    around_11,
)
