"""Parameters of functions and classes that libraries call with the command line: Fire, jsonargparse, tyro, pydantic."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.capture.launched import Launched
from lineal.objects.canonical import Scalar
from tests.parts.capture import interpreter

Record = Callable[..., Launched]
Write = Callable[[str, str], Path]

PROGRAMS: dict[str, tuple[str, str, dict[str, Scalar]]] = {
    "fire": (
        (
            "import fire\nclass Model:\n    def __init__(self, seed=1): self.seed = seed\n"
            "    def train(self, lr: float, *files, depth=3, **more): print(self.seed, lr, files, depth, more)\n"
            "fire.Fire(Model)"
        ),
        "--seed 4 train 0.3 a b --k 7",
        {"seed": 4, "lr": 0.3, "files": "a, b", "depth": 3, "k": 7},
    ),
    "jsonargparse": (
        (
            "import dataclasses, jsonargparse\n@dataclasses.dataclass\nclass Net:\n    depth: int = 2\n"
            "def train(net: Net, lr: float = 0.1, names: list[str] = ['a']): print(net, lr, names)\njsonargparse.auto_cli(train)"
        ),
        "--net.depth 5 --config given.yaml",
        {"net.depth": 5, "lr": 0.4, "names": "a", "config": "given.yaml"},
    ),
    "tyro": (
        (
            "import dataclasses, tyro\n@dataclasses.dataclass\nclass Optimizer:\n    lr: float = 0.1\n"
            "@dataclasses.dataclass\nclass Train:\n    optimizer: Optimizer\n    steps: int = 3\nprint(tyro.cli(Train))"
        ),
        "--optimizer.lr 0.6",
        {"optimizer.lr": 0.6, "steps": 3},
    ),
    "pydantic_settings": (
        (
            "import inspect, pydantic_settings as p\nclass Train(p.BaseSettings):\n    lr: float = 0.1\n    home: str = ''\n"
            "    depth: int = 2\nprint(Train(depth=5).depth, inspect.signature(Train))"
        ),
        "",
        {"lr": 0.1, "depth": 5},
    ),
}


@pytest.mark.parametrize("library", PROGRAMS)
def test_what_a_library_calls_with_the_command_line_is_told(
    library: str, project: Path, record: Record, write: Write, variables: dict[str, str]
) -> None:
    source, given, expected = PROGRAMS[library]
    write("program.py", source)
    write("given.yaml", "lr: 0.4\n")
    command = (str(interpreter(library)), "program.py", *given.split())
    del variables["PYTHONPATH"]
    variables |= {"HOME": "/home/ada", "NO_COLOR": "1"}

    plain = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=True)
    launched = record(*command)

    shown = {name: value for name, value in launched.record.params.items() if not name.startswith("given.")}
    assert launched.stdout is not None
    assert (0, plain.stdout) == (launched.exit_status, launched.stdout.read_text())
    assert expected == {name: _short(value) for name, value in shown.items()}


def _short(value: Scalar) -> Scalar:
    """Return a path without its folder."""
    return value.rpartition("/")[2] if isinstance(value, str) else value
