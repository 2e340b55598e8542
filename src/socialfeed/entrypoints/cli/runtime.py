"""What the commands share."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from socialfeed.entrypoints.logs import Line
from socialfeed.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from socialfeed.container import App

T = TypeVar("T")


def settings() -> Settings:
    """The settings of the environment, checked. Raises `SettingsError`."""
    found = load()
    levels = sorted(name.lower() for name in logging.getLevelNamesMapping())
    if found.log_level.lower() not in levels:
        raise SettingsError(f"SOCIALFEED_LOG_LEVEL: {found.log_level!r} is not one of {', '.join(levels)}")
    return found


def keeps_nothing(found: Settings) -> bool:
    """Whether the database is gone when the process is."""
    return found.database.startswith("memory:")


def operate(work: Callable[["App"], Awaitable[T]]) -> T:
    """What the work answers, done on the database that servers use. Its events wait there for the servers."""
    from socialfeed.container import open_app

    found = settings()
    if keeps_nothing(found):
        raise SettingsError(
            "SOCIALFEED_DATABASE_URL: a memory:// database lives within its server, where no command reaches it"
        )

    async def run() -> T:
        async with open_app(found, relay=False) as app:
            return await work(app)

    return asyncio.run(run())


def log_config(found: Settings) -> dict[str, Any]:
    """For `logging.config.dictConfig`: one line an event on stderr, uvicorn's own among them."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": Line, "fmt": "%(asctime)s %(levelname)-7s %(name)s  %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": found.log_level.upper(), "handlers": ["stderr"]},
    }
