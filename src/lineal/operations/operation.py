"""Turn a plain function into a verb of Lineal: a local call, a remote call, a route, a command and a page of docs.

The function's signature is the only definition. Parameters before ``*`` are positional on the command line, those
after it are options; its docstring is the help; its annotations are the JSON Schema.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, wraps
from os import PathLike
from typing import (
    Any,
    Concatenate,
    Literal,
    NamedTuple,
    ParamSpec,
    Protocol,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared
from lineal.objects.secret import Secret
from lineal.storage.store import Role, Store

P = ParamSpec("P")
R = TypeVar("R")

Effect = Literal["reads", "records", "writes", "shares", "acts", "examines"]
"""What an operation does to the repository, and with that how it is carried out and journalled.

``reads`` changes nothing. ``records`` adds what a running program tells of itself, one transaction each and many a
second: the journal has the beginning and the end of its run instead. ``writes`` is one transaction with its journal entry;
so is ``shares``, which writes only what the lock of one row keeps to itself, so that others may be at work meanwhile.
``acts`` takes its time and reaches outside (starts a process, runs a model): it is journalled when it begins and ends.
``examines`` acts to find out what is so, and does it also where nothing can be journalled."""


class Upload(msgspec.Struct, frozen=True):
    """Files that the store already holds: a tree, and the name the caller's path had."""

    tree: Digest
    name: str


Uploadable = Upload | PathLike[str] | str
"""A parameter for files: callers give a path, the seam uploads it, the operation receives an ``Upload``."""


class Parameter(NamedTuple):
    """One parameter of an operation, as every surface shows it."""

    name: str
    type: Any
    default: Any
    positional: bool
    help: str

    @property
    def required(self) -> bool:
        """Whether a caller must give it."""
        return self.default is inspect.Parameter.empty

    @property
    def is_upload(self) -> bool:
        """Whether callers give a path that is uploaded first."""
        return bool(self.type is Upload)


class Handle(Protocol):
    """A repository the caller holds: on this machine, or behind a URL."""

    def perform(self, operation: Operation, request: msgspec.Struct) -> Any:
        """Carry out ``operation`` and return its answer."""

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the store."""


class Operation:
    """A verb: what it is called, what it takes and gives, and who may use it.

    Args:
        words: the words of the command, for example ``data add``; the route is ``/api/v1/data/add``.
        function: the definition; its first argument is the store.
        effect: what it does to the repository, and how it is journalled.
        role: the least role that may use it.
        internal: it serves other parts of Lineal; no command is made of it.
        prepare: takes what the function takes, and does the slow part of it before the transaction.
        about: which parameters name an experiment, a model or a part of one, on which the role is asked for; None for
            one that may be about all of them.
    """

    def __init__(
        self,
        words: str,
        function: Callable[..., Any],
        *,
        effect: Effect,
        role: Role,
        internal: bool,
        prepare: Callable[..., None] | None = None,
        about: Mapping[str, str] | None = None,
    ) -> None:
        self.words = words
        self.prepare = prepare
        self.function = function
        self.effect = effect
        self.role = role
        self.internal = internal
        self.about = about

    @property
    def path(self) -> str:
        """The operation's part of the route."""
        return path_of(self.words)

    @property
    def method(self) -> str:
        """The HTTP method: questions are GET, everything else is POST."""
        return "GET" if self.effect == "reads" else "POST"

    @property
    def is_journalled(self) -> bool:
        """Whether the journal has an entry of it: a question has none, nor has what a program tells while it runs."""
        return self.effect not in {"reads", "records"}

    @property
    def reaches_outside(self) -> bool:
        """Whether it takes its time, with no transaction around it."""
        return self.effect in {"acts", "examines"}

    @cached_property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @cached_property
    def description(self) -> str:
        """The docstring up to its ``Args:``."""
        return (inspect.getdoc(self.function) or "").partition("\nArgs:")[0].partition("\nRaises:")[0].strip()

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every parameter but the store, in order."""
        hints = get_type_hints(self.function)
        helps = dict(_argument_helps(inspect.getdoc(self.function) or ""))
        found = list(inspect.signature(self.function).parameters.values())[1:]
        return tuple(
            Parameter(
                each.name,
                Upload if hints[each.name] == Uploadable else hints[each.name],
                each.default,
                each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD,
                helps.get(each.name, ""),
            )
            for each in found
        )

    @cached_property
    def uploads(self) -> tuple[str, ...]:
        """The parameters for which callers give paths that are uploaded first."""
        return tuple(each.name for each in self.parameters if each.is_upload)

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The parameters that are secrets."""
        return tuple(each.name for each in self.parameters if each.type in {Secret, Secret | None})

    @cached_property
    def request(self) -> type[msgspec.Struct]:
        """The type of the request's body."""
        fields = [(p.name, p.type) if p.required else (p.name, p.type, p.default) for p in self.parameters]
        name = "".join(word.capitalize() for word in self.words.replace("-", " ").split())
        return msgspec.defstruct(name, fields, frozen=True, kw_only=True, forbid_unknown_fields=True)

    @cached_property
    def response(self) -> Any:
        """The type of the answer."""
        return get_type_hints(self.function)["return"]

    @cached_property
    def tells_secret(self) -> bool:
        """Whether its answer holds something that is told once, and kept nowhere."""
        fields = getattr(self.response, "__struct_fields__", None)
        return bool(fields) and Secret in get_type_hints(self.response).values()


