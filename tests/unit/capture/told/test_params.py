"""A name that several sources know belongs to the strongest of them, and the others' values are not lost."""

from __future__ import annotations

from itertools import permutations

import pytest

from lineal.capture.told.params import CALLED, GLOBAL, Params

COMMAND_LINE, CONFIG = 3, 2
Told = tuple[object, str, int]


def params_of(*told: Told, name: str = "lr") -> Params:
    params = Params()
    for value, source, rank in told:
        params.put(name, value, source, rank, is_outer=True)  # type: ignore[arg-type]
    return params


@pytest.mark.parametrize(
    "order",
    list(permutations([(0.5, "argparse", COMMAND_LINE), (0.1, "conf/train.yaml", CONFIG), (0.3, "global", GLOBAL)])),
)
def test_the_command_line_keeps_its_name_whatever_comes_first(order: tuple[Told, ...]) -> None:
    params = params_of(*order)

    assert {"lr": 0.5, "train.lr": 0.1, "global.lr": 0.3} == params.values()
    assert {"lr": "argparse", "train.lr": "conf/train.yaml", "global.lr": "global"} == params.sources()


def test_what_a_source_says_again_replaces_what_it_said() -> None:
    params = params_of((1, "argparse", COMMAND_LINE), (2, "argparse", COMMAND_LINE))

    assert ({"lr": 2}, []) == (params.values(), params.gaps())


def test_two_files_with_one_name_keep_both_values() -> None:
    params = params_of((1, "a/model.yaml", CONFIG), (2, "b/train.json", CONFIG))

    assert {"lr": 2, "model.lr": 1} == params.values()


def test_a_tracker_that_repeats_a_number_as_a_text_changes_nothing_but_whose_it_is() -> None:
    params = params_of((0.5, "argparse", COMMAND_LINE), ("0.5", "mlflow", CALLED))

    assert ({"lr": 0.5}, {"lr": "mlflow"}) == (params.values(), params.sources())


def test_a_started_program_takes_no_name_of_the_one_that_started_it() -> None:
    params = params_of((0.5, "argparse", COMMAND_LINE))
    for each in range(3):
        params.put("lr", each, "lineal.param", CALLED, is_outer=False)
        params.put("worker", each, "lineal.param", CALLED, is_outer=False)

    assert {"lr": 0.5, "worker": 2} == params.values()
    assert ["params: programs that the program started have other values of lr; its own are kept"] == params.gaps()
