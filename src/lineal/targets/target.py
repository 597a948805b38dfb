"""The contract of a target: start a release somewhere, see what answers there, stop it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from lineal.objects.digest import Digest


class Started(NamedTuple):
    """A release that answers. ``handle`` is the target's own note of how to find it again."""

    endpoint: str
    handle: str


class Observed(NamedTuple):
    """What answers there now: the digest it names, whether it is healthy, and how many requests it has answered."""

    digest: Digest | None
    healthy: bool
    request_count: int


class Target(Protocol):
    """Somewhere to run versions. Made without arguments; all it must remember is in the handle."""

    def start(self, directory: Path, python: Path, variables: Mapping[str, str], *, port: int) -> Started:
        """Start the release in ``directory`` and wait until it answers with its own digest.

        Args:
            directory: the release.
            python: the interpreter of its environment.
            variables: the environment variables that it gets.
            port: where it answers; 0 for any free one. A release that answers there already keeps running.

        Raises:
            Conflict: another model answers on that port.
            Unavailable: it does not answer in time, or another version does; nothing is left running.
        """

    def observe(self, endpoint: str, handle: str) -> Observed:
        """Return what answers there now. Whatever goes wrong is an observation: nothing healthy is there."""

    def stop(self, handle: str) -> None:
        """Stop it once the requests under way are answered; nothing happens when it does not run any more."""
