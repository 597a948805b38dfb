"""``lineal schema``: the JSON Schema of an operation, for programs that use ``--json`` or HTTP."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.objects.errors import NotFound


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("operation", nargs="+", metavar="OPERATION", help="for example promote, or data add")


def _run(context: Context, options: argparse.Namespace) -> int:
    import msgspec  # noqa: PLC0415

    from lineal.operations import every, find  # noqa: PLC0415
    from lineal.operations.references import near  # noqa: PLC0415

    words = " ".join(options.operation)
    found = find(words)
    if not found:
        known = [each.words for each in every().values() if not each.internal]
        raise NotFound(f"there is no operation {words!r}", hint=near(words, known, "they are " + ", ".join(known)))
    (request, response), components = msgspec.json.schema_components([found.request, found.response])
    said = {
        "operation": found.words,
        "method": found.method,
        "path": f"/api/v1/{found.path}",
        "request": request,
        "response": response,
        "$defs": components,
    }
    context.out.write(
        msgspec.json.format(msgspec.json.encode(said).decode().replace("#/components/schemas/", "#/$defs/"))
    )
    context.out.write("\n")
    return 0


SCHEMA = Command(
    words="schema",
    description="Print the JSON Schema of an operation's request and answer, for programs that use --json or HTTP.",
    add_arguments=_add_arguments,
    run=_run,
)
