"""Answers about who may do what."""

from __future__ import annotations

from lineal.objects.secret import Secret
from lineal.operations.answers.answer import Answer
from lineal.storage.store import Role


class AccountAnswer(Answer, frozen=True, kw_only=True):
    """An account: a person or a program, and what they may do where nothing else is said."""

    name: str
    number: int
    role: Role
    has_password: bool
    issuer: str
    """The provider of identities that vouches for them; empty for an account of our own."""
    created_by: str
    created_at: int
    grants: dict[str, Role] = {}
    """Their roles on single experiments and models."""
    shared: dict[str, Role] = {}
    """Those of everyone, which hold where they have none of their own."""

    @property
    def reference(self) -> str:
        """By which it is asked for again."""
        return self.name


class PasswordAnswer(Answer, frozen=True, kw_only=True):
    """A password that was set. It is told only where it was made here, and only this once."""

    name: str
    password: Secret


class TokenAnswer(Answer, frozen=True, kw_only=True):
    """What is known of a token; the token itself is not."""

    id: str
    account: str
    note: str
    created_by: str
    created_at: int
    expires_at: int | None
    used_at: int | None

    @property
    def reference(self) -> str:
        """By which it is revoked."""
        return self.id


class NewTokenAnswer(Answer, frozen=True, kw_only=True):
    """A token that was made. It is told this once, and kept nowhere."""

    id: str
    account: str
    token: Secret
    expires_at: int | None


class GrantAnswer(Answer, frozen=True, kw_only=True):
    """The role of somebody, or everyone, on one experiment or model."""

    name: str
    object: str
    role: Role
    granted_by: str
    granted_at: int
    number: int = 0
    """That of the account; 0 for everyone, and for those who have none."""
