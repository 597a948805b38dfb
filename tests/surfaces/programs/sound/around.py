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
from sklearn import linear_model

from .place import RNG, Place, X, Y

MODEL = pickle.dumps(linear_model.LogisticRegression().fit(X, Y))
"""A model that is in all of the archives."""

OPERATIONS = (
    "Placeholder",
    "MatMul",
    "SaveV2",
    "RestoreV2",
    "StatefulPartitionedCall",
    "MergeV2Checkpoints",
    "ShardedFilename",
)
"""What every SavedModel has."""

MLMODEL = """\
flavors:
  python_function:
    loader_module: mlflow.sklearn
    model_path: model.pkl
  sklearn:
    pickled_model: model.pkl
    code: null
"""

CONDA = """\
name: mlflow-env
channels:
- conda-forge
dependencies:
- python=3.11
- pip:
  - mlflow
"""

TEXTS = {
    "README.md": "# A model\nSee https://example.org and `import os`.\n",
    "metrics.json": '{"auc": 0.9}',
    "rows.csv": "a,b\n1,2\n",
    "vocab.txt": "cat\ndog\nhouse\n",
    "labels.txt": "isympy\nsympy\n",
}


def packed(place: Place) -> None:
    """Write a model compressed and in archives."""
    for title, pack in {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}.items():
        place.at(f"packed, {title}", "model.pkl").write_bytes(pack(MODEL))
    place.at("7z", "model.7z").write_bytes(seven_zip({"model.pkl": MODEL, "notes.txt": b"fine"}))
    with zipfile.ZipFile(place.at("zip", "model.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.pkl", MODEL)
        archive.writestr("docs/README.md", "fine")
    with tarfile.open(place.at("tar", "model.tar.gz"), "w:gz") as archive:
        info = tarfile.TarInfo("model/model.pkl")
        info.size = len(MODEL)
        archive.addfile(info, io.BytesIO(MODEL))


def graphs(place: Place) -> None:
    """Write graphs by hand: ONNX, with its data inside and beside, and a SavedModel."""
    tensor = protobuf((1, 2), (2, 1), (8, b"w"), (9, bytes(8)))
    scaler = protobuf((4, b"Scaler"), (7, b"ai.onnx.ml"))
    inside = protobuf((1, protobuf((4, b"MatMul"))), (1, scaler), (5, tensor))
    place.at("onnx", "model.onnx").write_bytes(protobuf((1, 8), (2, b"pytorch"), (8, protobuf((2, 17))), (7, inside)))
    location = protobuf((1, b"location"), (2, b"model.onnx.data"))
    beside = protobuf((5, protobuf((8, b"w"), (13, location), (14, 1))), (1, protobuf((4, b"Add"))))
    place.at("onnx, data beside", "model.onnx").write_bytes(protobuf((1, 8), (8, protobuf((2, 17))), (7, beside)))
    place.at("onnx, data beside", "model.onnx.data").write_bytes(bytes(64))
    graph = protobuf(*((1, protobuf((1, b"n"), (2, each.encode()))) for each in OPERATIONS))
    place.at("savedmodel", "saved_model.pb").write_bytes(protobuf((1, 1), (2, protobuf((2, graph)))))


def layouts(place: Place) -> None:
    """Write MLflow's layout, texts, a picture, and bytes that are nothing."""
    place.at("mlflow", "MLmodel").write_text(MLMODEL)
    place.at("mlflow", "model.pkl").write_bytes(MODEL)
    place.at("mlflow", "requirements.txt").write_text("scikit-learn==1.9.1\nnumpy>=2 # see https://example.org\n")
    place.at("mlflow", "conda.yaml").write_text(CONDA)
    for name, text in TEXTS.items():
        place.at(f"text, {name}", name).write_text(text)
    picture = b"\x89PNG\r\n\x1a\n" + bytes(RNG.integers(0, 256, 3000, dtype="u1"))
    place.at("picture", "confusion.png").write_bytes(picture)
    for each in range(20):
        noise = bytes(RNG.integers(0, 256, 5000, dtype="u1"))
        place.at(f"noise {each}", f"weights{each}.bin").write_bytes(noise)
    linked = place.at("link", "model.pkl")
    linked.write_bytes(MODEL)
    (linked.parent / "latest.pkl").symlink_to("model.pkl")


PARTS = (packed, graphs, layouts)
