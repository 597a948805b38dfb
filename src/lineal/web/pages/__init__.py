"""The pages, one module each."""

from __future__ import annotations

from lineal.web.pages import (
    card,
    compare,
    dataset,
    deployment,
    diff,
    experiment,
    history,
    home,
    made,
    media,
    metrics,
    model,
    run,
    search,
    version,
)
from lineal.web.pages.page import Page

PAGES: tuple[Page, ...] = (
    home.PAGE,
    search.PAGE,
    history.PAGE,
    diff.PAGE,
    model.LIST,
    model.PAGE,
    version.LINEAGE,
    version.PAGE,
    card.PAGE,
    experiment.LIST,
    experiment.PAGE,
    run.LIST,
    run.PAGE,
    metrics.PAGE,
    compare.PAGE,
    media.PAGE,
    made.PAGE,
    dataset.LIST,
    dataset.PAGE,
    deployment.LIST,
    deployment.PAGE,
)
"""Every page; the first whose address fits is shown."""
