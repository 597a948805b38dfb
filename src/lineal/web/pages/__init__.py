"""The pages, one module each, which is imported when somebody looks at one: programs look at none."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from lineal.web.pages.page import Page

PAGES: tuple[Page, ...] = (
    Page("/", "home.html", "home.load"),
    Page("/search", "search.html", "search.load"),
    Page("/log", "log.html", "history.load"),
    Page("/diff/{name:path}", "diff.html", "diff.load"),
    Page("/models", "models.html", "model.load_many"),
    Page("/models/{name:path}", "model.html", "model.load"),
    Page("/lineage/{name:path}", "lineage.html", "version.load_lineage"),
    Page("/versions/{name:path}", "version.html", "version.load"),
    Page("/edit-card/{name:path}", "card.html", "card.load", act="card.act"),
    Page("/experiments", "experiments.html", "experiment.load_many"),
    Page("/experiments/{name:path}", "experiment.html", "experiment.load", act="experiment.act", csv="run_table.rows"),
    Page("/runs", "runs.html", "run.load_many", act="run.act", csv="run_table.rows"),
    Page("/runs/{name:path}", "run.html", "run.load"),
    Page("/metric", "metric.html", "metrics.load"),
    Page("/compare", "compare.html", "compare.load"),
    Page("/media", "media.html", "media.load"),
    Page("/files", "files.html", "made.load"),
    Page("/datasets", "datasets.html", "dataset.load_many"),
    Page("/datasets/{name:path}", "dataset.html", "dataset.load"),
    Page("/deployments", "deployments.html", "deployment.load_many"),
    Page("/deployments/{name:path}", "deployment.html", "deployment.load"),
)
"""Every page; the first whose address fits is shown."""


def function(name: str) -> Callable[..., Any]:
    """Return a function of a page, by its name in the table: a module beside this one and what it is called there."""
    module, _, called = name.partition(".")
    found: Callable[..., Any] = getattr(import_module(f"{__name__}.{module}"), called)
    return found
