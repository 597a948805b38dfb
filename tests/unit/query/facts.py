"""What searches of tests are told of a repository: what the worlds of the tests hold."""

from __future__ import annotations

from collections.abc import Sequence

from lineal.query.query import Data
from tests.unit.query.world import EXPERIMENTS, LETTERED, METRICS, NUMERIC, PACKAGES, PARAMS, TAGS


class Told:
    """Knows what may be in any world."""

    def data(self, reference: str) -> Data:
        name, _, digest = reference.removeprefix("data:").partition("@")
        return Data((reference,), name, digest)

    def names(self, kind: str) -> Sequence[str]:
        return {"metric": METRICS, "param": (*PARAMS, NUMERIC), "tag": (*TAGS, LETTERED)}[kind]

    def releases(self, package: str) -> Sequence[str]:
        return PACKAGES.get(package, ())

    def packages(self) -> Sequence[str]:
        return list(PACKAGES)

    def experiment(self, name: str) -> int | None:
        return EXPERIMENTS.index(name) if name in EXPERIMENTS else None

    def is_text_only(self, param: str) -> bool:
        return False


TOLD = Told()
