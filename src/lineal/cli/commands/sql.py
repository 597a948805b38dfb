"""``lineal sql``: a question in SQL, answered as a table, as CSV or as JSON."""

from __future__ import annotations

import argparse

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser, whole_number

_DESCRIPTION = (
    "Answer a question in SQL over the documented views. Nothing can be changed with it, and nothing else be read."
)


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("query", metavar="QUERY", help="one SELECT; docs/reference/sql.md has the views")
    parser.add_argument(
        "--limit", type=whole_number, metavar="N", default=1_000, help="at most so many rows; default 1000"
    )
    parser.add_argument(
        "--timeout-s", type=whole_number, metavar="N", default=10, help="give up after so many seconds; default 10"
    )
    parser.add_argument("--csv", action="store_true", help="write CSV, with the names of the columns in the first line")


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.operations.asking.sql import sql  # noqa: PLC0415 - it brings the database along

    with context.connect() as repository:
        answer = sql(repository, options.query, limit=options.limit, timeout_s=options.timeout_s)
    if options.csv and not context.settings.json:
        import csv  # noqa: PLC0415 - every command would wait for it

        writer = csv.writer(context.out, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows(answer.rows)
    else:
        context.answer(answer)
    if answer.is_cut:
        context.talk(f"there is more than these {len(answer.rows):,} rows; --limit takes more")
    elif not answer.rows:
        context.talk("no rows")
    return 0


SQL = Command(words="sql", description=_DESCRIPTION, add_arguments=_add_arguments, run=_run)
