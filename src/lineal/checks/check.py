"""The contract of a check, and where checks are found.

A check is one file in this folder: a frozen subclass of ``Check`` whose tag is its name in ``lineal.toml``, whose
fields are its options, each told under ``Options:`` in its docstring, and whose ``judge`` reads the evidence and nothing
else.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar

import msgspec

import lineal.checks.judges
from lineal.checks.evidence import Evidence
from lineal.objects.canonical import number
from lineal.objects.statements import Outcome, Verdict


class _CheckMeta(msgspec.StructMeta, ABCMeta):
    """Makes a struct that cannot be made before it judges."""


class Check(
    msgspec.Struct, metaclass=_CheckMeta, frozen=True, kw_only=True, tag_field="check", forbid_unknown_fields=True
):
    """A judge. Its fields are the options that a policy may give; wrong ones raise ValueError in ``__post_init__``.

    ``reads_rows`` tells that it looks at single rows and answers, which are gathered only then. ``reads_data`` tells the
    same of the tables that the version was trained on.
    """

    reads_rows: ClassVar[bool] = False
    reads_data: ClassVar[bool] = False

    @abstractmethod
    def judge(self, evidence: Evidence) -> Verdict:
        """Return the verdict on ``evidence``; its reason is a sentence with numbers for a person who decides."""

    @property
    def name(self) -> str:
        """Its name in a policy."""
        return str(self.__struct_config__.tag)

    def verdict(self, outcome: Outcome, reason: str, **evidence: float) -> Verdict:
        """Return a verdict of this check; ``evidence`` is the numbers behind the sentence."""
        kept = {name: value if isinstance(value, int) else number(value) for name, value in evidence.items()}
        return Verdict(check=self.name, outcome=outcome, reason=reason, evidence=kept)


@cache
def checks() -> dict[str, type[Check]]:
    """Return every check by its name: the subclasses of ``Check`` in the files of this folder."""
    for module in iter_modules(lineal.checks.judges.__path__, "lineal.checks.judges."):
        import_module(module.name)
    found = {str(each.__struct_config__.tag): each for each in Check.__subclasses__()}
    return dict(sorted(found.items()))
