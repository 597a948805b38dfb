"""Models: all of them, and the versions of one."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.web.pages.page import Asked, Page


def _list(repository: LocalRepository, _: Asked) -> dict[str, Any]:
    return {"models": repository.model.list()}


def _load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    return {"model": repository.model.show(asked.name)}


LIST = Page("/models", "models.html", _list)
PAGE = Page("/models/{name:path}", "model.html", _load)
