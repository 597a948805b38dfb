"""Record the arguments of commands made with click, and with typer, which brings a click of its own."""

from __future__ import annotations

from ..guarding import alike, quietly
from .flat import MASK, flattened
from .telling import COMMAND_LINE, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_commands(core: Any) -> None:
    """Record what each command that is about to be invoked was given; groups come before their subcommands."""
    original = core.Command.make_context

    def make_context(*arguments: Any, **named: Any) -> Any:
        context = original(*arguments, **named)
        quietly(_note, context)
        return context

    core.Command.make_context = alike(make_context, original)


_TELLING = {"papermill"}
"""Libraries whose commands run something else; what they give to that is told by our other modules."""


def _note(context: Any) -> None:
    if context.resilient_parsing:
        return  # the shell asks for completions
    if getattr(context.command.callback, "__module__", "").partition(".")[0] in _TELLING:
        return
    params = dict(context.params)
    for each in context.command.params:
        # What nobody may see while it is typed is a secret, whatever it is called.
        if getattr(each, "hide_input", False) and params.get(each.name) is not None:
            params[each.name] = MASK
    names: list[str] = []
    above = context
    while above.parent is not None:
        names.insert(0, str(above.info_name))
        above = above.parent
    if names:
        params["subcommand"] = " ".join(names)
    is_typer = any(each.__module__.partition(".")[0] == "typer" for each in type(context.command).__mro__)
    tell("typer" if is_typer else "click", flattened(params), COMMAND_LINE)