OPERATIONS: dict[str, Operation] = {}
"""Every operation by its words, in the order of their definition."""


def operation(
    words: str,
    *,
    effect: Effect,
    role: Role | None = None,
    internal: bool = False,
    prepare: Callable[..., None] | None = None,
    about: Mapping[str, str] | None = None,
) -> Callable[[Callable[Concatenate[Store, P], R]], Callable[Concatenate[Handle, P], R]]:
    """Make an operation of a function whose first argument is a store.

    Args:
        words: what it is called, for example ``model register``.
        effect: what it does to the repository, and how it is journalled.
        role: the least role that may use it; by default a reader for ``reads`` and a writer for the rest.
        internal: it serves other parts of Lineal; no command is made of it.
        prepare: takes what the function takes, and does before the transaction what takes long and changes no name: it
            may be done in vain, and twice.
        about: which parameters name an experiment, a model or a part of one, by their kind in ``access.py``. Whoever has
            a smaller role on some of them may use nothing that does not say.

    Returns:
        A decorator. What it returns takes a handle in place of the store, so it is a method of every repository.
    """

    def decorate(function: Callable[Concatenate[Store, P], R]) -> Callable[Concatenate[Handle, P], R]:
        needed: Role = role or ("reader" if effect == "reads" else "writer")
        found = OPERATIONS[words] = Operation(
            words,
            function,
            effect=effect,
            role=needed,
            internal=internal,
            prepare=prepare,
            about=about,
        )
        signature = inspect.signature(function)
        after_store = list(signature.parameters.values())[1:]
        in_order = [each.name for each in after_store if each.kind is not each.KEYWORD_ONLY]
        names = {each.name for each in after_store}
        needs = {each.name for each in after_store if each.default is each.empty}

        @wraps(function)
        def call(handle: Handle, *args: P.args, **kwargs: P.kwargs) -> R:
            # A tenth of what the signature itself takes to do the same, which is asked only to say what is wrong.
            given = dict(zip(in_order, args)) | kwargs  # noqa: B905
            is_whole = len(given) == len(args) + len(kwargs) and needs <= given.keys() <= names
            if not is_whole:
                signature.bind(None, *args, **kwargs)
            return cast("R", handle.perform(found, _request(found, handle, given)))

        call.operation = found  # type: ignore[attr-defined]
        return cast("Callable[Concatenate[Handle, P], R]", call)

    return decorate


def path_of(words: str) -> str:
    """Return the part of the route of the operation that is called ``words``."""
    return words.replace(" ", "/")


def _request(found: Operation, handle: Handle, given: dict[str, Any]) -> msgspec.Struct:
    """Build the request of a call made in Python: paths are uploaded, wrong types are told."""
    for name in found.uploads:
        if isinstance(given.get(name), PathLike | str):
            given[name] = handle.upload(given[name])
    try:
        return msgspec.convert(given, prepared(found.request))
    except msgspec.ValidationError as error:
        raise Invalid(f"{found.words}: {error}", hint=_expected(found, str(error))) from None


def _expected(found: Operation, message: str) -> str:
    """Return what the parameter takes that a message is about."""
    name = message.rpartition(" - at `$.")[2].partition("`")[0].partition("[")[0].partition(".")[0]
    parameter = next((each for each in found.parameters if each.name == name), None)
    if parameter is None:
        return ""
    if get_origin(parameter.type) is Literal:
        return f"{name} is one of {', '.join(map(str, get_args(parameter.type)))}"
    return f"{name}: {parameter.help}"


def _argument_helps(docstring: str) -> Iterator[tuple[str, str]]:
    """Yield each argument of a docstring's ``Args:`` with its text on one line."""
    _, _, after = docstring.partition("\nArgs:\n")
    name, words = "", list[str]()
    for line in after.splitlines():
        if not line.startswith("    "):
            break
        if not line.startswith("        "):
            if name:
                yield name, " ".join(words)
            name, _, first = line.strip().partition(":")
            words = [first.strip()]
        else:
            words.append(line.strip())
    if name:
        yield name, " ".join(words)
