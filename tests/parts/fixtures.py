"""The parts as fixtures; ``tests/conftest.py`` makes them known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parts.azurite import AZURITE, Azure
from tests.parts.ceph import CEPH
from tests.parts.gcs import GCS, Gcs
from tests.parts.moto import MOTO
from tests.parts.oidc import OIDC
from tests.parts.part import need
from tests.parts.registry import REGISTRY
from tests.parts.s3 import S3
from tests.parts.ssh import SSH, Ssh

SESSION = pytest.StashKey[Path]()
"""Where the session's servers keep what they need: one of each for all workers of pytest-xdist."""


@pytest.fixture(scope="session")
def ceph(pytestconfig: pytest.Config) -> S3:
    """Return Ceph's object gateway."""
    return S3(need(CEPH, pytestconfig.stash[SESSION])["endpoint"])


@pytest.fixture(scope="session")
def moto(pytestconfig: pytest.Config) -> S3:
    """Return a moto server."""
    return S3(need(MOTO, pytestconfig.stash[SESSION])["endpoint"])


@pytest.fixture(scope="session")
def azurite(pytestconfig: pytest.Config) -> Azure:
    """Return an Azurite."""
    return Azure(need(AZURITE, pytestconfig.stash[SESSION])["endpoint"])


@pytest.fixture(scope="session")
def gcs(pytestconfig: pytest.Config) -> Gcs:
    """Return a fake-gcs-server."""
    return Gcs(need(GCS, pytestconfig.stash[SESSION])["endpoint"])


@pytest.fixture(scope="session")
def ssh(pytestconfig: pytest.Config) -> Ssh:
    """Return an OpenSSH server."""
    return Ssh(need(SSH, pytestconfig.stash[SESSION]))


@pytest.fixture(scope="session")
def oidc(pytestconfig: pytest.Config) -> str:
    """Return the address of a provider of identities."""
    return str(need(OIDC, pytestconfig.stash[SESSION])["issuer"])


@pytest.fixture(scope="session")
def registries(pytestconfig: pytest.Config) -> dict[str, str]:
    """Return the hosts of two registries of OCI artifacts: one that is ``open``, and one that asks for a login."""
    return need(REGISTRY, pytestconfig.stash[SESSION])
