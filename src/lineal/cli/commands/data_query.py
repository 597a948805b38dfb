"""``lineal data query``: the result of a query, as a version of a dataset."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting
from lineal.objects.errors import Invalid

if TYPE_CHECKING:
    from lineal.objects.canonical import Scalar


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("connection", metavar="CONNECTION", help="a [connections.NAME] of lineal.toml")
    parser.add_argument("sql", metavar="SQL", help="one SELECT; :name stands for a value")
    parser.add_argument("--name", required=True, metavar="NAME", help="the dataset's name")
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a value of the query; may be repeated"
    )
    parser.add_argument("--copy", action="store_true", help="keep the result too, as a table")
    parser.add_argument("--message", default="", metavar="MESSAGE", help="why this version came to be")


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.cli.next import next_step  # noqa: PLC0415 - help does without operations

    params = dict(_params(options.param))
    with context.connect() as repository, waiting(context, f"data query {options.connection}") as progress:
        repository.tell(progress)
        answer = repository.data.query(
            options.connection,
            options.sql,
            name=options.name,
            params=params,
            copy=options.copy,
            message=options.message,
        )
    context.answer(answer)
    if said := next_step("data add", answer):
        context.talk(said)
    return 0


def _params(given: Iterable[str]) -> Iterator[tuple[str, Scalar]]:
    """Yield the values of a query; what reads as a JSON scalar is one, everything else is text."""
    import msgspec  # noqa: PLC0415

    for each in given:
        name, equals, text = each.partition("=")
        if not equals or not name.isidentifier():
            raise Invalid(f"{each!r} is no value of a query", hint="write --param NAME=VALUE, and :NAME in the query")
        try:
            yield name, msgspec.json.decode(text, type=str | int | float | bool | None)
        except msgspec.MsgspecError:
            yield name, text


DATA_QUERY = Command(
    words="data query",
    description=(
        "Add the result of a query as the next version of a dataset: the SQL, the digest of every row, and when the\n"
        "database said so. The same result keeps its version. lineal data check runs the query again and compares."
    ),
    add_arguments=_add_arguments,
    run=_run,
)
