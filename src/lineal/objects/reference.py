"""References: the one way to name a thing, read the same everywhere.

==========================  =======================================================
``churn``                   a model
``churn@production``        the version at a stage or alias
``churn:2.3.1``             that version
``churn:2`` ``churn:2.3``   the newest release of that line
``churn:2.4.0-rc.1``        that pre-release; ``churn:2.4.0-rc`` the newest of those
``churn:#7``                the seventh version registered
``run:01J…`` ``run:train``  a run by (the beginning of) its id, or the newest of that name
``data:adult``              the newest version of a dataset
``data:adult@sha256:…``     that version of it
``data:adult@3``            the third version added
``deployment:01J…``         a deployment
``sha256:…``                anything, by at least four digits of its digest
==========================  =======================================================
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from lineal.objects.digest import PREFIX
from lineal.objects.errors import Invalid
from lineal.objects.semantic import PRE

Kind = Literal["model", "alias", "version", "run", "dataset", "deployment", "digest"]

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?"

_LINE = rf"#[0-9]{{1,9}}|[0-9]{{1,9}}(?:\.[0-9]{{1,9}}){{0,2}}|[0-9]{{1,9}}\.[0-9]{{1,9}}\.[0-9]{{1,9}}-{PRE}"

# Compiled when they are needed, and then kept by re: every command imports this module, and asks for one or two shapes.
_SHAPES: tuple[tuple[Kind, str], ...] = (
    ("digest", rf"(?P<detail>{PREFIX})"),
    ("run", r"run:(?P<name>\S+)"),
    ("deployment", r"deployment:(?P<name>\S+)"),
    ("dataset", rf"data:(?P<name>{NAME})(?:@(?P<detail>{PREFIX}|[0-9]{{1,9}}))?"),
    ("version", rf"(?P<name>{NAME}):(?P<detail>{_LINE})"),
    ("alias", rf"(?P<name>{NAME})@(?P<detail>{NAME})"),
    ("model", rf"(?P<name>{NAME})"),
)


class Reference(msgspec.Struct, frozen=True):
    """A reference, taken apart. ``detail`` is the alias, the version's line, or (the beginning of) a digest."""

    kind: Kind
    name: str = ""
    detail: str = ""


def parse_reference(text: str) -> Reference:
    """Return the parts of the reference written as ``text``.

    Raises:
        Invalid: it has none of the shapes above.
    """
    for kind, shape in _SHAPES:
        if match := re.fullmatch(shape, text):
            found = match.groupdict()
            return Reference(kind, found.get("name") or "", found.get("detail") or "")
    raise Invalid(
        f"{text!r} is no reference",
        hint="write a model (churn), a version (churn:2.3.1, churn@production), run:ID, data:NAME or sha256:…",
    )


def check_name(text: str, what: str) -> str:
    """Return ``text`` when it can name a ``what``.

    Raises:
        Invalid: it holds something that a reference could not carry.
    """
    if text in {"run", "data", "deployment", "sha256"}:
        raise Invalid(f"{text!r} cannot name a {what}", hint=f"{text}: begins references; take another: --name NAME")
    if not re.fullmatch(NAME, text) or len(text) > 128:
        raise Invalid(
            f"{text!r} cannot name a {what}",
            hint="use letters, digits, '.', '_', '-' and '/', at most 128, beginning and ending with a letter or digit:"
            " --name NAME",
        )
    return text
