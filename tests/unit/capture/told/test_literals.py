"""Which globals of a script are nothing but literals."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.capture.told.literals import literal_names, literal_names_in


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("LR = 0.1\nepochs: int = 10\nbits = 1 << 10\nneg = -1", {"LR", "epochs", "bits", "neg"}),
        ("a, b = 1, 'x'\nsizes = [1, 2]\nc = d = 3", {"a", "b", "sizes", "c", "d"}),
        ("if True:\n    a = 1\nelse:\n    a = 2\ntry:\n    b = 1\nfinally:\n    pass", {"a", "b"}),
        ("if __name__ == '__main__':\n    batch = 32", {"batch"}),
        ("total = 0\nfor step in range(3):\n    total += step", set()),
        ("best = 0\nbest = max(best, 1)\nfile = open('x')\nlater: int", set()),
        ("count = 0\ndef f():\n    global count\n    count = 2\n    inner = 3", set()),
        ("a = 1\nwith open('x') as a:\n    pass\nb = 1\n(b := 2)\nc = 1\nimport c", {"c"}),
        ("class Config:\n    lr = 0.1\nname = f'{1}'\nnested = {'a': 1}", set()),
        ("match 1:\n    case 1:\n        a = 1", {"a"}),
        ("this is no Python", set()),
    ],
)
def test_only_names_that_are_always_set_to_literals_count(source: str, names: set[str], tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(source)

    assert names == literal_names(tmp_path / "script.py")


def test_cells_of_a_notebook_count_together_without_what_is_for_ipython() -> None:
    cells = [
        "%pip install x\nrate = 0.1\ndepth = 3\nsize = 1",
        "depth = 5  # put in",
        "size += 1",
        "!ls\nwidth = 2",
        "no Python",
    ]

    assert {"rate", "depth", "width"} == literal_names_in(cells)


def test_a_script_that_is_gone_has_none(tmp_path: Path) -> None:
    assert set() == literal_names(tmp_path / "script.py")
