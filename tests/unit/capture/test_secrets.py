"""Secrets are masked, code is left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.capture.secrets import MASK, is_secret_name, mask, mask_bytes, mask_command
from tests.unit.capture.secret_texts import BENIGN
from tests.unit.capture.secret_texts import SECRETS as KINDS

SECRETS = {
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp_" + "a1B2" * 9,
    "openai": "sk-" + "proj-a1B2c3D4e5F6g7H8",
    "hugging face": "hf_" + "aBcD" * 9,
    "jwt": "eyJ" + "hbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSM",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_token_of_a_known_shape_is_masked_wherever_it_stands(secret: str) -> None:
    assert (f'x = "{MASK}"  # used\n', 1) == mask(f'x = "{secret}"  # used\n')


@pytest.mark.parametrize(("secret", "around"), KINDS.values(), ids=KINDS)
def test_no_word_of_a_secret_stays(secret: str, around: str) -> None:
    masked, count = mask(around.format(secret))

    assert 1 <= count
    assert not any(part in masked for part in secret.split("\n") if part)
    assert MASK in masked


@pytest.mark.parametrize("text", BENIGN)
def test_what_only_looks_like_a_secret_is_left_alone(text: str) -> None:
    assert (text, 0) == mask(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('password = "correct horse"', 'password = "correct horse"'),
        ('password = "correct-horse"', f'password = "{MASK}"'),
        ("DB_PASSWORD=s3cret", f"DB_PASSWORD={MASK}"),
        ('{"api_key": "abcdef"}', f'{{"api_key": "{MASK}"}}'),
        (r'"password = \"hunter2\"\n"', rf'"password = \"{MASK}\"\n"'),
        ("Authorization: Bearer abcdefgh12345678xyz", f"Authorization: Bearer {MASK}"),
        ("postgresql://ann:s3cret@host/db", f"postgresql://ann:{MASK}@host/db"),
    ],
)
def test_a_named_secret_is_masked(text: str, masked: str) -> None:
    assert (masked, int(text != masked)) == mask(text)


@pytest.mark.parametrize(
    "code",
    [
        "connect(password=password, token=args.token)",
        'password = os.environ["PASSWORD"]',
        "password = getpass()",
        'eos_token="<|endoftext|>"',
        "max_tokens=4096",
        'url = f"postgresql://{user}:{password}@{host}/db"',
        "https://example.com/risk-assessment-of-many-things-2024",
    ],
)
def test_code_that_only_speaks_of_secrets_is_left_alone(code: str) -> None:
    assert (code, 0) == mask(code)


def test_a_masked_key_block_keeps_the_lines_of_a_diff() -> None:
    diff = "+-----BEGIN RSA PRIVATE KEY-----\n+MIIEabc\n++def=\n+-----END RSA PRIVATE KEY-----\n"

    masked, count = mask(diff)

    assert (f"+-----BEGIN RSA PRIVATE KEY-----\n+{MASK}\n+{MASK}\n+-----END RSA PRIVATE KEY-----\n", 1) == (
        masked,
        count,
    )


@pytest.mark.parametrize(
    ("command", "masked"),
    [
        (("x", "--password", "abc", "y"), ("x", "--password", MASK, "y")),
        (("x", "--hf-token=abc"), ("x", f"--hf-token={MASK}")),
        (("x", "--password", "--verbose"), ("x", "--password", "--verbose")),
        (("x", "--max-tokens", "5"), ("x", "--max-tokens", "5")),
        (("x", "https://u:p4ss@h/"), ("x", f"https://u:{MASK}@h/")),
    ],
)
def test_arguments_that_follow_a_secret_option_are_masked(command: tuple[str, ...], masked: tuple[str, ...]) -> None:
    assert (masked, sum(MASK in each for each in masked)) == mask_command(command)


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [("password", True), ("api_key", True), ("hf_token", True), ("monkey", False), ("tokens", False)],
)
def test_names_tell_secrets(name: str, is_secret: bool) -> None:
    assert is_secret == is_secret_name(name)


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_bytes_without_secrets_come_back_unchanged(data: bytes) -> None:
    masked, count = mask_bytes(data)

    assert count or masked == data


@settings(max_examples=30)
@given(st.text(max_size=100))
def test_masking_twice_finds_nothing_new(text: str) -> None:
    masked, _ = mask(text + f" password={SECRETS['aws']} ")

    assert (masked, 0) == mask(masked)


@pytest.mark.parametrize(
    "word",
    [
        "a",
        "password",
        "key=",
        "sk-",
        "eyJ",
        "://",
        "token",
        "a+",
        "Bearer ",
        "curl -u a",
        "host=a b=c ",
        ";pwd",
        "Q~",
        "token=a1",
    ],
)
def test_a_very_long_line_takes_no_very_long_time(word: str) -> None:
    text = word * (200_000 // len(word))
    began = time.process_time()

    mask(text)

    assert time.process_time() - began < 1
