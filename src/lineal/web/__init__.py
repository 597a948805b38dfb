"""Pages for people, made on the server; they work without JavaScript, each answers ``.json`` too, and tables ``.csv``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib.resources import files
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, LinealError
from lineal.storage.database.awaiting import awaited
from lineal.web import cards
from lineal.web.pages import PAGES, function
from lineal.web.pages.page import Asked, Form, Page, Said
from lineal.web.pictures import endpoint
from lineal.web.sheets import csv_text

RepositoryFor = Callable[[Request], LocalRepository]
"""Gives the repository as whoever asks may use it."""

_HEADERS = {
    # Nothing on a page comes from elsewhere, and no text that somebody wrote can become a script.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_JSON, _CSV = ".json", ".csv"
_FIELDS_MAX = 100


def routes(repository_for: RepositoryFor) -> list[BaseRoute]:
    """Return the routes of all pages."""
    static = [Route("/static/style.css", _style), Route("/media/file", endpoint(repository_for))]
    pages = (Route(path, _endpoint(repository_for, each)) for each in PAGES for path in _paths(each))
    forms = (Route(each.path, _acting(repository_for, each), methods=["POST"]) for each in PAGES if each.act)
    return [*static, Route("/cards/{name:path}", cards.endpoint(repository_for, problem)), *pages, *forms]


def _paths(page: Page) -> tuple[str, ...]:
    if page.path.endswith("}"):
        return (page.path,)  # its name may end in .json
    return (page.path, *(("/index" if page.path == "/" else page.path) + form for form in _forms(page)))


def _forms(page: Page) -> tuple[str, ...]:
    return (_JSON, _CSV) if page.csv else (_JSON,)


def _endpoint(repository_for: RepositoryFor, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await awaited(partial(_shown, repository_for, page, request), run_in_threadpool, request.receive)

    return endpoint


def _shown(repository_for: RepositoryFor, page: Page, request: Request) -> Response:
    """Return a page in the form that is asked for. In a thread: what it needs is imported first, and others need not wait."""
    name = str(request.path_params.get("name", ""))
    form = next((each for each in _forms(page) if request.url.path.endswith(each)), "")
    asked = Asked(name.removesuffix(form), Said(request.query_params.multi_items()))
    try:
        found = function(page.load)(repository_for(request), asked)
        if form == _CSV:
            return _sheet(request, csv_text(function(page.csv)(found)))
    except LinealError as error:
        if form == _JSON or error.http_status == 401:
            raise
        return problem(request, error)
    if form == _JSON:
        values = {key: value for key, value in found.items() if not _is_picture(value)}
        return Response(msgspec.json.encode(values), media_type="application/json")
    return _page(page.template, {**found, **_around(request)})


def _acting(repository_for: RepositoryFor, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers the form of a page. That it was sent from here is seen to where requests come in."""

    async def endpoint(request: Request) -> Response:
        try:
            form = _form(request, await request.body())
        except LinealError as error:
            return await run_in_threadpool(problem, request, error)
        return await run_in_threadpool(_done, repository_for, page, request, form)

    return endpoint


def _done(repository_for: RepositoryFor, page: Page, request: Request, form: Form) -> Response:
    """Do what a form says, and return where to go then, or what is left to be done."""
    asked = Asked(str(request.path_params.get("name", "")), Said(request.query_params.multi_items()))
    try:
        found = function(page.act)(repository_for(request), asked, form)
    except LinealError as error:
        if error.http_status == 401:
            raise
        return problem(request, error)
    if isinstance(found, str):
        return RedirectResponse(found, 303)
    return _page(page.template, {**found, **_around(request)}, status=409)


def _is_picture(value: object) -> bool:
    """Tell whether a value is markup, or several of it."""
    several = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return hasattr(value, "__html__") or (bool(several) and all(hasattr(each, "__html__") for each in several))


def _form(request: Request, body: bytes) -> Form:
    """Return what a form says. Raises Invalid where it is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Invalid(f"{kind or 'this'} is no form", hint="send it from the page")
    try:
        said = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_FIELDS_MAX,
        )
    except ValueError:
        raise Invalid("this form cannot be read", hint="send it from the page") from None
    return Said(said)


def wants_json(request: Request) -> bool:
    """Tell whether a program asks for what a page shows."""
    return request.url.path.endswith(_JSON)


def problem(request: Request, error: LinealError) -> Response:
    """Return the page that says ``error``. In a thread, as every page."""
    wait_s = getattr(error, "retry_after_s", 0)
    more = {"Retry-After": str(wait_s)} if wait_s else {}
    return _page("problem.html", {"error": error, **_around(request)}, status=error.http_status, headers=more)


def _around(request: Request) -> dict[str, object]:
    """Return what every page shows around what it is about."""
    return {"path": request.url.path, "by_session": request.scope.get("lineal.by_session", False)}


def _page(
    template: str, values: dict[str, object], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    from lineal.web.rendering import html  # noqa: PLC0415 - programs look at no pages

    return Response(html(template, values), status, headers={**_HEADERS, **(headers or {})}, media_type="text/html")


def _sheet(request: Request, text: str) -> Response:
    name = request.url.path.strip("/").replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(text, headers=headers, media_type="text/csv")


async def _style(_: Request) -> Response:
    text = files(__name__).joinpath("static", "style.css").read_bytes()
    return Response(text, headers={"Cache-Control": "max-age=300"}, media_type="text/css")
