"""Model versions: everything that made a model, bound together and named by one digest."""

from __future__ import annotations

from lineal.objects.canonical import Number, Object, Scalar
from lineal.objects.digest import Digest
from lineal.objects.runs import ModelFacts


class DataUse(Object, frozen=True):
    """A dataset version, or a plain file, that a model came from. ``dataset`` is absent for a plain file."""

    path: str
    digest: Digest
    dataset: Digest | None = None


class Version(Object, frozen=True, tag="version"):
    """One model version: weights, data, code, parameters, runtime, metrics and card.

    The model's name and the version's number are not part of it: names point at values.
    ``weights`` is a tree; ``main_file`` is the path in it that a server loads. ``source`` is the address of weights that
    the store does not hold; then the tree is empty.
    """

    weights: Digest
    main_file: str
    run: Digest
    code: Digest
    runtime: Digest
    data: tuple[DataUse, ...] = ()
    params: dict[str, Scalar] = {}
    metrics: dict[str, Number] = {}
    facts: ModelFacts = ModelFacts()
    card: Digest | None = None
    parent: Digest | None = None
    source: str | None = None


class Card(Object, frozen=True, tag="card"):
    """The human sections of a model card, by section id; the facts are generated from the version.

    ``about`` keeps, for each section, the digest of the facts it was written about: when they change, it is stale.
    ``known`` holds those facts as lines ``FACT: VALUE``, so that one can say what changed. ``file`` is the card that a
    file in the project said when it was last taken along.
    """

    sections: dict[str, str] = {}
    about: dict[str, Digest] = {}
    known: dict[str, tuple[str, ...]] = {}
    file: Digest | None = None
