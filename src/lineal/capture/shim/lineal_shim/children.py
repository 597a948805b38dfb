"""Record the programs that the program starts: their commands, how they ended, and which of their streams it took itself.

What they print into its pipes is the program's, and is read by nobody else.
"""

from __future__ import annotations

import os
import weakref

from .calling import callers, is_of_a_library
from .guarding import first, method
from .writing import emit, gap

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_CHILDREN_MAX = 2_000
_ARGUMENTS_MAX, _LETTERS_MAX = 100, 1_000
_PIPE = -1
_STANDARD = os.path.dirname(os.__file__) + os.sep

_known: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
_count = [0]


def watch_children(subprocess: Any) -> None:
    """Record what ``subprocess`` starts, and so what ``os.popen`` and ``asyncio`` do."""
    method(subprocess.Popen, "__init__", _note_start)
    method(subprocess.Popen, "_handle_exitstatus", lambda _result, arguments, _named: _note_end(arguments[0]))


def watch_transports(base_subprocess: Any) -> None:
    """Record how programs that ``asyncio`` started ended: it waits for them by itself."""
    transport = base_subprocess.BaseSubprocessTransport
    method(transport, "_process_exited", lambda _result, arguments, _named: _note_end(arguments[0]._proc))


def _note_start(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    child = arguments[0]
    if not _is_started_by_the_program():
        return
    _count[0] += 1
    if _count[0] > _CHILDREN_MAX:
        if _count[0] == _CHILDREN_MAX + 1:
            gap(f"children: more than {_CHILDREN_MAX:,} programs were started; the first ones are kept")
        return
    identity = f"{os.getpid()}.{_count[0]}"
    _known[child] = identity
    taken = [
        name for name, at in (("stdout", 5), ("stderr", 6)) if _is_pipe(first(arguments, named, name, at=at), child)
    ]
    is_shell = bool(first(arguments, named, "shell", at=9))
    emit("child", id=identity, command=_command(child.args, is_shell=is_shell), taken=taken)
    if child.returncode is not None:
        _note_end(child)


def _note_end(child: Any) -> None:
    identity = _known.pop(child, None)
    if identity is not None and isinstance(child.returncode, int):
        emit("child_end", id=identity, status=child.returncode)


def _is_started_by_the_program() -> bool:
    """Libraries start compilers, Git and services of their own; whose code comes first outside of Python's is who asks."""
    for frame in callers(2):
        path = frame.f_code.co_filename
        if is_of_a_library(path) and (path.startswith("<frozen") or _is_standard(path)):
            continue
        return not is_of_a_library(path)
    return False


def _is_standard(path: str) -> bool:
    return path.startswith(_STANDARD) and "-packages" not in path


def _is_pipe(stream: object, child: Any) -> bool:
    # -2: its errors go where its output goes.
    return stream == _PIPE or (stream == -2 and child.stdout is not None)  # noqa: PLR2004 subprocess.STDOUT


def _command(given: Any, *, is_shell: bool) -> list[str]:
    parts = [given] if isinstance(given, (str, bytes, os.PathLike)) else list(given)[:_ARGUMENTS_MAX]
    texts = [os.fsdecode(each)[:_LETTERS_MAX] for each in parts]
    return ["/bin/sh", "-c", *texts] if is_shell else texts
