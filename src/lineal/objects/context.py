"""What a run was a part of, as the system that started it says."""

from __future__ import annotations

from lineal.objects.canonical import Object


class Context(Object, frozen=True):
    """A task of an orchestrator, a job of a CI system or a scheduler, a run of another tracker, around a run.

    ``system`` is who says so; ``workflow`` the DAG, flow, pipeline or experiment; ``run`` the system's own id of its
    execution; ``task`` the step or job in it; ``attempt`` the how-manieth try, as the system counts.
    """

    system: str
    workflow: str = ""
    run: str = ""
    task: str = ""
    attempt: str = ""
    url: str = ""
