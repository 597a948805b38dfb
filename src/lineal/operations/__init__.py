"""Every verb of Lineal, one typed function each. Start reading here.

A module is imported when somebody names it or one of its verbs, for a command needs few of them; ``every`` imports all.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lineal.operations.operation import OPERATIONS, Operation

# Never imported here. Under TYPE_CHECKING, mypy would come to these modules too late to know what their decorators make.
_AT_ONCE = bool(0)
if _AT_ONCE:
    from lineal.operations import deployments
    from lineal.operations.asking import lineage, questions, sql
    from lineal.operations.data import (
        collections,
        contents,
        data_diff,
        datasets,
        doctor,
        remotes,
        sources,
        transfers,
        transparency,
        upkeep,
    )
    from lineal.operations.messages import hooks, webhooks
    from lineal.operations.migration import exports, imports, packed, registry_imports, tags, tracking_imports
    from lineal.operations.people import access_tokens, accounts
    from lineal.operations.recording import artifacts, experiments, forgetting, runs
    from lineal.operations.versioning import (
        cards,
        comparisons,
        evaluations,
        git_wishes,
        golden,
        holds,
        models,
        moves,
        outside_evaluations,
        promotions,
        proposals,
        registered_models,
        registered_versions,
        registration,
        registry,
        scans,
        signatures,
    )

__all__ = [
    "VERBS",
    "Operation",
    "access_tokens",
    "accounts",
    "artifacts",
    "cards",
    "collections",
    "comparisons",
    "contents",
    "data_diff",
    "datasets",
    "deployments",
    "doctor",
    "evaluations",
    "every",
    "experiments",
    "exports",
    "find",
    "forgetting",
    "git_wishes",
    "golden",
    "holds",
    "hooks",
    "imports",
    "lineage",
    "models",
    "moves",
    "outside_evaluations",
    "packed",
    "promotions",
    "proposals",
    "questions",
    "registered_models",
    "registered_versions",
    "registration",
    "registry",
    "registry_imports",
    "remotes",
    "runs",
    "scans",
    "signatures",
    "sources",
    "sql",
    "tags",
    "tracking_imports",
    "transfers",
    "transparency",
    "upkeep",
    "webhooks",
]

VERBS = {
    "people.access_tokens": ("token create", "token list?", "token revoke"),
    "people.accounts": (
        "user create",
        "user list?",
        "user show?",
        "user role",
        "user password",
        "user remove",
        "user grant",
        "user revoke",
        "user grants?",
        "user login",
        "user logout",
    ),
    "recording.artifacts": (
        "artifacts check",
        "artifacts put",
        "artifacts list?",
        "artifacts show?",
        "artifacts remove",
    ),
    "versioning.cards": ("model card?", "model describe", "model revise", "model confirm"),
    "data.collections": ("gc", "repair"),
    "versioning.comparisons": ("diff?", "runs compared?"),
    "data.contents": ("data tree?", "data files?", "data named?"),
    "data.data_diff": ("data diff?",),
    "data.datasets": ("data add", "data list?", "data log?", "data show?", "data profile"),
    "deployments": ("deploy", "rollback", "deployments?", "undeploy"),
    "data.doctor": ("doctor",),
    "versioning.evaluations": ("evaluate",),
    "versioning.outside_evaluations": ("evaluation add",),
    "asking.experiment_tables": ("experiment table?",),
    "recording.experiments": (
        "experiments?",
        "experiment create",
        "experiment show?",
        "experiment update",
        "experiment delete",
        "experiment restore",
    ),
    "migration.exports": ("export runs?", "export models?", "export registered?", "export versions?", "export files?"),
    "migration.tags": ("export tags?",),
    "migration.packed": ("export packed?", "import packed"),
    "migration.imports": (
        "import known?",
        "import states?",
        "import dataset",
        "import run",
        "import version",
        "import alias",
    ),
    "recording.inputs": ("runs inputs", "runs outputs", "runs append", "experiment datasets?"),
    "asking.lineage": ("lineage?",),
    "recording.logged_models": ("logged create", "logged show?", "logged finish", "logged delete", "logged record"),
    "versioning.golden": ("golden show?", "golden add", "golden replay"),
    "versioning.holds": ("hold place", "hold release", "hold list?", "model remove"),
    "versioning.models": ("model list?", "model show?"),
    "versioning.moves": ("move make", "move plan", "move list?", "move cancel", "move due"),
    "versioning.registered_models": ("model create", "model update", "model rename", "model delete"),
    "versioning.registered_versions": (
        "version create",
        "version update",
        "version delete",
        "version transition",
        "version alias",
        "version unalias",
    ),
    "versioning.signatures": ("signature request?", "signature add", "signatures?", "attestations?"),
    "versioning.registry": ("model registered?", "version registered?", "version latest?"),
    "versioning.promotions": ("gate?", "promote", "approve", "alias"),
    "asking.questions": ("show?", "search?", "log?"),
    "versioning.proposals": ("model bump?",),
    "versioning.registration": ("model register", "model release"),
    "versioning.scans": ("model scan",),
    "migration.registry_imports": ("import numbered", "import registered"),
    "data.remotes": ("remote add", "remote list?", "remote remove"),
    "recording.runs": ("runs?", "runs start", "runs extend", "runs finish"),
    "data.sources": ("data reference", "data fetched"),
    "asking.run_tables": ("runs table?",),
    "asking.sql": ("sql?",),
    "recording.curves": ("metrics curves?", "metrics totals?", "metrics points?"),
    "recording.forgetting": ("forget",),
    "recording.tracking": (
        "runs create",
        "runs record",
        "runs update",
        "runs delete",
        "runs restore",
        "runs tracked?",
        "metrics history?",
        "metrics chart?",
    ),
    "migration.tracking_imports": (
        "import experiments",
        "import points",
        "import runs",
        "import models",
        "import files",
        "import counts?",
    ),
    "data.transfers": ("data push", "data pull"),
    "data.transparency": ("journal checkpoint?", "journal tile?"),
    "data.upkeep": ("verify?",),
    "messages.webhooks": (
        "webhooks?",
        "webhook create",
        "webhook show?",
        "webhook update",
        "webhook delete",
        "webhook test",
        "webhook deliveries?",
        "webhook retry",
        "webhook rotate",
    ),
    "versioning.git_wishes": ("git record", "git plan?"),
    "messages.hooks": ("hooks?", "hook deliveries?", "hook retry", "hook run", "hook test"),
}
"""Where each verb is: by folder and module. One that only reads has a ``?``: how it is asked for is known without it."""

MODULES = {words.rstrip("?"): module for module, verbs in VERBS.items() for words in verbs}
"""The module of each verb."""

QUESTIONS = frozenset(words[:-1] for verbs in VERBS.values() for words in verbs if words.endswith("?"))
"""The verbs that only read."""

_PLACES = {each.rpartition(".")[2]: each for each in VERBS}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return import_module(f"{__name__}.{_PLACES[name]}")
    raise AttributeError(f"there are no operations called {name}")


def find(words: str) -> Operation | None:
    """Return the operation that is called ``words``, or None when there is none."""
    if words not in MODULES:
        return None
    import_module(f"{__name__}.{MODULES[words]}")
    return OPERATIONS[words]


def every() -> dict[str, Operation]:
    """Return every operation by its words, module by module."""
    for module in VERBS:
        import_module(f"{__name__}.{module}")
    return {words: OPERATIONS[words] for words in MODULES}
