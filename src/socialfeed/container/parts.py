"""Each part that the settings name, tried by itself: one that is away hides no other."""

import asyncio

from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.container import key_ring
from socialfeed.container.registry import adapter
from socialfeed.domain.errors import Unavailable
from socialfeed.settings import Settings, SettingsError


async def states(settings: Settings) -> dict[str, str]:
    """Of each part "ok" or, in one line, what is wrong with it."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return {"data folder": f"SOCIALFEED_DATA_DIR: {error}"}
    context = AdapterContext(SystemClock(), settings.data_dir.absolute(), settings.mail_from, ranking=settings.ranking)
    urls = {
        "database": settings.database,
        "redis": settings.redis_url,
        "broker": settings.broker_url,
        "mail": settings.mail_url,
        "media": settings.media,
        "ranker": settings.ranker_url,
    }
    named = {kind: url for kind, url in urls.items() if url}
    answers = await asyncio.gather(*(_state(kind, url, context) for kind, url in named.items()))
    found = dict(zip(named, answers, strict=True))
    if settings.signing_keys is not None:
        found["signing keys"] = await asyncio.to_thread(_state_of_keys, settings)
    return found


async def _state(kind: str, url: str, context: AdapterContext) -> str:
    try:
        async with adapter(kind, url, context) as part:
            if kind != "ranker":  # which either opens or does not
                await part.check()
    except (Unavailable, SettingsError, OSError) as error:
        return str(error)
    return "ok"


def _state_of_keys(settings: Settings) -> str:
    try:
        key_ring(settings)
    except SettingsError as error:
        return str(error)
    return "ok"
