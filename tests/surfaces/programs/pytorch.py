"""PyTorch: what Lightning's trainer does is logged, checkpoints are kept, and the model that was logged predicts the same."""

from __future__ import annotations

import logging
import os
import warnings

import mlflow
import numpy as np
import pytorch_lightning as lightning
import torch
from learning import X, y
from mlflow import MlflowClient
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 3


class Network(lightning.LightningModule):
    """A logistic regression."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(X.shape[1], 1)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return how likely each row is one."""
        return torch.sigmoid(self.layer(rows))

    def training_step(self, batch: list[torch.Tensor], number: int) -> torch.Tensor:
        """Return the loss of a batch."""
        loss = torch.nn.functional.binary_cross_entropy(self(batch[0]).squeeze(1), batch[1])
        self.log("loss", loss, on_epoch=True, on_step=False)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return what changes the weights."""
        return torch.optim.SGD(self.parameters(), lr=0.1)


def main() -> dict[str, str]:
    """Return the run."""
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    os.environ["MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT"] = "1"
    torch.manual_seed(0)
    torch.set_num_threads(1)
    mlflow.set_experiment("pytorch")
    # Its own format of models takes another ten seconds to compile; pickles are what most people log.
    mlflow.pytorch.autolog(checkpoint=True, checkpoint_monitor="loss", checkpoint_save_best_only=False)
    network = Network()
    trainer = lightning.Trainer(
        max_epochs=EPOCHS,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=True,
    )
    with mlflow.start_run(run_name="network") as run:
        trainer.fit(network, DataLoader(TensorDataset(torch.tensor(X), torch.tensor(y, dtype=torch.float32)), 50))
    check(MlflowClient(), run.info.run_id, network.eval())
    return {"network": run.info.run_id}


def check(client: MlflowClient, run: str, network: Network) -> None:
    """See that everything was logged."""
    found = client.get_run(run)
    assert (found.data.params["optimizer_name"], found.data.params["lr"]) == ("SGD", "0.1"), found.data.params
    history = client.get_metric_history(run, "loss")
    assert [each.step for each in history] == list(range(EPOCHS)), history
    assert history[-1].value < history[0].value
    expected = network(torch.tensor(X)).detach().numpy()
    again = mlflow.pytorch.load_model(f"runs:/{run}/model").eval()
    assert np.array_equal(again(torch.tensor(X)).detach().numpy(), expected)
    kept = mlflow.pytorch.load_checkpoint(Network, run).eval()
    assert np.array_equal(kept(torch.tensor(X)).detach().numpy(), expected)
