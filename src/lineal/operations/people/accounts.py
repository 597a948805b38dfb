"""Verbs of accounts: who there is, how they log in, and what they may do on which experiment or model."""

from __future__ import annotations

import secrets

from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Denied, Exists, Invalid, NotFound
from lineal.objects.reference import check_name
from lineal.objects.secret import Secret
from lineal.operations.answers.accounts import AccountAnswer, GrantAnswer, PasswordAnswer
from lineal.operations.operation import operation
from lineal.operations.people.access import EVERYONE, named_object
from lineal.operations.recording.experiments import next_number
from lineal.operations.references import Row, near
from lineal.storage import passwords
from lineal.storage.store import Role, Store

PASSWORD_CHARACTERS_MIN, PASSWORD_CHARACTERS_MAX = 8, 1_024
_NO_PASSWORD = Secret("")


@operation("user create", effect="writes", role="admin", about={})
def create(store: Store, name: str, *, role: Role = "reader", password: Secret = _NO_PASSWORD) -> AccountAnswer:
    """Make an account for a person or a program.

    Without a password, it is used by tokens alone: lineal token create makes one.

    Args:
        name: what they are called, here and in the journal.
        role: what they may do where nothing else is said: none, reader, writer, approver or admin.
        password: what they log in with. lineal user password makes one, which is better than to write it down here.

    Raises:
        Exists: somebody has that name.
        Invalid: the name or the password will not do.
    """
    if check_name(name, "user") == EVERYONE:
        raise Invalid(f"{EVERYONE} means all users", hint="choose another name")
    kept = passwords.hashed(_checked(password)) if password else ""
    return add(store, name, role=role, password=kept)


def add(
    store: Store, name: str, *, role: Role, password: str = "", issuer: str = "", subject: str = ""
) -> AccountAnswer:
    """Write the row of a new account. Raises Exists."""
    if store.database.run("SELECT 1 AS one FROM account WHERE name = :name", name=name):
        raise Exists(f"User (username={name}) already exists.", hint="choose another name")
    store.database.run(
        "INSERT INTO account"
        " (name, number, role, password, issuer, subject, created_by, created_at, updated_at, revision)"
        " VALUES (:name, :number, :role, :password, :issuer, :subject, :by, :at, :at, 1)",
        name=name,
        number=next_number(store, "account"),
        role=role,
        password=password,
        issuer=issuer,
        subject=subject,
        by=store.actor.name,
        at=store.clock.now(),
    )
    return _answer(store, find(store, name))


@operation("user list", effect="reads", role="admin", about={})
def list_accounts(store: Store) -> tuple[AccountAnswer, ...]:
    """List the accounts, and what each may do."""
    rows = store.database.run("SELECT * FROM account ORDER BY name")
    return tuple(_answer(store, row) for row in rows)


@operation("user show", effect="reads", role="admin", about={"name": "account"})
def show(store: Store, name: str) -> AccountAnswer:
    """Show one account; everybody may look at their own.

    Args:
        name: whose.
    """
    return _answer(store, find(store, name))


@operation("user role", effect="writes", role="admin", about={})
def set_role(store: Store, name: str, role: Role) -> AccountAnswer:
    """Change what somebody may do where nothing else is said.

    Args:
        name: who.
        role: none, reader, writer, approver or admin.

    Raises:
        NotFound: there is no such account.
        Conflict: they are the last admin.
    """
    row = find(store, name)
    if role != "admin":
        _keep_an_admin(store, row)
    return _change(store, name, "role", role)


@operation("user password", effect="writes", role="admin", about={"name": "account"})
def set_password(
    store: Store, name: str, *, password: Secret = _NO_PASSWORD, current: Secret = _NO_PASSWORD
) -> PasswordAnswer:
    """Give an account another password, and end what was logged in with the one before; tokens stay.

    Args:
        name: whose; everybody may change their own.
        password: the new one; by default one is made, and told this once.
        current: the one before, which whoever is no administrator must know.

    Raises:
        Denied: it is one's own, and the one before is another.
        Invalid: it is too short.
    """
    row = find(store, name)
    is_own = name == store.actor.name and not store.actor.may("admin")
    if is_own and row["password"] and not passwords.matches(current, row["password"]):
        raise Denied("The current password is missing or wrong.", hint="say the current password too")
    new = Secret(_checked(password)) if password else Secret(secrets.token_urlsafe(18))
    _change(store, name, "password", passwords.hashed(new))
    store.database.run("DELETE FROM login_session WHERE account = :name", name=name)
    return PasswordAnswer(name=name, password=_NO_PASSWORD if password else new)


@operation("user remove", effect="writes", role="admin", about={})
def remove(store: Store, name: str) -> AccountAnswer:
    """Remove an account with its tokens, logins and roles; what it did stays in the journal.

    Args:
        name: whose.

    Raises:
        NotFound: there is no such account.
        Conflict: they are the last admin.
    """
    row = find(store, name)
    _keep_an_admin(store, row)
    answer = _answer(store, row)
    for table, column in (
        ("access_token", "account"),
        ("login_session", "account"),
        ("role_grant", "name"),
        ("account", "name"),
    ):
        store.database.run(f"DELETE FROM {table} WHERE {column} = :name", name=name)
    return answer


