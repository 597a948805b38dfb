"""Deployments: what runs where, and one with what answers there now."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.web.pages.page import Asked, Page


def _list(repository: LocalRepository, _: Asked) -> dict[str, Any]:
    return {"deployments": repository.deployments(all=True)}


def _load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    reference = f"deployment:{asked.name}"
    return {"deployment": repository.show(reference), "log": repository.log(reference, limit=20)}


LIST = Page("/deployments", "deployments.html", _list)
PAGE = Page("/deployments/{name:path}", "deployment.html", _load)
