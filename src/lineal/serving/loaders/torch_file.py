"""Programs of PyTorch that bring their own graph: TorchScript, and what ``torch.export`` saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows
from lineal.serving.loaders.tables import Model, columns, from_array, library, matrix, opened


def load_script(path: Path, facts: ModelFacts) -> TorchModel:
    """Return the program of TorchScript at ``path``. Raises Corrupt, Unavailable or Unsupported."""
    torch = library("torch", path)
    module = opened(path, lambda: torch.jit.load(str(path), map_location="cpu").eval())
    return TorchModel(torch, module, _width(module.parameters()), facts)


def load_exported(path: Path, facts: ModelFacts) -> TorchModel:
    """Return the program that ``torch.export.save`` wrote at ``path``. Raises Corrupt, Unavailable or Unsupported."""
    torch = library("torch", path)
    program = opened(path, lambda: torch.export.load(str(path)))
    given = [each for each in program.graph_signature.user_inputs if isinstance(each, str)]
    if len(given) != 1:
        raise Unsupported(
            f"the program takes {len(given)} inputs: {', '.join(given)}", hint="export a module that takes one table"
        )
    shapes = {node.name: node.meta["val"].shape for node in program.graph.nodes if node.op == "placeholder"}
    width = int(shapes[given[0]][-1]) if len(shapes[given[0]]) > 1 else 1
    return TorchModel(torch, program.module(), width, facts)


class TorchModel(Model):
    """A program that takes a table of numbers as one tensor.

    Args:
        torch: the library.
        program: what is called with the tensor.
        width: how many columns it takes; 0 where its file does not say so.
        facts: what was recorded of it.

    Raises:
        Unsupported: nothing tells how many columns it takes.
    """

    def __init__(self, torch: Any, program: Callable[[Any], Any], width: int, facts: ModelFacts) -> None:
        if not width and not facts.inputs:
            raise Unsupported("the file does not say how many columns the model takes", hint="record its signature")
        super().__init__(columns(None, width or len(facts.inputs), facts))
        self._torch, self._program, self._facts = torch, program, facts

    def answers(self, rows: Rows) -> list[Prediction]:
        """Return what the program says."""
        with self._torch.inference_mode():
            found = self._program(self._torch.from_numpy(matrix(rows, self.inputs)))
        if not isinstance(found, self._torch.Tensor):
            raise Unsupported(
                f"the program answers with a {type(found).__name__}, not a tensor",
                hint="export one that gives a tensor",
            )
        return from_array(found.cpu().numpy(), self._facts)


def _width(parameters: Any) -> int:
    """Return how many columns the first layer takes, when it is linear: its weights are two-dimensional."""
    first = next(iter(parameters), None)
    return int(first.shape[1]) if first is not None and first.dim() == 2 else 0
