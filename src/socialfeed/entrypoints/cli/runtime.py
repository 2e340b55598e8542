"""What the commands share."""

import logging
from typing import Any

from socialfeed.settings import Settings, SettingsError, load


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


def log_config(found: Settings) -> dict[str, Any]:
    """For `logging.config.dictConfig`: one line an event on stderr, uvicorn's own among them."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)-7s %(name)s  %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": found.log_level.upper(), "handlers": ["stderr"]},
    }
