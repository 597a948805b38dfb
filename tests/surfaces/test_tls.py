"""A server with a certificate of its own, and the clients that trust it."""

from __future__ import annotations

import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

from lineal.client.connect import init
from tests.parts.mlflow import Mlflow
from tests.surfaces.certificates import Authority
from tests.surfaces.serving import Served

MLFLOW = """
import mlflow
with mlflow.start_run():
    mlflow.log_metric("auc", 0.9)
    mlflow.log_text("as it is", "note.txt")
"""


def test_everything_goes_encrypted_and_a_renewed_certificate_is_used(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.sign()
    with init(tmp_path / "repository") as local:
        local.user.create("ada", role="writer")
        token = local.token.create("ada").token
    options = ("--accounts", "--tls-certificate", str(certificate), "--tls-key", str(key))
    with Served(tmp_path / "repository", *options) as served:
        assert served.url.startswith("https://")
        trusting = urllib3.PoolManager(ca_certs=str(authority.certificate), retries=False)
        answer = trusting.request("GET", f"{served.url}/api/v1/runs", headers={"Authorization": f"Bearer {token}"})
        assert (200, "max-age=31536000") == (answer.status, answer.headers["Strict-Transport-Security"])
        with pytest.raises(urllib3.exceptions.SSLError):  # whoever does not know the authority stays away
            urllib3.PoolManager(retries=False).request("GET", served.url)
        with pytest.raises(urllib3.exceptions.ProtocolError):
            urllib3.PoolManager(retries=False).request("GET", served.url.replace("https", "http"))

        command = (sys.executable, "-m", "lineal", "--repository", served.url, "--token", token, "experiments")
        environment = {"SSL_CERT_FILE": str(authority.certificate), "PATH": "", "HOME": str(tmp_path)}
        done = subprocess.run(command, env=environment | _source(), capture_output=True, text=True, check=False)
        assert (0, True) == (done.returncode, "Default" in done.stdout), done.stderr

        mlflow = Mlflow(tmp_path / "home", served.url)
        mlflow.variables |= {"REQUESTS_CA_BUNDLE": str(authority.certificate), "MLFLOW_TRACKING_TOKEN": token}
        mlflow.script(MLFLOW)

        before = ssl.get_server_certificate((served.host, served.port))
        time.sleep(0.05)
        authority.sign()
        end = time.monotonic() + 20
        while ssl.get_server_certificate((served.host, served.port)) == before:
            assert time.monotonic() < end
            time.sleep(0.2)
        assert 200 == trusting.request("GET", f"{served.url}/health").status


def _source() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}


@pytest.mark.parametrize(
    "options",
    [("--tls-certificate", "x.pem"), ("--tls-key", "x"), ("--tls-certificate", "/dev/null", "--tls-key", "/dev/null")],
)
def test_what_is_no_certificate_is_told_at_the_start(options: tuple[str, ...], tmp_path: Path) -> None:
    init(tmp_path).close()
    command = (sys.executable, "-m", "lineal", "--repository", str(tmp_path), "server", "--port", "0", *options)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert (2, True) == (done.returncode, "certificate" in done.stderr), done.stderr
