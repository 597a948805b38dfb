"""Files of weights without the program that makes a model of them: refused, with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from lineal.objects.errors import Unsupported
from lineal.objects.runs import ModelFacts


def load(path: Path, facts: ModelFacts) -> NoReturn:
    """Say that ``path`` cannot be served as it is. Raises Unsupported."""
    made = f" of {facts.architecture.splitlines()[0]}" if facts.architecture else ""
    raise Unsupported(
        f"{path.name} holds weights{made} and no architecture: it needs the code that defines the model",
        hint="save a program beside or instead: torch.export.save (.pt2), torch.jit.save, ONNX; for Hugging Face keep config.json",
    )
