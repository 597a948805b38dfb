"""What is in the purses of a server's database."""

from __future__ import annotations

from lineal.storage.database.postgres import Postgres


def amounts(server: Postgres) -> dict[str, int]:
    """Return what is in each purse."""
    return {row["name"]: row["amount"] for row in server.run("SELECT * FROM purse")}
