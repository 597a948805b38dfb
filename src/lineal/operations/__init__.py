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
    from lineal.operations import (
        access_tokens,
        accounts,
        cards,
        collections,
        comparisons,
        contents,
        data_diff,
        datasets,
        deployments,
        doctor,
        evaluations,
        experiments,
        exports,
        imports,
        lineage,
        models,
        promotions,
        questions,
        registration,
        registry_imports,
        remotes,
        runs,
        sources,
        sql,
        tracking_imports,
        transfers,
        upkeep,
    )

__all__ = [
    "VERBS",
    "Operation",
    "access_tokens",
    "accounts",
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
    "imports",
    "lineage",
    "models",
    "promotions",
    "questions",
    "registration",
    "registry_imports",
    "remotes",
    "runs",
    "sources",
    "sql",
    "tracking_imports",
    "transfers",
    "upkeep",
]

VERBS = {
    "access_tokens": ("token create", "token list", "token revoke"),
    "accounts": (
        "user create",
        "user list",
        "user show",
        "user role",
        "user password",
        "user remove",
        "user grant",
        "user revoke",
        "user grants",
        "user login",
        "user logout",
    ),
    "artifacts": ("artifacts check", "artifacts put", "artifacts list", "artifacts show", "artifacts remove"),
    "cards": ("model card", "model describe"),
    "collections": ("gc", "repair"),
    "comparisons": ("diff",),
    "contents": ("data tree", "data files", "data named"),
    "data_diff": ("data diff",),
    "datasets": ("data add", "data list", "data log", "data show", "data profile"),
    "deployments": ("deploy", "rollback", "deployments", "undeploy"),
    "doctor": ("doctor",),
    "evaluations": ("evaluate",),
    "experiments": (
        "experiments",
        "experiment create",
        "experiment show",
        "experiment update",
        "experiment delete",
        "experiment restore",
    ),
    "exports": ("export runs", "export models", "export registered", "export versions", "export files"),
    "imports": ("import known", "import states", "import dataset", "import run", "import version", "import alias"),
    "inputs": ("runs inputs", "runs outputs", "runs append", "experiment datasets"),
    "lineage": ("lineage",),
    "logged_models": ("logged create", "logged show", "logged finish", "logged delete", "logged record"),
    "models": ("model list", "model show"),
    "registered_models": ("model create", "model update", "model rename", "model delete"),
    "registered_versions": (
        "version create",
        "version update",
        "version delete",
        "version transition",
        "version alias",
        "version unalias",
    ),
    "registry": ("model registered", "version registered", "version latest"),
    "promotions": ("gate", "promote", "approve", "alias"),
    "questions": ("show", "search", "log"),
    "registration": ("model register",),
    "registry_imports": ("import numbered", "import registered"),
    "remotes": ("remote add", "remote list", "remote remove"),
    "runs": ("runs", "runs start", "runs finish"),
    "sources": ("data reference", "data fetched"),
    "sql": ("sql",),
    "tracking": (
        "runs create",
        "runs record",
        "runs update",
        "runs delete",
        "runs restore",
        "runs tracked",
        "metrics history",
        "metrics chart",
    ),
    "tracking_imports": (
        "import experiments",
        "import points",
        "import runs",
        "import models",
        "import files",
        "import counts",
    ),
    "transfers": ("data push", "data pull"),
    "upkeep": ("verify",),
    "webhooks": (
        "webhooks",
        "webhook create",
        "webhook show",
        "webhook update",
        "webhook delete",
        "webhook test",
        "webhook deliveries",
        "webhook retry",
    ),
}
"""Where each verb is."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"there are no operations called {name}")


def find(words: str) -> Operation | None:
    """Return the operation that is called ``words``, or None when there is none."""
    for module, verbs in VERBS.items():
        if words in verbs:
            import_module(f"{__name__}.{module}")
            return OPERATIONS[words]
    return None


def every() -> dict[str, Operation]:
    """Return every operation by its words, module by module."""
    for module in VERBS:
        import_module(f"{__name__}.{module}")
    return {words: OPERATIONS[words] for verbs in VERBS.values() for words in verbs}
