"""Boosters, PyTorch, Keras and Hugging Face."""

from __future__ import annotations

import collections
import json
from argparse import Namespace

import catboost
import h5py
import joblib
import keras
import lightgbm
import safetensors.numpy
import safetensors.torch
import torch
import transformers
import xgboost
from hostile.making import gguf
from sklearn import (
    preprocessing,
)

from .place import Place, X, Y


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


PARTS = (
    boosters,
    torches,
    kerases,
    hugging_face,
)
