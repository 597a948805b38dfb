"""A language model trained by the Trainer of transformers. Prints what must be the same whether it is recorded or not."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    logging,
)


class Rows(torch.utils.data.Dataset[Any]):
    """Words and what they say."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        self.words = torch.randint(0, 50, (24, 8), generator=generator)

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, position: int) -> dict[str, Any]:
        words = self.words[position]
        return {"input_ids": words, "labels": int(words[0] > 25)}


class Mine(TrainerCallback):
    """A callback of the program."""

    def __init__(self) -> None:
        self.steps = 0

    def on_step_end(self, *_arguments: Any, **_named: Any) -> None:
        """Count."""
        self.steps += 1


def main() -> None:
    """Train, measure, save."""
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, num_labels=2
    )
    mine = Mine()
    trainer = Trainer(
        model=BertForSequenceClassification(config),
        args=TrainingArguments(
            "models/trainer", num_train_epochs=2, per_device_train_batch_size=8, learning_rate=0.001, seed=11,
            eval_strategy="epoch", save_strategy="epoch", logging_steps=1, load_best_model_at_end=True, report_to=[],
            disable_tqdm=True, use_cpu=True, save_total_limit=2,
        ),
        train_dataset=Rows(), eval_dataset=Rows(), callbacks=[mine],
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)  # which prints how long it took
    trainer.train()
    times = ("runtime", "per_second")
    print([{key: each[key] for key in each if not key.endswith(times)} for each in trainer.state.log_history])
    print(mine.steps, [type(each).__name__ for each in trainer.callback_handler.callbacks])
    print(trainer.state.best_model_checkpoint, sorted(map(str, Path("models/trainer").iterdir())))
    trainer.save_model("models/final")
    print(hashlib.sha256(Path("models/final/model.safetensors").read_bytes()).hexdigest())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.set_verbosity_error()
    Path("models").mkdir()
    main()
