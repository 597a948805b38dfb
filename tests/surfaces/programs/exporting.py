"""Networks that are exported, and weights that outlive their module. Prints what must be the same when it is recorded."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import safetensors
import torch
from safetensors.numpy import save
from safetensors.numpy import save_file as save_arrays
from torch import fx, nn

torch.manual_seed(0)
torch.set_num_threads(1)
X = torch.randn(8, 4)


class Net(nn.Module):
    """A network with two inputs and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, values: torch.Tensor, scale: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Answer."""
        hidden = torch.relu(self.body(values)) * scale
        return self.head(hidden), hidden.argmax(1)


def weights() -> Any:
    """Return the weights of a network that is gone then."""
    net = Net()
    net(X, torch.ones(1))
    return net.state_dict()


def failing(net: nn.Module) -> str:
    """Return what a call that fails says, frame by frame of the program's."""
    try:
        net(X)
    except TypeError as error:
        return str(error)
    return "it did not fail"


def exported() -> None:
    """Every way out of PyTorch."""
    net = Net().eval()
    print(failing(net))
    print(net(X, torch.ones(1))[0].sum().item(), len(net._forward_hooks))
    scripted = torch.jit.script(net)
    torch.jit.save(scripted, "models/scripted.pt")
    scripted.save("models/method.pt")
    traced = torch.jit.trace(net, (X, torch.ones(1)))
    torch.jit.save(traced, "models/traced.pt")
    print(str(traced.graph).count("\n"), str(scripted.graph).count("\n"))
    sizes = {"values": {0: torch.export.Dim("batch")}, "scale": None}
    program = torch.export.export(net, (X, torch.ones(1)), dynamic_shapes=sizes)
    torch.export.save(program, "models/program.pt2")
    print(program.graph_signature.user_inputs, fx.symbolic_trace(net).code)
    with io.BytesIO() as buffer:
        torch.jit.save(scripted, buffer)
        torch.save(net.state_dict(), buffer)
    torch.save(weights(), "models/outlived.pt")
    save_arrays({name: each.numpy() for name, each in net.state_dict().items()}, "models/arrays.safetensors")
    with safetensors.safe_open("models/arrays.safetensors", framework="pt") as file:
        print(sorted(file.keys()), type(file).__name__)
    with safetensors.safe_open("given.safetensors", framework="np") as file:
        print(file.keys())
    wrapped = nn.DataParallel(net)
    print(torch.equal(wrapped(X, torch.ones(1))[0], net(X, torch.ones(1))[0]))


def compiled() -> None:
    """A module that is compiled; nothing of ours may be in it."""
    net = Net().eval()
    torch.optim.SGD(net.parameters(), lr=0.1)
    graphs: list[Any] = []

    def backend(graph: Any, _inputs: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    answer = torch.compile(net, backend=backend, fullgraph=True)(X, torch.ones(1))
    print(len(graphs), len(list(graphs[0].graph.nodes)), torch.equal(answer[0], net(X, torch.ones(1))[0]))


def keras_files() -> None:
    """Keras' formats."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.save("models/model.keras")
    model.save("models/model.h5")
    model.save_weights("models/model.weights.h5")


def onnx() -> None:
    """Both exporters, where the packages that they need are installed."""
    if find_spec("onnxscript") is None:
        return
    net = nn.Sequential(OrderedDict(layer=nn.Linear(4, 2)))
    net(X)
    torch.onnx.export(net, (X,), "models/traced.onnx", dynamo=False)
    program = torch.onnx.export(net, (X,), dynamo=True, verbose=False)
    assert program is not None
    program.save("models/saved.onnx")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    Path("models").mkdir()
    Path("given.safetensors").write_bytes(save({"w": X.numpy()}))
    for each in (exported, compiled, keras_files, onnx):
        each()
    sys.stdout.flush()
