"""Logging in at a real provider of identities, and tokens that are none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import urllib3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.errors import Denied, Invalid, Unavailable
from lineal.server.guard import Guard
from lineal.server.identities import Identities
from lineal.server.logins import login_routes
from lineal.server.oidc import Configuration, Program, Programs, Provider, read_configuration
from tests.parts.oidc import CLIENT_SECRET
from tests.surfaces.browser import Browser
from tests.surfaces.conftest import served

HTTP = urllib3.PoolManager(retries=False)


@contextmanager
def team(local: LocalRepository, configuration: Configuration) -> Iterator[str]:
    """Serve a repository to those for whom a provider vouches."""
    programs = Programs(configuration.program)
    guard = Guard(local.store.actor, None, Identities(local.store), programs=programs)
    with served(local, guard, logins=partial(login_routes, configuration)) as url:
        yield url


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    """An empty repository."""
    with init(tmp_path) as found:
        yield found


@pytest.fixture
def address(local: LocalRepository, oidc: str, tmp_path: Path) -> Iterator[str]:
    """A server whose people log in at the real provider."""
    (tmp_path / "secret").write_text(f"{CLIENT_SECRET}\n", encoding="utf-8")
    (tmp_path / "oidc.toml").write_text(
        f'issuer = "{oidc}"\nclient_id = "lineal"\nclient_secret_file = "{tmp_path}/secret"\n'
        'scopes = ["openid", "profile", "groups"]\n[groups]\nml-admins = "admin"\ndata-science = "writer"\n'
        'staff = "reader"\n',
        encoding="utf-8",
    )
    with team(local, read_configuration(tmp_path / "oidc.toml")) as url:
        yield url


def session_of(browser: Browser) -> str:
    """Return the cookie that says who somebody is."""
    return next((each.value or "" for each in browser.cookies if each.name == "lineal_session"), "")


def test_a_browser_is_sent_to_the_provider_and_comes_back_as_somebody(address: str, local: LocalRepository) -> None:
    ada = Browser()
    asked = ada.go(f"{address}/models?x=1")
    assert "sign-in" in asked.text.lower()
    begun = parse_qs(urlsplit(ada.went[1]).query)
    assert {"S256"} == set(begun["code_challenge_method"])
    assert {"state", "nonce", "code_challenge"} <= set(begun)
    back = ada.log_in(asked, "ada")

    assert (f"{address}/models?x=1", 200, True) == (back.url, back.status, "Log out" in back.text)
    assert ("ada", "writer", False) == tuple(
        getattr(local.user.show("ada"), each) for each in ("name", "role", "has_password")
    )
    assert ["user login"] == [each.operation for each in local.log()]
    cookie = next(each for each in ada.cookies if each.name == "lineal_session")
    assert (True, "lax") == (cookie.has_nonstandard_attr("HttpOnly"), cookie.get_nonstandard_attr("SameSite"))

    # What changes something needs to come from a page of ours; a form of another site brings the cookie, and no more.
    url, headers = f"{address}/api/v1/experiment/create", {"Cookie": f"lineal_session={session_of(ada)}"}
    create = json.dumps({"name": "mine"}).encode()
    for origin, status in (("", 401), ("http://evil.example", 403), (address, 200)):
        sent = {**headers, **({"Origin": origin} if origin else {})}
        assert status == HTTP.request("POST", url, body=create, headers=sent).status

    # A token of one's own is for programs.
    made = HTTP.request(
        "POST", f"{address}/api/v1/token/create", body=b'{"user": "ada"}', headers={**headers, "Origin": address}
    )
    assert 200 == made.status
    old = session_of(ada)
    assert "logged out" in ada.go(f"{address}/logout", form={}, Origin=address).text
    assert 401 == HTTP.request("GET", f"{address}/api/v1/runs", headers={"Cookie": f"lineal_session={old}"}).status
    assert ("user logout", "ada") == (local.log()[0].operation, local.log()[0].by)


def test_roles_follow_groups_and_accounts_of_others_are_not_taken(address: str, local: LocalRepository) -> None:
    local.user.create("eve", role="admin")
    grace = Browser()
    grace.log_in(grace.go(address), "grace")
    eve = Browser()
    refused = eve.log_in(eve.go(address), "eve")

    assert "admin" == local.user.show("grace").role
    assert (403, "", True) == (refused.status, session_of(eve), "somebody else" in refused.text)
    assert 200 == grace.go(f"{address}/models").status
    local.user.create("spare", role="admin")
    local.user.remove("grace")
    time.sleep(1.1)
    assert "sign-in" in Browser().go(f"{address}/models").text.lower()
    assert (
        401
        == HTTP.request(
            "GET", f"{address}/api/v1/runs", headers={"Cookie": f"lineal_session={session_of(grace)}"}
        ).status
    )


def test_a_login_is_good_once_and_in_its_own_browser(address: str) -> None:
    ada = Browser()
    ada.log_in(ada.go(address), "ada")
    used = next(each for each in ada.went if "/login/callback" in each)
    first = session_of(ada)

    assert 403 == ada.go(used).status  # its cookie is gone
    other = Browser()
    other.go(f"{address}/login")
    assert (403, "") == (other.go(used).status, session_of(other))
    assert 403 == Browser().go(f"{address}/login/callback?code=x&state=").status
    assert 403 == Browser().go(f"{address}/login/callback?error=access_denied").status
    assert first == session_of(ada)


@pytest.mark.parametrize(
    "place", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/\t/evil"]
)
def test_nobody_is_sent_elsewhere_after_a_login(place: str, address: str) -> None:
    ada = Browser()
    back = ada.log_in(ada.go(f"{address}/login?next={urllib3.util.url._encode_invalid_chars(place, set())}"), "ada")

    assert f"{address}/" == back.url


class Signing:
    """A provider that signs whatever it is told to: for tokens that no good one would make."""

    def __init__(self) -> None:
        self.keys = {"one": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        self.published: dict[str, Any] = dict(self.keys)
        self.asked: list[str] = []
        self.id_token = ""
        self.issuer = ""

    def token(self, *, key: str = "one", algorithm: str = "RS256", **claims: Any) -> str:
        """Return a token, by default a good one of a program."""
        now = int(time.time())
        good = {
            "iss": self.issuer,
            "aud": "lineal",
            "sub": "1",
            "iat": now,
            "exp": now + 300,
            "repository": "acme/churn",
        }
        said = {name: value for name, value in {**good, **claims}.items() if value is not None}
        return jwt.encode(said, self.keys[key], algorithm, headers={"kid": key})

    def answer(self, path: str) -> Any:
        """Return what it says at an address."""
        self.asked.append(path)
        if path == "/keys":
            found = [(kid, key.public_key()) for kid, key in self.published.items()]
            return {
                "keys": [
                    {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key)), "kid": kid, "alg": "RS256"}
                    for kid, key in found
                ]
            }
        if path == "/token":
            return {"id_token": self.id_token, "access_token": "x", "token_type": "Bearer"}
        places = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token")}
        return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **places}


@pytest.fixture
def signing() -> Iterator[Signing]:
    """A provider that signs whatever it is told to."""
    found = Signing()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = json.dumps(found.answer(urlsplit(self.path).path)).encode()
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET  # noqa: N815 - the library's own

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def program(signing: Signing) -> Program:
    """Return the CI of one repository."""
    claims: dict[str, str | list[str]] = {"repository": "acme/churn"}
    return Program(issuer=signing.issuer, audience="lineal", name="ci:{repository}", role="writer", claims=claims)


def test_a_program_is_let_in_by_what_its_token_says(signing: Signing, local: LocalRepository) -> None:
    with team(local, Configuration(program=(program(signing),))) as url:

        def status(token: str, method: str = "GET", path: str = "/api/v1/runs", body: bytes | None = None) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            return int(HTTP.request(method, url + path, headers=headers, body=body).status)

        assert 200 == status(signing.token(), "POST", "/api/v1/experiment/create", b'{"name": "nightly"}')
        assert ["ci:acme/churn"] == [each.by for each in local.log()]
        bad = (
            signing.token(aud="another"),
            signing.token(aud=None),
            signing.token(iss="https://id.example"),
            signing.token(exp=int(time.time()) - 60),
            signing.token(exp=None),
            signing.token(nbf=int(time.time()) + 300),
            signing.token(repository="evil/churn"),
            signing.token(repository=None),
            signing.token()[:-8] + "AAAAAAAA",
            jwt.encode({**jwt.decode(signing.token(), options={"verify_signature": False})}, "", "none"),
            "a.b.c",
            "..",
        )
        assert [401] * 10 == [status(each) for each in bad[:10]]
    provider = Programs((program(signing),))
    assert [None] * len(bad) == [provider.actor(each) for each in bad]


def test_a_public_key_is_no_shared_secret(signing: Signing) -> None:
    public = (
        signing.keys["one"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head, body, _ = signing.token().split(".")
    import base64
    import hmac

    forged = (
        base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "one", "typ": "JWT"}).encode())
        .rstrip(b"=")
        .decode()
    )
    seal = base64.urlsafe_b64encode(hmac.digest(public, f"{forged}.{body}".encode(), "sha256")).rstrip(b"=").decode()

    assert Programs((program(signing),)).actor(f"{forged}.{body}.{seal}") is None
    assert head


def test_keys_are_asked_for_again_when_they_changed_and_not_for_each_guess(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = Programs((program(signing),))
    assert programs.actor(signing.token())
    signing.keys["two"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for _ in range(20):
        assert programs.actor(signing.token(key="two")) is None
    assert 1 == signing.asked.count("/keys")
    signing.published = {"two": signing.keys["two"]}
    monkeypatch.setattr("lineal.server.oidc._KEYS_AGAIN_S", 0)  # as if the time was over

    assert programs.actor(signing.token(key="two"))
    assert programs.actor(signing.token()) is None  # the old key is one no more


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": "of another login"}, "another login"),
        ({"nonce": None}, "another login"),
        ({"aud": "another"}, "not good"),
        ({"aud": ["lineal", "another"]}, "another client"),
        ({"iss": "https://id.example"}, "not good"),
        ({"exp": 1}, "not good"),
        ({"preferred_username": ""}, "gives no name"),
        ({"preferred_username": "a:b"}, "gives no name"),
    ],
)
def test_a_login_whose_token_is_not_good_is_none(
    claims: dict[str, Any], why: str, signing: Signing, local: LocalRepository
) -> None:
    configuration = Configuration(issuer=signing.issuer, client_id="lineal", role="reader")
    with team(local, configuration) as url:
        begun = HTTP.request("GET", f"{url}/login", redirect=False)
        asked = parse_qs(urlsplit(begun.headers["Location"]).query)
        good = {"nonce": asked["nonce"][0], "preferred_username": "ada", "groups": []}
        signing.id_token = signing.token(**{**good, **claims})
        cookie = begun.headers["Set-Cookie"].partition(";")[0]
        back = HTTP.request(
            "GET", f"{url}/login/callback?code=x&state={asked['state'][0]}", headers={"Cookie": cookie}, redirect=False
        )

    assert (403, True, None) == (back.status, why in back.data.decode(), back.headers.get("Set-Cookie"))
    assert () == local.user.list()


def test_a_provider_that_is_another_is_told(signing: Signing, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="calls itself"):
        Provider(f"{signing.issuer}/").fact("jwks_uri")
    with pytest.raises(Unavailable, match="cannot be reached"):
        Provider("http://127.0.0.1:9").fact("jwks_uri")
    with pytest.raises(Denied, match="not good"):
        Provider(signing.issuer).claims("x", "lineal")
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(Denied):
        Provider(signing.issuer).claims(jwt.encode({"sub": "1"}, key, "ES256", headers={"kid": "one"}), "lineal")
    for text in (
        'issuer = "http://id.example"\nclient_id = "x"',
        'issuer = "https://id.example"',
        'client = "x"',
        "=",
        '[[program]]\nissuer = "https://id.example"\naudience = "x"\nname = "ci"\nrole = "writer"\nclaims = {a = "b"}',
        '[[program]]\nissuer = "https://id.example"\naudience = "x"\nname = "ci:x"\nrole = "writer"\nclaims = {}',
    ):
        (tmp_path / "oidc.toml").write_text(text, encoding="utf-8")
        with pytest.raises(Invalid):
            read_configuration(tmp_path / "oidc.toml")
    with pytest.raises(Invalid, match="cannot be read"):
        read_configuration(tmp_path / "nothing.toml")
