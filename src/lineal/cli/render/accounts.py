"""Accounts, tokens and roles as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.cli.render.page import Page
from lineal.cli.render.units import ago, moment, when
from lineal.operations.answers.accounts import AccountAnswer, GrantAnswer, NewTokenAnswer, PasswordAnswer, TokenAnswer


def one(answer: AccountAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of an account."""
    yield f"{page.title(answer.name)}  {answer.role}"
    yield from page.facts(
        (
            ("logs in by", answer.issuer or ("password" if answer.has_password else "")),
            ("made", f"{when(answer.created_at, page.now)} by {answer.created_by}"),
            *((f"on {thing}", role) for thing, role in answer.grants.items()),
        )
    )


def many(answers: Sequence[AccountAnswer], page: Page) -> Iterator[str]:
    """Yield a table of accounts."""
    yield from page.table(
        ("USER", "ROLE", "LOGS IN BY", "OTHER ROLES", "MADE (UTC)", "BY"),
        (
            (
                each.name,
                each.role,
                each.issuer or ("password" if each.has_password else ""),
                ", ".join(f"{role} on {thing}" for thing, role in each.grants.items()),
                moment(each.created_at),
                each.created_by,
            )
            for each in answers
        ),
    )


def password(answer: PasswordAnswer, page: Page) -> Iterator[str]:
    """Yield a password that was made; nothing of one that was given."""
    if answer.password:
        yield f"{answer.password}"
        yield page.paint("this is the only time that it is shown", "faint")
    else:
        yield f"{page.title(answer.name)}  has another password"


def new_token(answer: NewTokenAnswer, page: Page) -> Iterator[str]:
    """Yield a token that was made."""
    until = f"until {moment(answer.expires_at)}" if answer.expires_at else "until it is revoked"
    yield f"{answer.token}"
    yield page.paint(f"this is the only time that it is shown; {answer.account} may use it {until}", "faint")
    yield page.paint(f"lineal token revoke {answer.id} takes it back", "faint")


def token(answer: TokenAnswer, page: Page) -> Iterator[str]:
    """Yield everything that is known of a token."""
    yield f"{page.title(answer.id)}  {answer.account}  {answer.note}"


def tokens(answers: Sequence[TokenAnswer], page: Page) -> Iterator[str]:
    """Yield a table of tokens."""
    yield from page.table(
        ("TOKEN", "USER", "NOTE", "MADE (UTC)", "BY", "GOOD UNTIL (UTC)", "LAST USED"),
        (
            (
                each.id,
                each.account,
                each.note,
                moment(each.created_at),
                each.created_by,
                moment(each.expires_at) if each.expires_at else "",
                ago(each.used_at, page.now) if each.used_at else "never",
            )
            for each in answers
        ),
    )


def grant(answer: GrantAnswer, page: Page) -> Iterator[str]:
    """Yield one role on one thing."""
    yield f"{page.title(answer.name)}  {answer.role} on {answer.object}"


def grants(answers: Sequence[GrantAnswer], page: Page) -> Iterator[str]:
    """Yield a table of roles."""
    yield from page.table(
        ("USER", "ROLE", "ON", "GIVEN (UTC)", "BY"),
        ((each.name, each.role, each.object, moment(each.granted_at), each.granted_by) for each in answers),
    )
