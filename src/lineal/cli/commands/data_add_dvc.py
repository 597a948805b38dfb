"""``lineal data add --dvc``: a dataset that DVC is given as well."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lineal.cli.commands import data_add
from lineal.cli.context import Context
from lineal.cli.next import next_step
from lineal.cli.parser import Parser
from lineal.cli.progress import waiting
from lineal.objects.errors import Invalid, NotFound

if TYPE_CHECKING:
    from lineal.client.dvc.publishing import Published

_SHOWN = 5


def _add_arguments(parser: Parser) -> None:
    data_add.DATA_ADD.add_arguments(parser)
    parser.add_argument(
        "--dvc",
        action="store_true",
        help="also write PATH.dvc and put the files into DVC's cache and remote, as dvc add and dvc push would",
    )
    parser.add_argument(
        "--dvc-remote", default="", metavar="NAME", help="with --dvc, which remote of DVC; by default its default one"
    )


def _run(context: Context, options: argparse.Namespace) -> int:
    return (_add_and_publish if options.dvc else data_add.DATA_ADD.run)(context, options)


def _add_and_publish(context: Context, options: argparse.Namespace) -> int:
    from lineal.client.dvc.ignoring import without_ignored  # noqa: PLC0415
    from lineal.client.dvc.publishing import check_publishable, publish  # noqa: PLC0415 - help does without it
    from lineal.client.local import LocalRepository  # noqa: PLC0415
    from lineal.client.workspace.scanning import path_of  # noqa: PLC0415

    path = path_of(options.path)
    with context.connect() as repository, waiting(context, f"data add {path}"):
        if not isinstance(repository, LocalRepository):
            raise Invalid("--dvc needs a repository on this machine", hint="leave out --repository, or --dvc")
        if not path.exists():
            raise NotFound(f"--dvc needs the data, and there is nothing at {path}", hint="dvc checkout brings it back")
        upload, left_out = without_ignored(repository, path, repository.upload(path))
        check_publishable(repository, path, upload.tree, variables=context.variables)
        answer = repository.data.add(upload, name=options.name, message=options.message)
        done = publish(repository, path, upload.tree, remote=options.dvc_remote, variables=context.variables)
    context.answer(answer)
    for line in (*_left_out(left_out), *_said(done), next_step("data add", answer)):
        if line:
            context.talk(line)
    return 0


def _left_out(paths: Sequence[str]) -> Iterator[str]:
    if paths:
        from lineal.cli.render.units import count  # noqa: PLC0415

        shown = ", ".join(paths[:_SHOWN]) + (", …" if len(paths) > _SHOWN else "")
        yield f"lineal: left out {count(len(paths), 'file')} that .dvcignore names: {shown}"


def _said(done: Published) -> Iterator[str]:
    import shlex  # noqa: PLC0415 - few are given to DVC

    from lineal.cli.render.units import count, size  # noqa: PLC0415

    for each in done.sent:
        what = f"{count(each.objects, 'object')}, {size(each.size_bytes)}" if each.objects else "nothing, all is there"
        yield f"lineal: sent to {each.where}: {what}"
    if len(done.sent) == 1:
        yield "lineal: DVC has no remote here; dvc remote add makes one, and dvc push sends the files"
    yield f"next: git add {shlex.join(map(str, done.files))}"


DATA_ADD = data_add.DATA_ADD._replace(add_arguments=_add_arguments, run=_run)
