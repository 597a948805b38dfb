"""``lineal model card``: a card in any form; and what people write on it, from an editor or a file."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.objects.errors import Invalid, LinealError

if TYPE_CHECKING:
    from lineal.operations.answers.models import CardAnswer

_DESCRIPTION = (
    "Show the model card of a version: facts as they are now, and what people wrote, with what of it is stale.\n"
    "With --edit, --file or --confirm, write what people write. What others wrote meanwhile is kept."
)
_FORMATS = (
    "markdown", "html", "huggingface", "json", "sections", "annex-iv", "cyclonedx", "cyclonedx-1.7", "g7", "inventory",
)  # fmt: skip


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("version", metavar="VERSION", help="the version")
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        default="markdown",
        metavar="FORMAT",
        help="markdown (by default), html (one file, with figures), huggingface, json, sections (what people write, to be"
        " edited), annex-iv, cyclonedx, cyclonedx-1.7, g7 or inventory",
    )
    parser.add_argument(
        "--output", metavar="PATH", default="", help="write it to this file; for huggingface, into this directory"
    )
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--edit", action="store_true", help="write its sections in $VISUAL or $EDITOR")
    ways.add_argument("--file", metavar="PATH", default="", help="take its sections from a file of the project")
    ways.add_argument(
        "--confirm",
        action="append",
        metavar="SECTION",
        default=[],
        help="say that a stale section still holds, having read it again; may be repeated",
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    with context.connect() as repository:
        if options.edit:
            return _told(context, _edited(context, repository, options.version))
        if options.file:
            return _told(context, _taken(context, repository, options.version, Path(options.file)))
        if options.confirm:
            found = [repository.model.confirm(options.version, each) for each in options.confirm]
            return _told(context, found[-1])
        answer = repository.model.card(options.version, format=options.format)
    if options.output:
        _write(context, answer, Path(options.output))
    else:
        context.answer(answer)
        if answer.files:
            context.talk(f"with --output DIRECTORY, {', '.join(answer.files)} is written as well")
    return 0


def _told(context: Context, answer: CardAnswer | None) -> int:
    if answer is None:
        context.talk("nothing was changed")
        return 0
    if context.settings.json or context.settings.quiet:
        context.answer(answer)
    else:
        from lineal.cli.render.versions import card_states  # noqa: PLC0415 - help does without it

        context.out.writelines(f"{line}\n" for line in card_states(answer, context.page()))
    return answer.exit_status


def _write(context: Context, answer: CardAnswer, path: Path) -> None:
    """Write a card, and the files beside it, where they belong."""
    is_folder = answer.format == "huggingface"
    texts = {"README.md": answer.text, **answer.files} if is_folder else {"": answer.text}
    for name, text in texts.items():
        place = path / name if name else path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Invalid(f"{place} cannot be written: {error.strerror}", hint="name another path") from None
        context.talk(f"wrote {place}")


def _edited(context: Context, repository: Any, version: str) -> CardAnswer | None:
    """Let a person write in their editor, until what they wrote is kept; their text is never lost."""
    from lineal.formats.cards.marks import parse_sections, with_texts  # noqa: PLC0415 - help does without it

    before = repository.model.card(version, format="sections")
    sheet, base = before.text, before.card
    import tempfile  # noqa: PLC0415 - every command reads this file, and few edit a card

    descriptor, name = tempfile.mkstemp(prefix="lineal-card-", suffix=".md")
    os.close(descriptor)
    path = Path(name)
    while True:
        path.write_text(sheet, encoding="utf-8")
        try:
            _open(context, path)
            text = path.read_text(encoding="utf-8")
            if text == before.text:
                path.unlink()
                return None
            answer: CardAnswer = repository.model.revise(version, parse_sections(text), base=base)
        except (LinealError, OSError, UnicodeDecodeError) as error:
            said = error.message if isinstance(error, LinealError) else str(error)
            raise Invalid(
                f"the card was not written: {said}",
                hint=f"what you wrote is in {path}; mend it, then lineal model card {version} --file {path}",
            ) from None
        if not answer.conflicts:
            path.unlink()
            return answer
        context.talk(f"somebody else changed {', '.join(answer.conflicts)} meanwhile; both texts are in the editor now")
        sheet, base = (
            with_texts(repository.model.card(version, format="sections").text, answer.merged),
            answer.card,
        )


def _open(context: Context, path: Path) -> None:
    """Open a person's editor, and wait until it is closed. Raises Invalid where that does not work."""
    import subprocess  # noqa: PLC0415 - every command would wait for it

    editor = context.variables.get("VISUAL") or context.variables.get("EDITOR") or "vi"
    try:
        status = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
    except (OSError, ValueError) as error:
        raise Invalid(f"the editor {editor!r} does not start: {error}", hint="set EDITOR") from None
    if status:
        raise Invalid(f"the editor {editor!r} ended with status {status}", hint="set EDITOR to another one")


def _taken(context: Context, repository: Any, version: str, path: Path) -> CardAnswer:
    from lineal.formats.cards.marks import parse_base, parse_sections, with_texts  # noqa: PLC0415 - as above

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}", hint="name a file of UTF-8 text") from None
    answer: CardAnswer = repository.model.revise(version, parse_sections(text), base=parse_base(text), from_file=True)
    if answer.conflicts:
        merged = path.with_name(path.name + ".merged")
        merged.write_text(
            with_texts(repository.model.card(version, format="sections").text, answer.merged), encoding="utf-8"
        )
        for line in _conflict(answer, merged, version):
            context.talk(line)
    return answer


def _conflict(answer: CardAnswer, merged: Path, version: str) -> Iterator[str]:
    yield f"nothing was written: the file and the card both changed {', '.join(answer.conflicts)}"
    yield f"both texts are in {merged}; keep what is right there, then lineal model card {version} --file {merged}"


MODEL_CARD = Command(words="model card", description=_DESCRIPTION, add_arguments=_add_arguments, run=_run)
