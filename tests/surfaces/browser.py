"""A browser without a screen: it keeps cookies, follows redirects, and sends the forms that it is shown."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.parse import urlencode, urljoin


class Shown(NamedTuple):
    """A page: where it is, its status, what it says."""

    url: str
    status: int
    text: str


class Browser:
    """Somebody who looks at pages."""

    def __init__(self) -> None:
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies), _Noting(self))
        self.went: list[str] = []

    def go(self, url: str, *, form: Mapping[str, str | list[str]] | None = None, **headers: str) -> Shown:
        """Go to an address, or send a form there."""
        data = urlencode(form, doseq=True).encode() if form is not None else None
        request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
        try:
            answer: HTTPResponse | urllib.error.HTTPError = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Shown(answer.url or url, answer.status or 0, answer.read().decode())

    def log_in(self, shown: Shown, name: str) -> Shown:
        """Send the provider's forms until it lets one go."""
        for _ in range(3):
            action = re.search(r'<form[^>]*action="([^"]+/interaction/[^"]+|/interaction/[^"]+)"', shown.text)
            if not action:
                break
            hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
            shown = self.go(urljoin(shown.url, action[1]), form={**hidden, "login": name, "password": "any"})
        return shown


class _Noting(urllib.request.HTTPRedirectHandler):
    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        self._browser.went.append(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
