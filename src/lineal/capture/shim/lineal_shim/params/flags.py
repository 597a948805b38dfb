"""Record the flags that a program defines with absl, and those of libraries that its command line sets."""

from __future__ import annotations

from ..guarding import alike, quietly
from .flat import flattened
from .telling import COMMAND_LINE, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_flags(flags: Any) -> None:
    """Record flags when the command line is parsed into them."""
    original = flags.FlagValues.__call__

    def parse(self: Any, *arguments: Any, **named: Any) -> Any:
        result = original(self, *arguments, **named)
        quietly(_note, self)
        return result

    flags.FlagValues.__call__ = alike(parse, original)


def _note(values: Any) -> None:
    found = {
        flag.name: flag.value
        for module, defined in values.flags_by_module_dict().items()
        for flag in defined
        if flag.present or module.partition(".")[0] != "absl"
    }
    tell("absl", flattened(found), COMMAND_LINE)
