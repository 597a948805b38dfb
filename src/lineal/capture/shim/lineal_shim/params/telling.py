"""Tell parameters with where they come from, so that the reader knows which source a name belongs to."""

from __future__ import annotations

import sys
import threading
from itertools import islice

from ..writing import emit, gap

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterable

COMMAND_LINE, CONFIG = 3, 2
"""How strongly a source holds a name; what a call names (`lineal.param`, a framework) is stronger than both."""

KEYS_MAX = 500
_TIMES_MAX = 50
_NAME_MAX = 250

_last: dict[str, dict[str, object]] = {}
_times: dict[str, int] = {}
_depth = threading.local()


def tell(source: str, found: Iterable[tuple[str, object]], rank: int) -> None:
    """Record the parameters ``found`` at ``source``, unless they were the last thing that it told.

    Workers of a pool tell nothing: they do parts of what their parent does and tells. Raises OSError.
    """
    if _is_worker():
        return
    params = dict(islice(((name, value) for name, value in found if len(name) <= _NAME_MAX), KEYS_MAX + 1))
    if len(params) > KEYS_MAX:
        params.popitem()
        gap(f"params: {source} has more than {KEYS_MAX} names; the first ones are kept")
    if not params or _last.get(source) == params:
        return
    _times[source] = _times.get(source, 0) + 1
    if _times[source] > _TIMES_MAX:
        gap(f"params: {source} told other values more than {_TIMES_MAX} times; the later ones are not kept")
        return
    _last[source] = params
    emit("param", params=params, source=source, rank=rank)


def _is_worker() -> bool:
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None


class Outermost:
    """A block that may be entered inside itself; its value tells whether this is the outermost one of the thread."""

    def __enter__(self) -> bool:
        depth: int = getattr(_depth, "value", 0)
        _depth.value = depth + 1
        return not depth

    def __exit__(self, *_: object) -> None:
        _depth.value -= 1
