"""Which process of a distributed training this is, as launchers say in the environment."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Mapping

OUTER = "LINEAL_OUTER_RANK"
"""The place of the recorder itself, as in ``1/4``: it tells runs apart, not the processes of one."""

_SHARED = (
    *("MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RUN_ID", "SLURM_JOB_ID", "SLURM_STEP_ID"),
    *("PBS_JOBID", "LSB_JOBID", "PMIX_NAMESPACE"),
)
"""What the processes of one training have in common, on all machines."""


def place(variables: Mapping[str, str] = os.environ) -> tuple[int, int]:
    """Return the rank of a process and how many there are; ``(0, 1)`` for one that is alone."""
    rank, size = variables.get("RANK", ""), variables.get("WORLD_SIZE", "")
    if not rank.isdecimal():
        return 0, 1
    return int(rank), max(int(size) if size.isdecimal() else 1, int(rank) + 1)


def inner_place(variables: Mapping[str, str] = os.environ) -> tuple[int, int]:
    """Return the place among the processes of the run that is being recorded."""
    found = place(variables)
    return (0, 1) if "{}/{}".format(*found) == variables.get(OUTER) else found


def shared(variables: Mapping[str, str] = os.environ) -> str:
    """Return what says that processes are of one training, wherever they run; empty when nothing does."""
    told = [f"{name}={variables[name]}" for name in _SHARED if variables.get(name)]
    return " ".join(told)
