"""Nothing that has a name is ever lost, whatever writers, collectors and deaths come together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.stateful.collecting import World

STEPS = int(os.environ.get("LINEAL_STATEFUL_STEPS", "12000"))
"""In all; a million once, by hand: LINEAL_STATEFUL_STEPS=1000000."""

STEPS_OF_A_WORLD = 3_000


@pytest.mark.parametrize("seed", range(STEPS // STEPS_OF_A_WORLD))
def test_two_writers_a_collector_and_deaths_at_every_step_lose_nothing_that_was_named(
    seed: int, tmp_path: Path
) -> None:
    world = World(tmp_path, seed)

    for step in range(STEPS_OF_A_WORLD):
        world.step()
        if step % 500 == 0:
            world.check_all()
    world.check_all()

    # It must have been about something.
    assert world.commits > 20
    assert world.collections > 20
    assert world.deaths > 20
