"""What an attacker would send: values for whatever an operation, an endpoint or a route takes, made of its types.

A parameter whose name stands in ``Target`` is aimed at what must not change. The rest get something of their type, so that
what is new is attacked without anybody thinking of it.
"""

from __future__ import annotations

import itertools
import typing
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from lineal.objects.secret import Secret
from lineal.operations.operation import Operation, Upload

_WAYS_MAX = 8
"""So many combinations of choices are tried of one verb or endpoint."""


class Target(NamedTuple):
    """A version that must not change, and what leads to it."""

    model: str
    reference: str
    number: int
    digest: str
    run: str
    tree: str
    blob: str
    path: str
    logged: str

    def named(self, name: str, words: str) -> list[Any]:
        """Return what a parameter of that name is given; nothing where the name says nothing."""
        is_of_run = words.startswith(("runs", "logged", "artifacts"))
        given: dict[tuple[str, ...], list[Any]] = {
            ("version", "what", "contents"): [self.reference],
            ("versions", "names"): [(self.reference,)],
            ("name", "model"): [self.model],
            ("run_id", "run_uuid"): [self.run],
            ("run",): [f"run:{self.run}"],
            ("subject",): [self.run, f"logged:{self.logged}"],
            ("model_id",): [self.logged],
            ("number", "version_number"): [self.number],
            ("path", "file"): [self.path, ""],
            ("tree",): [self.tree],
            ("digest", "blob"): [self.blob],
            ("size_bytes",): [6],
            ("to",): ["archived", "none"],
            ("stage",): ["Archived"],
            ("expect", "hold", "level"): [""],
            ("reason",): ["an attack"],
            ("new_name",): [f"{self.model}-2"],
            ("alias",): ["champion"],
            ("on",): [f"model:{self.model}"],
            ("at",): ["2999-01-01"],
            ("target",): ["nowhere"],
            ("port", "keep_hours"): [0],
            ("url",): ["http://127.0.0.1:9/"],
            ("grace_days", "undo_days"): [0.0],
            ("remote", "source"): [f"runs:/{self.run}/model" if is_of_run else ""],
            ("force", "delete", "archive_others", "archive_existing_versions", "from_file"): [True],
        }
        known = {each: values for names, values in given.items() for each in names}
        return known.get(name, [])


def requests(operation: Operation, target: Target) -> Iterator[msgspec.Struct]:
    """Yield what is asked of a verb: each of a few ways to aim it at a target."""
    hints = {each.name: each.type for each in operation.parameters}
    for given in ways(hints, target, operation.words):
        yield msgspec.json.decode(msgspec.json.encode(given), type=operation.request, strict=False)


def bodies(request: type[msgspec.Struct], target: Target, words: str) -> Iterator[dict[str, Any]]:
    """Yield what is sent to an endpoint that takes a struct."""
    for given in ways(get_type_hints(request), target, words):
        yield msgspec.to_builtins(given)


def ways(hints: dict[str, Any], target: Target, words: str) -> Iterator[dict[str, Any]]:
    """Yield values for parameters of such names and types."""
    choices = [[(name, value) for value in values(name, kind, target, words)] for name, kind in hints.items()]
    for chosen in itertools.islice(itertools.product(*choices), _WAYS_MAX):
        yield dict(chosen)


def values(name: str, kind: Any, target: Target, words: str) -> list[Any]:  # noqa: PLR0911 - one for each kind of type
    """Return values that something of that name and type can have; at least one."""
    origin, of = get_origin(kind), [each for each in get_args(kind) if each is not type(None)]
    if found := [each for each in target.named(name, words) if _fits(each, kind)]:
        return found
    if origin is Literal:
        return list(of)
    if origin in {typing.Union, type(int | str)}:
        return values(name, of[0], target, words)
    if kind is Upload:
        return [Upload(target.tree, "files")]  # type: ignore[arg-type]
    if isinstance(kind, type) and (issubclass(kind, msgspec.Struct) or hasattr(kind, "_fields")):
        hints = get_type_hints(kind)
        return [kind(**each) for each in ways(hints, target, words)][:2]
    if origin in {tuple, list}:
        several = of[:1] if of[-1] is Ellipsis else of
        return [tuple(values(name, each, target, words)[0] for each in several)]
    if origin is dict or kind is dict:
        return [{"key": "value"}] if not of or of[1] is str else [{}]
    if kind is msgspec.Raw:
        return [{"key": "value"}]
    if "Digest" in str(kind):
        return [target.blob]
    return [{bool: True, int: 1, float: 1.0, bytes: b"x", Secret: "a secret"}.get(kind, "changed")]


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(msgspec.to_builtins(value), kind)
    except (msgspec.ValidationError, TypeError):
        return False
    return True
