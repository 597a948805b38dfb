"""A model in one line: its classes' own names, its size, and no more parts than can be read."""

from __future__ import annotations

import pytest

from lineal.objects.runs import ModelFacts
from lineal.operations.answers.run_sections import made_by


@pytest.mark.parametrize(
    ("architecture", "line"),
    [
        ("sklearn.pipeline.Pipeline\n  scale: sklearn.preprocessing._data.StandardScaler", "Pipeline › StandardScaler"),
        (
            "my.Net: 1,058 parameters (2 frozen)\n  0: torch.nn.modules.linear.Dropout(p=0.5)",
            "Net: 1,058 parameters › Dropout",
        ),
        ("xgboost.Booster: 4 rounds", "Booster: 4 rounds"),
        ("\n".join(["a.B"] * 8), " › ".join(["B"] * 6) + " › … 2 more"),
    ],
)
def test_a_model_in_one_line(architecture: str, line: str) -> None:
    assert f"{line} (torch 2.13)" == made_by(
        ModelFacts(framework="torch", framework_version="2.13", architecture=architecture)
    )