@operation("user grant", effect="writes", role="admin", about={"on": "object"})
def grant(store: Store, name: str, role: Role, *, on: str) -> GrantAnswer:
    """Give somebody another role on one experiment or model.

    It holds there in place of their own role; one for everyone holds where there is none of their own. An administrator of
    an experiment or a model may give roles on it.

    Args:
        name: who; everyone is all who are no administrators.
        role: none, reader, writer, approver or admin.
        on: experiment:NAME, experiment:#7 or model:NAME.

    Raises:
        NotFound: there is no such experiment or model.
    """
    if name != EVERYONE:
        check_name(name, "user")
    thing = named_object(store, on)
    rows = store.database.run(
        "INSERT INTO role_grant (name, object, role, granted_by, granted_at) VALUES (:name, :thing, :role, :by, :at)"
        " ON CONFLICT (name, object) DO UPDATE SET role = excluded.role, granted_by = excluded.granted_by,"
        " granted_at = excluded.granted_at RETURNING *",
        name=name,
        thing=thing,
        role=role,
        by=store.actor.name,
        at=store.clock.now(),
    )
    return _grant(store, rows[0])


@operation("user revoke", effect="writes", role="admin", about={"on": "object"})
def revoke(store: Store, name: str, *, on: str) -> GrantAnswer:
    """Take back a role on one experiment or model: their own holds there again.

    Args:
        name: whose; everyone takes back that of all.
        on: experiment:NAME, experiment:#7 or model:NAME.

    Raises:
        NotFound: they have none there.
    """
    rows = store.database.run(
        "DELETE FROM role_grant WHERE name = :name AND object = :thing RETURNING *",
        name=name,
        thing=named_object(store, on),
    )
    if not rows:
        raise NotFound(f"{name} has no role of their own on {on}", hint="lineal user grants lists them")
    return _grant(store, rows[0])


@operation("user grants", effect="reads", role="admin", about={"name": "account", "on": "object"})
def grants(store: Store, name: str = "", *, on: str = "") -> tuple[GrantAnswer, ...]:
    """List the roles on single experiments and models.

    Args:
        name: only whose; everybody may look at their own.
        on: only those on this one.
    """
    rows = store.database.run(
        "SELECT * FROM role_grant WHERE (name = :name OR :name = '') AND (object = :thing OR :thing = '')"
        " ORDER BY object, name",
        name=name,
        thing=named_object(store, on) if on else "",
    )
    return tuple(_grant(store, row) for row in rows)


@operation("user login", effect="writes", role="admin", internal=True, about={})
def log_in(store: Store, name: str, *, role: Role, issuer: str, subject: str) -> AccountAnswer:
    """Take note that a provider of identities vouches for somebody: they have an account from then on.

    Args:
        name: what the provider calls them.
        role: what they may do, as the provider's groups say.
        issuer: the provider.
        subject: who they are there, whatever they are called.

    Raises:
        Denied: the name is somebody else's here.
    """
    rows = store.database.run("SELECT * FROM account WHERE name = :name", name=name)
    if not rows:
        return add(store, name, role=role, issuer=issuer, subject=subject)
    if (rows[0]["issuer"], rows[0]["subject"]) != (issuer, subject):
        raise Denied(
            f"{name} is the account of somebody else here", hint="an administrator may remove it: lineal user remove"
        )
    return _change(store, name, "role", role) if rows[0]["role"] != role else _answer(store, rows[0])


@operation("user logout", effect="writes", role="none", internal=True, about={})
def log_out(store: Store, session: Secret) -> None:
    """End what a browser was logged in by.

    Args:
        session: what its cookie holds.
    """
    store.database.run("DELETE FROM login_session WHERE digest = :digest", digest=digest_of(session.encode()))


def find(store: Store, name: str) -> Row:
    """Return the row of an account. Raises NotFound."""
    if rows := store.database.run("SELECT * FROM account WHERE name = :name", name=name):
        return rows[0]
    names = [row["name"] for row in store.database.run("SELECT name FROM account ORDER BY name")]
    raise NotFound(f"User with username={name} not found", hint=near(name, names, "lineal user list shows them"))


def _checked(password: str) -> str:
    if not PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        raise Invalid(
            f"a password has {PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX:,} characters",
            hint="several words are easy to keep in mind",
        )
    return password


def _keep_an_admin(store: Store, row: Row) -> None:
    """Refuse to leave nobody who could make users. Raises Conflict."""
    admins = store.database.run("SELECT name FROM account WHERE role = 'admin'")
    if [row["name"]] == [each["name"] for each in admins]:
        raise Conflict(f"{row['name']} is the last admin", hint="make somebody else an admin first: lineal user role")


def _change(store: Store, name: str, column: str, value: str) -> AccountAnswer:
    store.database.run(
        f"UPDATE account SET {column} = :value, updated_at = :at, revision = revision + 1 WHERE name = :name",
        name=name,
        value=value,
        at=store.clock.now(),
    )
    return _answer(store, find(store, name))


def _grant(store: Store, row: Row) -> GrantAnswer:
    known = store.database.run("SELECT number FROM account WHERE name = :name", name=row["name"])
    return GrantAnswer(**row, number=known[0]["number"] if known else 0)


def _answer(store: Store, row: Row) -> AccountAnswer:
    return AccountAnswer(
        name=row["name"],
        number=row["number"],
        role=row["role"],
        has_password=bool(row["password"]),
        issuer=row["issuer"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        grants=roles_of(store, row["name"]),
        shared=roles_of(store, EVERYONE),
    )


def roles_of(store: Store, name: str) -> dict[str, Role]:
    """Return the roles on single experiments and models that somebody, or everyone, has there."""
    rows = store.database.run("SELECT object, role FROM role_grant WHERE name = :name ORDER BY object", name=name)
    return {row["object"]: row["role"] for row in rows}
