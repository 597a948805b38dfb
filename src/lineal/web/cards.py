"""A card by itself, in any of its forms: what a browser shows or prints, and what a program takes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lineal.client.local import LocalRepository
from lineal.objects.errors import LinealError

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def endpoint(
    repository_for: Callable[[Request], LocalRepository], problem: Callable[[Request, LinealError], Response]
) -> Callable[[Request], Response]:
    """Return what answers with a card; it is no coroutine, and so is called in a thread.

    Args:
        repository_for: gives the repository as whoever asks may use it.
        problem: gives the page that says what is wrong.
    """

    def card(request: Request) -> Response:
        name, form = str(request.path_params["name"]), request.query_params.get("format", "html")
        try:
            model: Any = repository_for(request).model
            found = model.card(name, format=form)
        except LinealError as error:
            if error.http_status == 401:
                raise
            return problem(request, error)
        headers = {
            "Content-Security-Policy": f"default-src 'none'; base-uri 'none'; form-action 'none'{_styles(found.text)}",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }
        return Response(found.text, headers=headers, media_type=found.media_type)

    return card


def _styles(text: str) -> str:
    """Allow the one stylesheet that a card brings, by its digest."""
    found = _STYLE.search(text) if text.startswith("<!doctype html>") else None
    if not found:
        return ""
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    return f"; style-src 'sha256-{digest}'"
