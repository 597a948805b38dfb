"""``lineal export log`` and ``lineal witness``: the journal where its owner cannot change it, and whoever looks there."""

from __future__ import annotations

import argparse
from pathlib import Path

from lineal.cli.command import Command
from lineal.cli.commands.verify import read_note
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting


def _add_target(parser: Parser) -> None:
    parser.add_argument("target", metavar="DIR|URL", help="a directory, or s3://…, gs://…, az://…")


def _export(context: Context, options: argparse.Namespace) -> int:
    # Help does without them.
    from lineal.client.log_tiles import export_log  # noqa: PLC0415
    from lineal.storage.buckets.opening import open_bucket  # noqa: PLC0415

    if "://" not in options.target:
        Path(options.target).mkdir(parents=True, exist_ok=True)
    with context.connect() as repository, waiting(context, "export log"):
        done = export_log(repository, open_bucket(options.target))
    context.talk(f"lineal: {done.checkpoint.size:,} entries, {done.tiles:,} new tiles in {options.target}")
    context.talk(f"signed; the key is {done.key}" if done.key else "not signed: LINEAL_LOG_KEY names no key")
    context.out.write(done.checkpoint.note)
    return 0


EXPORT_LOG = Command(
    words="export log",
    description="Write the journal as a transparency log: tiles of hashes and entries (C2SP tlog-tiles), and a checkpoint.\n\n"
    "Only what is missing there is written, and only when what is there is the beginning of this journal. Keep it, or the "
    "checkpoint that is printed, where whoever administers the repository cannot write: then nobody can rewrite what was done.",
    add_arguments=_add_target,
    run=_export,
)


def _add_witness(parser: Parser) -> None:
    parser.add_argument("log", metavar="DIR|URL", help="where the log was exported to, or a server's address")
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        required=True,
        help="the checkpoint seen last; written anew once the log is proven",
    )
    parser.add_argument(
        "--key", metavar="NAME+ID+KEY", default="", help="the log's key; without it no signature is asked for"
    )


def _witness(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.log_tiles import witness  # noqa: PLC0415 - help does without them
    from lineal.formats.transparency.notes import parse_checkpoint  # noqa: PLC0415
    from lineal.storage.buckets.opening import open_bucket  # noqa: PLC0415

    path = Path(options.checkpoint)
    kept = parse_checkpoint(read_note(str(path))) if path.exists() else None
    found = witness(open_bucket(options.log), kept, options.key)
    partial = path.with_name(f".{path.name}.new")
    partial.write_text(found.note, encoding="utf-8")
    partial.replace(path)
    since = f"the {kept.size:,} entries seen before are unchanged" if kept else "seen for the first time"
    context.talk(f"lineal: {found.origin} has {found.size:,} entries; {since}")
    context.out.write(found.note)
    return 0


WITNESS = Command(
    words="witness",
    description="Prove that a log only grew since it was last looked at, from its tiles alone: no repository is needed.\n\n"
    "Run it regularly on a machine that others administer. Exit status 7 says that entries were changed or removed; FILE then "
    "stays as it was, and is the evidence.",
    add_arguments=_add_witness,
    run=_witness,
)
