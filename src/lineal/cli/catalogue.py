"""All commands, and how a line's words lead to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from lineal.cli.command import Command
from lineal.objects.errors import Invalid

_ALSO = {"server": ("serve", "ui", "web"), "model register": ("register",), "data add": ("add",), "show": ("status",)}
"""What people write who know other programs."""

HAND_MADE = {
    "init": "init.INIT",
    "import dvc": "import_dvc.IMPORT_DVC",
    "import gto": "gto.IMPORT_GTO",
    "import mlflow": "import_mlflow.IMPORT_MLFLOW",
    "export mlflow": "export_mlflow.EXPORT_MLFLOW",
    "export gto": "gto.EXPORT_GTO",
    "export log": "export_log.EXPORT_LOG",
    "export attestations": "export_attestations.EXPORT_ATTESTATIONS",
    "witness": "export_log.WITNESS",
    "verify": "verify.VERIFY",
    "key create": "key.KEY_CREATE",
    "key list": "key.KEY_LIST",
    "key trust": "key.KEY_TRUST",
    "key revoke": "key.KEY_REVOKE",
    "model sign": "model_sign.MODEL_SIGN",
    "model push": "oci.MODEL_PUSH",
    "model pull": "oci.MODEL_PULL",
    "model card": "model_card.MODEL_CARD",
    "gate": "gate.GATE",
    "git apply": "git_apply.GIT_APPLY",
    "model scan": "model_scan.MODEL_SCAN",
    "run": "run.RUN",
    "data add": "data_add_dvc.DATA_ADD",
    "data check": "data_check.DATA_CHECK",
    "data get": "data_get.DATA_GET",
    "data pull": "data_pull.DATA_PULL",
    "data query": "data_query.DATA_QUERY",
    "data status": "data_status.DATA_STATUS",
    "server": "server.SERVER",
    "schema": "schema.SCHEMA",
    "sql": "sql.SQL",
    "completion": "completion.COMPLETION",
}
"""Commands that are more than one operation, by their words: a module of ``commands`` and its name there. It is imported when a
line begins with these words."""


def commands() -> dict[str, Command]:
    """Return every command by its words."""
    # Operations bring the database along, which a hand-made command may do without.
    from lineal.cli.verbs import verbs  # noqa: PLC0415

    return {**verbs(), **{words: command for words in HAND_MADE if (command := hand_made(words))}}


def hand_made(words: str) -> Command | None:
    """Return the command called ``words`` that is more than one operation, or None when there is none."""
    if words not in HAND_MADE:
        return None
    module, _, name = HAND_MADE[words].partition(".")
    found: Command = getattr(import_module(f"lineal.cli.commands.{module}"), name)
    return found


def find(line: Sequence[str]) -> tuple[Command, tuple[str, ...]]:
    """Return the command that ``line`` begins with, and its arguments.

    Raises:
        Invalid: there is no such command; the hint names those like it.
    """
    # As above; and a line needs few of them.
    from lineal.cli.verbs import verb  # noqa: PLC0415

    found = _among(hand_made, line) or _among(verb, line)
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
    from difflib import get_close_matches  # noqa: PLC0415 - most lines are right

    by_last = {each.rpartition(" ")[2] if " " in said else each: each for each in names}
    return [by_last[each] for each in get_close_matches(said.rpartition(" ")[2], by_last, n=3, cutoff=0.6)]


def _one_of(names: Sequence[str]) -> str:
    return "there are " + ", ".join(f"lineal {each}" for each in names)
