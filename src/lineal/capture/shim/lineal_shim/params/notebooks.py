"""Record the parameters that papermill puts into a notebook, and which cell holds them."""

from __future__ import annotations

from ..guarding import also
from ..writing import emit
from .flat import flattened
from .telling import COMMAND_LINE, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_INJECTED = "injected-parameters"


def watch_papermill(parameterize: Any) -> None:
    """Record what each notebook was given; ``parameterize`` is ``papermill.parameterize``."""
    also(parameterize, "parameterize_notebook", lambda notebook, *_: _note(notebook))


def _note(notebook: Any) -> None:
    for cell in notebook.cells:
        if _INJECTED in cell.metadata.get("tags", ()):
            emit("injected", source=str(cell.source))
    tell("papermill", flattened(notebook.metadata.papermill["parameters"]), COMMAND_LINE)
