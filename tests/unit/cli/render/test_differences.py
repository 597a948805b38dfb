"""Differences as people read them."""

from __future__ import annotations

from lineal.checks.comparing.sources import SourceChange
from lineal.checks.comparing.tensors import LayerChange, TensorChange
from lineal.operations.answers.differences import Diff, Difference, ModelFileDiff
from tests.unit.cli.render.constructed import digest, text_of


def test_a_diff_puts_left_beside_right_part_by_part() -> None:
    expected = """\
income:1.0.0 → income:1.1.0
  data
    WHAT            LEFT         RIGHT
    data/train.csv  sha256:1111  sha256:2222
  parameters
    WHAT      LEFT  RIGHT
    depth     6     12
    strength  —     0.5
  train.py  changed
    @@ -1 +1 @@
    -    x = 1
    +    x = 2
  the same: packages, runtime
  ! the commits differ
"""

    assert expected == text_of(
        Diff(
            left="income:1.0.0",
            right="income:1.1.0",
            same=False,
            differences=(
                Difference(part="data", name="data/train.csv", left="sha256:1111", right="sha256:2222"),
                Difference(part="parameters", name="depth", left="6", right="12"),
                Difference(part="parameters", name="strength", right="0.5"),
            ),
            sources=(SourceChange(path="train.py", change="changed", lines=("@@ -1 +1 @@", "-\tx = 1", "+\tx = 2")),),
            equal=("packages", "runtime"),
            gaps=("the commits differ",),
        )
    )


def test_equal_things_are_said_to_be_the_same() -> None:
    expected = """\
income:1.0.0 → income:1.0.0
  they are the same in everything
"""

    assert expected == text_of(Diff(left="income:1.0.0", right="income:1.0.0", same=True))


def test_a_diff_shortens_digests_and_measured_numbers_and_nothing_else() -> None:
    sides = (
        Difference(part="weights", name="model.joblib", left=f"{digest('1')} file"),
        Difference(part="packages", name="numpy", left="1.10", right="2.0.0"),
        Difference(part="metrics", name="auc", left="0.7554444444444444", right="NaN"),
    )
    lines = text_of(Diff(left="a:1.0.0", right="a:2.0.0", same=False, differences=sides)).splitlines()

    assert [
        ["model.joblib", "sha256:111111111111", "file", "—"],
        ["numpy", "1.10", "2.0.0"],
        ["auc", "0.755444", "NaN"],
    ] == [line.split() for line in lines[3::3]]


def test_a_model_is_shown_layer_by_layer_and_tensor_by_tensor() -> None:
    expected = """\
a:1.0.0 → a:2.0.0
  model.pt (was old.pt)  torch, 2 tensors changed, 3 equal
    LAYER  CHANGED  DIFFERENCE
    fc     1 of 2        0.5 %
    (top)  1 of 1
    TENSOR     CHANGE   LEFT         RIGHT      LARGEST  DIFFERENCE    COSINE  NOTE
    fc.weight  changed  float32 2×3                 0.1       0.5 %  0.999000  2 items not finite
    mean       added                 float32 2
    FACT   LEFT  RIGHT
    epoch  3     4
    ! what is in a file of HDF5 is not read
"""
    model = ModelFileDiff(
        path="model.pt",
        was="old.pt",
        format="torch",
        equal_count=3,
        change_count=2,
        changes=(
            TensorChange(
                name="fc.weight",
                change="changed",
                left="float32 2×3",
                right="float32 2×3",
                max_difference=0.1,
                relative_difference=0.005,
                cosine=0.999,
                not_finite=2,
            ),
            TensorChange(name="mean", change="added", right="float32 2"),
        ),
        layers=(
            LayerChange(name="fc", tensor_count=2, change_count=1, relative_difference=0.005),
            LayerChange(name="", tensor_count=1, change_count=1),
        ),
        facts=(Difference(part="facts", name="epoch", left="3", right="4"),),
        note="what is in a file of HDF5 is not read",
    )

    assert expected == text_of(Diff(left="a:1.0.0", right="a:2.0.0", same=False, models=(model,)))
