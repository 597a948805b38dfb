"""All commands, and how a line's words lead to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from lineal.cli.command import Command
from lineal.cli.commands.completion import completion
from lineal.cli.commands.data_add import DATA_ADD
from lineal.cli.commands.data_add_dvc import with_dvc
from lineal.cli.commands.data_check import DATA_CHECK
from lineal.cli.commands.data_get import DATA_GET
from lineal.cli.commands.data_pull import DATA_PULL
from lineal.cli.commands.data_query import DATA_QUERY
from lineal.cli.commands.data_status import DATA_STATUS
from lineal.cli.commands.export_attestations import EXPORT_ATTESTATIONS
from lineal.cli.commands.export_log import EXPORT_LOG, WITNESS
from lineal.cli.commands.export_mlflow import EXPORT_MLFLOW
from lineal.cli.commands.gate import GATE
from lineal.cli.commands.git_apply import GIT_APPLY
from lineal.cli.commands.gto import EXPORT_GTO, IMPORT_GTO
from lineal.cli.commands.import_dvc import IMPORT_DVC
from lineal.cli.commands.import_mlflow import IMPORT_MLFLOW
from lineal.cli.commands.init import INIT
from lineal.cli.commands.key import KEYS
from lineal.cli.commands.model_card import MODEL_CARD
from lineal.cli.commands.model_scan import MODEL_SCAN
from lineal.cli.commands.model_sign import MODEL_SIGN
from lineal.cli.commands.oci import MODEL_PULL, MODEL_PUSH
from lineal.cli.commands.run import RUN
from lineal.cli.commands.schema import SCHEMA
from lineal.cli.commands.server import SERVER
from lineal.cli.commands.sql import SQL
from lineal.cli.commands.verify import VERIFY
from lineal.objects.errors import Invalid

_ALSO = {"server": ("serve", "ui", "web"), "model register": ("register",), "data add": ("add",), "show": ("status",)}
"""What people write who know other programs."""


def commands() -> dict[str, Command]:
    """Return every command by its words."""
    # Operations bring the database along, which a hand-made command may do without.
    from lineal.cli.verbs import verbs  # noqa: PLC0415

    return {**verbs(), **HAND_MADE}


HAND_MADE: dict[str, Command] = {
    each.words: each
    for each in (
        INIT,
        IMPORT_DVC,
        IMPORT_GTO,
        IMPORT_MLFLOW,
        EXPORT_MLFLOW,
        EXPORT_GTO,
        EXPORT_LOG,
        EXPORT_ATTESTATIONS,
        WITNESS,
        VERIFY,
        *KEYS,
        MODEL_SIGN,
        MODEL_PUSH,
        MODEL_PULL,
        MODEL_CARD,
        GATE,
        GIT_APPLY,
        MODEL_SCAN,
        RUN,
        with_dvc(DATA_ADD),
        DATA_CHECK,
        DATA_GET,
        DATA_PULL,
        DATA_QUERY,
        DATA_STATUS,
        SERVER,
        SCHEMA,
        SQL,
        completion(commands),
    )
}
"""Commands that are more than one operation, by their words."""


def find(line: Sequence[str]) -> tuple[Command, tuple[str, ...]]:
    """Return the command that ``line`` begins with, and its arguments.

    Raises:
        Invalid: there is no such command; the hint names those like it.
    """
    # As above; and a line needs few of them.
    from lineal.cli.verbs import verb  # noqa: PLC0415

    found = _among(HAND_MADE.get, line) or _among(verb, line)
    if not found:
        raise unknown(line, list(commands()))
    return found


def _among(catalogue: Callable[[str], Command | None], line: Sequence[str]) -> tuple[Command, tuple[str, ...]] | None:
    for length in (2, 1):
        if command := catalogue(" ".join(line[:length])):
            return command, tuple(line[length:])
    return None


def unknown(line: Sequence[str], names: Sequence[str]) -> Invalid:
    """Return the error for words that no command has."""
    seconds = [each for each in names if each.startswith(f"{line[0]} ")]
    if seconds and len(line) == 1:
        return Invalid(f"lineal {line[0]} needs one more word", hint=_one_of(seconds))
    said = " ".join(line[:2] if seconds else line[:1])
    near = _near(said, seconds or names) + [each for each, others in _ALSO.items() if line[0] in others]
    if near:
        hint = f"did you mean {' or '.join(f'lineal {each}' for each in dict.fromkeys(near))}?"
    else:
        hint = _one_of(seconds) if seconds else "lineal --help shows the commands"
    return Invalid(f"there is no command 'lineal {said}'", hint=hint)


def _near(said: str, names: Sequence[str]) -> list[str]:
    """Return the names like what was said; in a group, the second word decides."""
    by_last = {each.rpartition(" ")[2] if " " in said else each: each for each in names}
    return [by_last[each] for each in get_close_matches(said.rpartition(" ")[2], by_last, n=3, cutoff=0.6)]


def _one_of(names: Sequence[str]) -> str:
    return "there are " + ", ".join(f"lineal {each}" for each in names)
