"""``lineal git apply``: make the moves that a commit asks for; for pipelines, and hooks of Git's servers."""

from __future__ import annotations

import argparse
from pathlib import Path

from lineal.cli.command import Command
from lineal.cli.context import Context
from lineal.cli.parser import Parser
from lineal.objects.errors import Invalid

_DESCRIPTION = (
    "Make the moves that a commit asks for, through the gates.\n\n"
    "The commit changed files that lineal git record wrote: where versions stand, or where aliases lead. Each move is made as "
    "the committer, whom the policy may call otherwise ([git] people); over a server, as whoever asks it. What was moved "
    "meanwhile is told, and never overwritten. The exit status is 4 after such a conflict, and 5 when a gate said no."
)


def _add_arguments(parser: Parser) -> None:
    parser.add_argument("commit", metavar="COMMIT", nargs="?", default="HEAD", help="the commit; default HEAD")
    parser.add_argument(
        "--git", metavar="DIRECTORY", default=".", help="the Git repository with it; default this directory"
    )
    parser.add_argument("--folder", metavar="PATH", default="", help="where the files are in it; default registry")
    parser.add_argument(
        "--as",
        dest="by",
        metavar="NAME",
        default="",
        help="as whom, in place of the committer, whom anybody can claim to be",
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be moved, and what the gates say")
    parser.add_argument("--markdown", metavar="FILE", default="", help="write it as Markdown, for a pull request")
    parser.add_argument("--junit", metavar="FILE", default="", help="write it as JUnit's XML")


def _run(context: Context, options: argparse.Namespace) -> int:
    from lineal.cli.render import wishes  # noqa: PLC0415 - help does without it
    from lineal.client.gitops import apply  # noqa: PLC0415 - as above
    from lineal.executors.git import GitRepository  # noqa: PLC0415 - as above

    git = GitRepository(Path(options.git))
    with context.connect() as repository:
        done = apply(
            repository, git, commit=options.commit, folder=options.folder, by=options.by, dry_run=options.dry_run
        )
    _write(options.markdown, wishes.markdown(done.wishes, done.commit, done.by))
    _write(options.junit, wishes.junit(done.wishes, done.commit))
    context.answer(done.wishes)
    if not done.wishes:
        context.talk("lineal: the commit asks for nothing that is not so already")
    return done.exit_status


def _write(path: str, text: str) -> None:
    if not path:
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Invalid(
            f"{path} cannot be written: {error.strerror}", hint="name a file in a directory that is there"
        ) from None


GIT_APPLY = Command(words="git apply", description=_DESCRIPTION, add_arguments=_add_arguments, run=_run)
