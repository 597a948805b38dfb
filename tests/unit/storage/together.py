"""Changes that are carried out together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lineal.storage.database.database import Database
from lineal.storage.database.grouping import Grouping

Work = Callable[[], Any]


def together(database: Database, *works: Work) -> list[Any]:
    """Have all of ``works`` carried out at once; return what each returned or raised."""

    async def ask() -> list[Any]:
        grouping = Grouping(database)
        return await asyncio.gather(*map(grouping.carry_out, works), return_exceptions=True)

    return asyncio.run(ask())
