"""Networks: PyTorch, Lightning, Keras. Prints what must be the same whether it is recorded or not."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import warnings
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X = torch.randn(32, 4)
y = (X.sum(1) > 0).long()


class Net(nn.Module):
    """A small network."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5))
        self.head = nn.Linear(8, 2)

    def forward(self, values: torch.Tensor) -> Any:
        """Answer."""
        return self.head(self.body(values))


class Lit(lightning.LightningModule):
    """The network, trained by Lightning."""

    def __init__(self, rate: float = 0.1, width: int = 8) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.net = Net()

    def training_step(self, batch: Any, _position: int) -> Any:
        """Learn."""
        loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log("train_loss", loss, on_step=True, on_epoch=False)
        return loss

    def validation_step(self, batch: Any, _position: int) -> None:
        """Measure."""
        self.log("val_loss", nn.functional.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self) -> Any:
        """Choose."""
        return torch.optim.SGD(self.parameters(), lr=0.1)


def digest(values: Any) -> str:
    """Return what tells two sets of weights apart."""
    return hashlib.sha256(b"".join(each.detach().numpy().tobytes() for each in values)).hexdigest()


def pytorch() -> None:
    """A loop by hand."""
    net = Net()
    net.head.bias.requires_grad_(requires_grad=False)
    groups: list[Any] = [{"params": net.body.parameters()}, {"params": net.head.parameters(), "lr": 0.01}]
    optimizer = torch.optim.AdamW(groups, lr=0.1, weight_decay=0.001)
    warm, rest = (torch.optim.lr_scheduler.ExponentialLR(optimizer, each) for each in (0.9, 0.5))
    scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, rest], milestones=[2])
    for epoch in range(4):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(X), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        state = {"epoch": epoch, "model": net.state_dict(), "optimizer": optimizer.state_dict()}
        torch.save(state, f"models/epoch_{epoch}.pt")
    print("torch", float(loss), scheduler.get_last_lr(), digest(net.state_dict().values()))
    torch.save({"X": X}, "models/data.pt")
    torch.save(net.state_dict(), "models/net.pt")
    save_file({name: each.clone() for name, each in net.state_dict().items()}, "models/net.safetensors")
    print("pickled", len(pickle.dumps(net)), len(pickle.dumps(torch.save)), net.state_dict.__name__)


def lightning_trainer() -> None:
    """A Trainer with checkpoints, the best of which is known."""
    data = TensorDataset(X, y)
    best = ModelCheckpoint("models/lit", monitor="val_loss", save_top_k=2, save_last=True)
    callbacks = [best]
    trainer = lightning.Trainer(
        max_epochs=3, callbacks=callbacks, logger=False, enable_progress_bar=False, enable_model_summary=False,
        accelerator="cpu", log_every_n_steps=1,
    )  # fmt: skip
    trainer.fit(Lit(rate=0.2), DataLoader(data, batch_size=16), DataLoader(data, batch_size=32))
    print("lightning", {name: float(each) for name, each in trainer.callback_metrics.items()}, len(callbacks))
    print([type(each).__name__ for each in trainer.callbacks], sorted(map(str, Path("models/lit").iterdir())))
    content = torch.load(best.best_model_path, weights_only=False)
    print(digest(content["state_dict"].values()), sorted(content), sorted(map(str, content["callbacks"])))


def keras_fit() -> None:
    """A model that is fitted, saved on the way and at the end."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    callbacks = [keras.callbacks.ModelCheckpoint("models/on_the_way.keras")]
    history = model.fit(
        X.numpy(), y.numpy(), batch_size=8, epochs=3, validation_split=0.25, callbacks=callbacks, verbose=0
    )
    print("keras", history.history, history.params, len(callbacks))
    model.save("models/fitted.keras")
    again = keras.models.load_model("models/fitted.keras")
    print(np.asarray(again.predict(X.numpy(), verbose=0)).tolist())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    Path("models").mkdir()
    for each in (pytorch, lightning_trainer, keras_fit):
        each()
    for path in sorted(Path("models").glob("*.*t*")):
        if path.suffix != ".keras":  # its archive holds times
            print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
