"""``lineal export gto`` and ``lineal import gto``: versions and stages as Git tags, there and back."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting

if TYPE_CHECKING:
    from lineal.client.dvc.gto_importing import ImportedTags

_SHOWN = 10


def _add_export(parser: Parser) -> None:
    parser.add_argument("models", nargs="*", metavar="MODEL", help="which models; by default all")
    parser.add_argument(
        "--into", default=".", metavar="DIRECTORY", help="a place in the Git repository; by default here"
    )
    parser.add_argument("--pre-releases", action="store_true", help="tag pre-releases too")
    parser.add_argument("--push", default="", metavar="REMOTE", help="send new tags to this remote of Git")


def _export(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.dvc.tagging import write_tags  # noqa: PLC0415 - help does without it

    with context.connect() as repository, waiting(context, "export gto"):
        found = write_tags(
            repository,
            Path(options.into),
            tuple(options.models),
            pre_releases=options.pre_releases,
            push=options.push,
        )
    if context.settings.json:
        context.data(found)
    else:
        context.out.writelines(f"{name}\n" for name in found.made)
    for each in found.told:
        context.talk(f"lineal: {each}")
    context.talk("" if found.made else "unchanged: every tag was there")
    return 0


def _add_import(parser: Parser) -> None:
    parser.add_argument(
        "directory", nargs="?", default=".", metavar="DIRECTORY", help="a place in the Git repository; by default here"
    )


def _import(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.dvc.gto_importing import import_tags  # noqa: PLC0415 - as above

    with context.connect() as repository, waiting(context, f"import gto {options.directory}"):
        found = import_tags(repository, Path(options.directory), variables=context.variables)
    if context.settings.json:
        context.data(found)
    elif not context.settings.quiet:
        context.out.writelines(f"{line}\n" for line in _lines(found))
    for each in found.left_out[:_SHOWN]:
        context.talk(f"lineal: left out: {each}")
    if len(found.left_out) > _SHOWN:
        context.talk(f"lineal: left out: {len(found.left_out) - _SHOWN} more; --json lists them all")
    context.talk("next: lineal model list" if found.new else "unchanged: everything was here")
    return 0


def _lines(found: ImportedTags) -> Iterator[str]:
    from lineal.cli.render.units import count  # noqa: PLC0415 - as above

    yield f"{found.directory}: {count(found.versions, 'version')} of models, {count(found.aliases, 'alias', 'aliases')}"
    yield f"new: {count(found.new, 'item')}"


EXPORT_GTO = Command(
    words="export gto",
    description="Make the Git tags that are missing, in GTO's format: MODEL@v1.2.0 for a version, on the commit that its run "
    "recorded, MODEL#production#7 when one came to a stage, MODEL#production!#8 when it left.\n\n"
    "They are annotated, with the digest, the time and who registered it. A tag that is there is never moved, here or at a "
    "remote; what cannot be tagged is told. Doing it again changes nothing.",
    add_arguments=_add_export,
    run=_export,
)

IMPORT_GTO = Command(
    words="import gto",
    description="Bring the models that GTO's tags register in a Git repository, with the numbers, authors and times of the "
    "tags, and the stages that they assign as aliases.\n\n"
    "Where a model's files are is read from dvc.yaml or artifacts.yaml of the tag's commit; they come from Git, or from where "
    "DVC keeps them. What is here already is passed over.",
    add_arguments=_add_import,
    run=_import,
)
