"""Which of our modules records the use of which module of a library; each is loaded when the program loads that one."""

from __future__ import annotations

WATCHED: tuple[tuple[str, str, str], ...] = (
    ("argparse", "params.arguments", "watch_arguments"),
    ("click.core", "params.commands", "watch_commands"),
    ("typer._click.core", "params.commands", "watch_commands"),
    ("hydra.core.hydra_config", "params.hydra", "watch_jobs"),
    ("hydra.compose", "params.hydra", "watch_compose"),
    ("omegaconf", "params.hydra", "watch_omegaconf"),
    ("absl.flags", "params.flags", "watch_flags"),
    ("fire.core", "params.calls", "watch_fire"),
    ("jsonargparse", "params.calls", "watch_jsonargparse"),
    ("tyro._cli", "params.calls", "watch_tyro"),
    ("json", "params.files", "watch_loads"),
    ("yaml", "params.files", "watch_loads"),
    ("tomllib._parser", "params.files", "watch_loads"),
    ("tomli._parser", "params.files", "watch_loads"),
    ("toml", "params.files", "watch_loads"),
    ("configparser", "params.files", "watch_sections"),
    ("dataclasses", "params.dataclasses", "watch_classes"),
    ("pydantic_settings.main", "params.settings", "watch_settings"),
    ("random", "seeds", "watch_random"),
    ("numpy.random", "seeds", "watch_numpy"),
    ("torch", "seeds", "watch_torch"),
    ("tensorflow", "seeds", "watch_tensorflow"),
    ("keras.src.utils.rng_utils", "seeds", "watch_keras"),
    ("jax.random", "seeds", "watch_jax"),
    ("lightning.fabric.utilities.seed", "seeds", "watch_lightning"),
    ("lightning_fabric.utilities.seed", "seeds", "watch_lightning"),
    ("transformers.trainer_utils", "seeds", "watch_transformers"),
    ("IPython.core.interactiveshell", "cells", "watch_shell"),
    ("sklearn.base", "frameworks.sklearn", "watch_fits"),
    ("sklearn.metrics", "frameworks.scores", "watch_scores"),
    ("joblib", "frameworks.dumps", "watch_joblib"),
    ("pickle", "frameworks.dumps", "watch_pickle"),
    ("xgboost.core", "frameworks.xgboost", "watch_boosters"),
    ("xgboost.callback", "frameworks.xgboost", "watch_iterations"),
    ("xgboost.training", "frameworks.xgboost", "watch_training"),
    ("lightgbm.basic", "frameworks.lightgbm", "watch_boosters"),
    ("lightgbm.engine", "frameworks.lightgbm", "watch_training"),
    ("catboost.core", "frameworks.catboost", "watch_catboost"),
    ("torch.nn.modules.module", "frameworks.torch", "watch_modules"),
    ("torch.serialization", "frameworks.torch", "watch_saves"),
    ("safetensors.torch", "frameworks.torch", "watch_safetensors"),
    ("torch.optim.optimizer", "frameworks.optimizers", "watch_optimizers"),
    ("torch.optim.lr_scheduler", "frameworks.optimizers", "watch_schedulers"),
    ("keras.src.callbacks.callback_list", "frameworks.keras", "watch_training"),
    ("keras.src.saving.saving_api", "frameworks.keras", "watch_saves"),
    ("transformers.trainer_callback", "frameworks.transformers", "watch_training"),
    ("transformers.modeling_utils", "frameworks.transformers", "watch_saves"),
    ("mlflow.tracking._tracking_service.client", "trackers.mlflow", "watch_mlflow"),
    ("wandb.sdk.wandb_run", "trackers.wandb", "watch_runs"),
    ("wandb.sdk.data_types.base_types.media", "trackers.wandb", "watch_media"),
    ("wandb.sdk.wandb_config", "trackers.wandb", "watch_config"),
    ("wandb.sdk.wandb_summary", "trackers.wandb", "watch_summary"),
    ("torch.utils.tensorboard.writer", "trackers.tensorboard", "watch_writer"),
    ("tensorboardX.writer", "trackers.tensorboard", "watch_writer"),
    *(
        (f"keras.src.backend.{each}.trainer", "frameworks.keras", "watch_fits")
        for each in ("torch", "jax", "tensorflow")
    ),
    *(
        (f"{library}.{module}", "frameworks.lightning", function)
        for library in ("pytorch_lightning", "lightning.pytorch")
        for module, function in (
            ("trainer.trainer", "watch_trainer"),
            ("trainer.connectors.logger_connector.logger_connector", "watch_metrics"),
        )
    ),
)
"""The library's module, our module, and the function of ours that is given the library's."""
