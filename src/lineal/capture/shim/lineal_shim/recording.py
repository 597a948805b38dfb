"""Start and end of the recording inside an interpreter."""

from __future__ import annotations

import atexit
import os
import sys

from . import interpreter
from .guarding import quietly
from .imports import after_import
from .writing import emit

_WATCHED = {
    "argparse": ("params.arguments", "watch_arguments"),
    "random": ("seeds", "watch_random"),
    "numpy.random": ("seeds", "watch_numpy"),
    "torch": ("seeds", "watch_torch"),
    "sklearn.base": ("frameworks.sklearn", "watch_fits"),
    "sklearn.metrics": ("frameworks.scores", "watch_scores"),
    "joblib": ("frameworks.dumps", "watch_joblib"),
    "pickle": ("frameworks.dumps", "watch_pickle"),
    "xgboost.core": ("frameworks.xgboost", "watch_boosters"),
    "xgboost.callback": ("frameworks.xgboost", "watch_iterations"),
    "xgboost.training": ("frameworks.xgboost", "watch_training"),
    "lightgbm.basic": ("frameworks.lightgbm", "watch_boosters"),
    "lightgbm.engine": ("frameworks.lightgbm", "watch_training"),
    "catboost.core": ("frameworks.catboost", "watch_catboost"),
    "torch.nn.modules.module": ("frameworks.torch", "watch_modules"),
    "torch.serialization": ("frameworks.torch", "watch_saves"),
    "safetensors.torch": ("frameworks.torch", "watch_safetensors"),
    "torch.optim.optimizer": ("frameworks.optimizers", "watch_optimizers"),
    "torch.optim.lr_scheduler": ("frameworks.optimizers", "watch_schedulers"),
    "keras.src.callbacks.callback_list": ("frameworks.keras", "watch_training"),
    **{
        f"keras.src.backend.{each}.trainer": ("frameworks.keras", "watch_fits")
        for each in ("torch", "jax", "tensorflow")
    },
    "keras.src.saving.saving_api": ("frameworks.keras", "watch_saves"),
    "transformers.trainer_callback": ("frameworks.transformers", "watch_training"),
    "transformers.modeling_utils": ("frameworks.transformers", "watch_saves"),
    "mlflow.tracking._tracking_service.client": ("trackers.mlflow", "watch_mlflow"),
    "wandb.sdk.wandb_run": ("trackers.wandb", "watch_runs"),
    "wandb.sdk.wandb_config": ("trackers.wandb", "watch_config"),
    "wandb.sdk.wandb_summary": ("trackers.wandb", "watch_summary"),
    "torch.utils.tensorboard.writer": ("trackers.tensorboard", "watch_writer"),
    "tensorboardX.writer": ("trackers.tensorboard", "watch_writer"),
    **{
        f"{library}.{module}": ("frameworks.lightning", function)
        for library in ("pytorch_lightning", "lightning.pytorch")
        for module, function in (
            ("trainer.trainer", "watch_trainer"),
            ("trainer.connectors.logger_connector.logger_connector", "watch_metrics"),
        )
    },
}
"""What records the use of a module; it is loaded when the program loads that module."""

_TOLD_BY_ONE = ("frameworks.", "trackers.")
"""What every process of a distributed training would tell alike; only the first does."""

_RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "LOCAL_RANK")

_WORKER_MARKS = ("from multiprocessing.", "joblib.externals.loky")


def start() -> None:
    """Record the interpreter, and wait for the modules whose use is to be recorded. Raises OSError."""
    emit("python", parent=os.getppid(), **interpreter.facts())
    # Workers of a pool do parts of what their parent does and records as a whole.
    if not any(mark in each for mark in _WORKER_MARKS for each in getattr(sys, "orig_argv", ())):
        is_first = _rank() == "0"
        for name, (recorder, function) in _WATCHED.items():
            if is_first or not recorder.startswith(_TOLD_BY_ONE):
                after_import(name, recorder, function)
    atexit.register(quietly, _end)


def _rank() -> str:
    """Return which process of a distributed training this is, as the launcher that counts them all says."""
    return next((os.environ[each] for each in _RANKS if os.environ.get(each)), "0")


def _end() -> None:
    emit("end", libraries=interpreter.libraries(), flags=interpreter.determinism())
