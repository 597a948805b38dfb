"""Real files of models for the readers of formats."""

from __future__ import annotations

import pytest

from tests.parts.fixtures import SESSION
from tests.parts.models import MODELS, Models, models_in
from tests.parts.part import need


@pytest.fixture(scope="session")
def models(pytestconfig: pytest.Config) -> Models:
    """Return files that the libraries wrote, and what they say of them."""
    return models_in(need(MODELS, pytestconfig.stash[SESSION]))
