"""An S3 server as a user of this machine has it: told by the environment."""

from __future__ import annotations

import pytest

from tests.parts import s3
from tests.parts.s3 import KEY_ID, SECRET


class S3(s3.S3):
    """A server that the environment names."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which it is found and entered."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    @property
    def delta_options(self) -> dict[str, str]:
        """What the Delta library needs to write here."""
        return {**self.variables, "AWS_ALLOW_HTTP": "true"}

    def bucket(self, *, keeps: bool) -> str:
        """Make an empty bucket that keeps versions, or does not; return its name."""
        return self.make(versions=keeps)


def entered(server: s3.S3, patch: pytest.MonkeyPatch) -> S3:
    """Return ``server`` as this process is told of it by its environment."""
    found = S3(server.endpoint)
    for name, value in found.variables.items():
        patch.setenv(name, value)
    return found
