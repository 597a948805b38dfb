"""Record the cells of notebooks as they run, by the events that IPython itself offers."""

from __future__ import annotations

import atexit

from .guarding import alike, quietly
from .params.globals import note_cells
from .writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_SOURCE_LETTERS_MAX = 1 << 20


def watch_shell(interactiveshell: Any) -> None:
    """Listen to every shell from its making on: what runs in it is told when it has run."""
    shell = interactiveshell.InteractiveShell
    original = shell.init_events

    def init_events(self: Any) -> None:
        original(self)
        quietly(_listen, self)

    shell.init_events = alike(init_events, original)


def _listen(shell: Any) -> None:
    ending: list[Any] = []

    def told(result: Any) -> None:
        quietly(_note, result)
        if not ending:
            # Only now, since what is registered last is called first: at its end the shell forgets all names.
            ending.append(atexit.register(quietly, note_cells, shell.user_ns))

    shell.events.register("post_run_cell", told)


def _note(result: Any) -> None:
    info = result.info
    # What a frontend asks for itself leaves no trace in the notebook's history.
    if info is None or not info.store_history or info.silent:
        return
    error = result.error_before_exec or result.error_in_exec
    emit(
        "cell",
        number=result.execution_count or 0,
        id=str(getattr(info, "cell_id", None) or ""),
        source=str(info.raw_cell)[:_SOURCE_LETTERS_MAX],
        error=type(error).__name__ if error is not None else "",
    )
