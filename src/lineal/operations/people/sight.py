"""What searches show to those who may not see everything, and what experiments and models are called in grants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lineal.query.fields import Field
from lineal.query.syntax import Among, Every, Some
from lineal.query.wanted import Wanted
from lineal.storage.store import Role, Store


def experiment_object(number: int) -> str:
    """Return what an experiment is called in grants."""
    return f"experiment:#{number}"


def model_object(name: str) -> str:
    """Return what a model is called in grants."""
    return f"model:{name}"


def narrowed(store: Store, wanted: Wanted) -> Wanted:
    """Return a search for no more than the actor may see."""
    actor = store.actor
    if actor.may("reader"):
        return wanted
    name = wanted.source.name
    if wanted.experiments is not None:
        seen = tuple(each for each in wanted.experiments if actor.may("reader", experiment_object(each)))
        return msgspec.structs.replace(wanted, experiments=seen)
    column, prefix = _COLUMNS[name]
    # Everything but some, or nothing but some: whichever the actor's own role is.
    negated = actor.may("reader", "anything")
    listed = tuple(sorted(_names(actor.grants.items(), prefix, is_seen=not negated)))
    among = (
        Among(Field("visible", "text", (column,)), listed, negated) if listed else (Every(()) if negated else Some(()))
    )
    return msgspec.structs.replace(wanted, condition=Every((wanted.condition, among)))


def _names(grants: Iterable[tuple[str, Role]], prefix: str, *, is_seen: bool) -> Iterator[str]:
    for thing, role in grants:
        if thing.startswith(prefix) and (role != "none") == is_seen:
            yield thing.removeprefix(prefix)


_COLUMNS = {
    "experiments": ("CAST(e.number AS TEXT)", "experiment:#"),
    "runs": ("CAST(r.experiment AS TEXT)", "experiment:#"),
    "logged models": ("CAST(l.experiment AS TEXT)", "experiment:#"),
    "registered models": ("m.name", "model:"),
    "model versions": ("v.model", "model:"),
    "versions": ("v.model", "model:"),
}
"""By which column each search knows the experiment or model of a row, and what stands before that in grants."""
