"""Replace a function by one that also records, so that a fault of the recorder never reaches the program."""

from __future__ import annotations

from .writing import gap

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def quietly(record: Callable[..., None], *arguments: object) -> None:
    """Call ``record``; whatever it raises becomes a gap."""
    try:
        record(*arguments)
    except Exception as error:  # noqa: BLE001 the recorder may fail in any way; the program must not
        gap(f"{record.__name__}: {type(error).__name__}: {error}")


def alike(made: Any, original: Any) -> Any:
    """Let ``made`` pass for ``original``, as functools.wraps does, which would load too much at the start."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        if hasattr(original, name):
            setattr(made, name, getattr(original, name))
    made.__dict__.update(getattr(original, "__dict__", {}))
    made.__wrapped__ = original
    # A warning names the caller by counting frames, and leaves out those of imports: ours must not count either.
    if hasattr(made, "__code__"):
        made.__code__ = made.__code__.replace(co_filename=_NOT_COUNTED)
    return made


_NOT_COUNTED = "<lineal: importlib._bootstrap>"


def also(
    owner: Any,
    name: str,
    record: Callable[..., None],
    is_spared: Callable[[tuple[Any, ...]], bool] = lambda _arguments: False,
) -> None:
    """Replace ``owner.name`` by a function that does the same and then calls ``record(result, arguments, named)``.

    The new function claims to be ``name`` of ``owner``, so that pickling it by reference finds it there. ``is_spared`` never
    raises, and tells of the arguments whether there is nothing to record: quickly, where a call may be one of a million.
    """
    original = getattr(owner, name, None)
    if original is None:
        return

    def recorded(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        if not is_spared(arguments):
            quietly(record, result, arguments, named)
        return result

    alike(recorded, original)
    recorded.__module__, recorded.__qualname__ = owner.__name__, name
    setattr(owner, name, recorded)


def method(owner: Any, name: str, record: Callable[..., None]) -> None:
    """Replace the method ``name`` of the class ``owner`` by one that does the same and then calls ``record``.

    ``record`` gets ``(result, arguments, named)``; the first of the arguments is the object.
    """
    original = owner.__dict__.get(name)
    if original is None:
        return

    def recorded(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        quietly(record, result, arguments, named)
        return result

    setattr(owner, name, alike(recorded, original))


def is_programs_own(frame: Any) -> bool:
    """Tell whether the code of ``frame`` is the program's, and no library's."""
    path = frame.f_code.co_filename
    return not any(each in path for each in _LIBRARIES)


_LIBRARIES = ("site-packages", "dist-packages", "lineal_shim", "<frozen")


def first(arguments: tuple[Any, ...], named: dict[str, Any], *names: str, at: int = 0) -> Any:
    """Return the argument at position ``at``, or that of one of ``names``, or None."""
    if len(arguments) > at:
        return arguments[at]
    return next((named[each] for each in names if each in named), None)
