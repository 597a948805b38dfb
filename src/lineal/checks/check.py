"""The contract of a check, and where checks are found.

A check is one file in this folder: a frozen subclass of ``Check`` whose tag is its name in ``lineal.toml``, whose
fields are its options, and whose ``judge`` reads the evidence and nothing else.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import msgspec

import lineal.checks
from lineal.checks.evidence import Evidence
from lineal.objects.canonical import Number
from lineal.objects.statements import Outcome, Verdict


class _CheckMeta(msgspec.StructMeta, ABCMeta):
    """Makes a struct that cannot be made before it judges."""


class Check(
    msgspec.Struct, metaclass=_CheckMeta, frozen=True, kw_only=True, tag_field="check", forbid_unknown_fields=True
):
    """A judge. Its fields are the options that a policy may give; wrong ones raise ValueError in ``__post_init__``."""

    @abstractmethod
    def judge(self, evidence: Evidence) -> Verdict:
        """Return the verdict on ``evidence``; its reason is a sentence with numbers for a person who decides."""

    @property
    def name(self) -> str:
        """Its name in a policy."""
        return str(self.__struct_config__.tag)

    def verdict(self, outcome: Outcome, reason: str, **evidence: Number) -> Verdict:
        """Return a verdict of this check; ``evidence`` is the numbers behind the sentence."""
        return Verdict(check=self.name, outcome=outcome, reason=reason, evidence=dict(evidence))


@cache
def checks() -> dict[str, type[Check]]:
    """Return every check by its name: the subclasses of ``Check`` in the files of this folder."""
    for module in iter_modules(lineal.checks.__path__, "lineal.checks."):
        import_module(module.name)
    return {str(each.__struct_config__.tag): each for each in Check.__subclasses__()}
