"""The table of pages, whose modules nobody has loaded before a page is asked for."""

from __future__ import annotations

from importlib.resources import files

import pytest

from lineal.web.pages import PAGES, function
from lineal.web.pages.page import Page


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.path)
def test_a_page_names_functions_and_a_template_that_are_there(page: Page) -> None:
    assert all(callable(function(name)) for name in (page.load, page.act, page.csv) if name)
    assert files("lineal.web").joinpath("templates", page.template).is_file()
