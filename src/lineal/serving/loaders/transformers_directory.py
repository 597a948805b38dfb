"""Directories of Hugging Face's transformers: nothing is fetched, and no code of theirs is trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows
from lineal.serving.loaders.tables import Model, library, opened

CONFIG = "config.json"

_TASKS: Mapping[str, str] = {
    "ForSequenceClassification": "text-classification",
    "ForCausalLM": "text-generation",
    "LMHeadModel": "text-generation",
}
"""What an architecture, by the end of its name, is asked for."""


def load(path: Path, facts: ModelFacts) -> TransformersModel:
    """Return the model of the directory in which ``path`` stands. Raises Corrupt, Unavailable or Unsupported."""
    transformers = library("transformers", path)
    said = opened(path, lambda: json.loads((path.parent / CONFIG).read_bytes()))
    named = [str(each) for each in said.get("architectures") or ()]
    task = next((task for end, task in _TASKS.items() for name in named if name.endswith(end)), "")
    if not task:
        raise Unsupported(
            f"the architecture {', '.join(named) or 'in config.json is not named and'} is not served here",
            hint="served are " + ", ".join(f"…{end}" for end in _TASKS),
        )
    if said.get("auto_map"):
        raise Unsupported("config.json asks for code of the model's own", hint="serve it behind a server of your own")
    pipe = opened(path, lambda: _pipeline(transformers, task, path.parent))
    return TransformersModel(pipe, task, facts)


def _pipeline(transformers: Any, task: str, directory: Path) -> Any:
    own = {"local_files_only": True, "trust_remote_code": False}
    kind = transformers.AutoModelForSequenceClassification
    if task == "text-generation":
        kind = transformers.AutoModelForCausalLM
    model = kind.from_pretrained(str(directory), use_safetensors=True, **own).eval()
    words = transformers.AutoTokenizer.from_pretrained(str(directory), **own)
    return transformers.pipeline(task, model=model, tokenizer=words, device=-1)


class TransformersModel(Model):
    """A pipeline of texts.

    Args:
        pipe: the pipeline.
        task: what it does.
        facts: what was recorded of it.
    """

    def __init__(self, pipe: Any, task: str, facts: ModelFacts) -> None:
        recorded = list(facts.inputs)
        super().__init__({recorded[0] if len(recorded) == 1 else "text": "str"})
        self._pipe, self._task = pipe, task

    def answers(self, rows: Rows) -> list[Prediction]:
        """Return the class of each text with the chances of all, or what the model goes on with."""
        texts = [str(value) for row in rows for value in row.values()]
        if self._task == "text-generation":
            return [Prediction(each[0]["generated_text"]) for each in self._pipe(texts, do_sample=False)]
        found = []
        for each in self._pipe(texts, top_k=None):
            chances = {said["label"]: float(said["score"]) for said in each}
            found.append(Prediction(max(chances, key=chances.__getitem__), dict(sorted(chances.items()))))
        return found
