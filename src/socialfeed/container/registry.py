"""Adapters by kind and URL scheme: our own, and by entry point those of other packages, which need no change here."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any
from urllib.parse import urlsplit

from socialfeed.application.ports.adapters import GROUP, AdapterContext, Factory
from socialfeed.domain.errors import Unavailable
from socialfeed.settings import SettingsError

BUILT_IN = {
    "database.memory": "socialfeed.adapters.memory:open_memory_storage",
    "database.postgres": "socialfeed.adapters.sql:open_postgresql",
    "database.postgresql": "socialfeed.adapters.sql:open_postgresql",
    "database.sqlite": "socialfeed.adapters.sql:open_sqlite",
    "redis.memory": "socialfeed.adapters.memory:open_memory_shared",
    "redis.redis": "socialfeed.adapters.redis:open_redis",
    "redis.rediss": "socialfeed.adapters.redis:open_redis",
    "redis.unix": "socialfeed.adapters.redis:open_redis",
    "redis.valkey": "socialfeed.adapters.redis:open_redis",
    "broker.amqp": "socialfeed.adapters.dramatiq:open_rabbitmq",
    "broker.amqps": "socialfeed.adapters.dramatiq:open_rabbitmq",
    "broker.inprocess": "socialfeed.adapters.inprocess:open_inprocess",
    "broker.redis": "socialfeed.adapters.dramatiq:open_redis_broker",
    "broker.rediss": "socialfeed.adapters.dramatiq:open_redis_broker",
    "broker.valkey": "socialfeed.adapters.dramatiq:open_redis_broker",
    "mail.console": "socialfeed.adapters.mail:open_console",
    "mail.memory": "socialfeed.adapters.memory:open_memory_mail",
    "mail.smtp": "socialfeed.adapters.mail:open_smtp",
    "mail.smtps": "socialfeed.adapters.mail:open_smtp",
    "media.file": "socialfeed.adapters.media:open_local",
    "media.memory": "socialfeed.adapters.memory:open_memory_media",
    "media.s3": "socialfeed.adapters.media:open_s3",
    "ranker.chronological": "socialfeed.adapters.ranking:open_chronological",
    "ranker.engagement": "socialfeed.adapters.ranking:open_engagement",
}


def adapter(kind: str, url: str, context: AdapterContext) -> Any:
    """The adapter of a kind for a URL, not yet entered. Raises `SettingsError` when there is none."""
    variable = f"SOCIALFEED_{kind.upper()}_URL"
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    factory = _factory(f"{kind}.{scheme}")
    if factory is None:
        known = ", ".join(f"{scheme}://" for scheme in schemes(kind))
        raise SettingsError(f"{variable}: no adapter for the scheme {scheme!r}; there are {known}")
    return _explained(variable, factory, url, context)


@asynccontextmanager
async def _explained(variable: str, factory: Factory[Any], url: str, context: AdapterContext) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:
        try:
            port = await stack.enter_async_context(factory(url, context))
        except Unavailable as error:
            raise Unavailable(f"{variable}: {error}") from error
        except ValueError as error:
            raise SettingsError(f"{variable}: {error}") from error
        yield port


def _factory(name: str) -> Factory[Any] | None:
    target = BUILT_IN.get(name)
    if target is not None:
        module, _, attribute = target.partition(":")
        built_in: Factory[Any] = getattr(import_module(module), attribute)
        return built_in
    for entry_point in entry_points(group=GROUP, name=name):
        outside: Factory[Any] = entry_point.load()
        return outside
    return None


def schemes(kind: str) -> list[str]:
    """The URL schemes that adapters of a kind serve, those of other installed packages included."""
    names = {*BUILT_IN, *(entry_point.name for entry_point in entry_points(group=GROUP))}
    return sorted(name.removeprefix(f"{kind}.") for name in names if name.startswith(f"{kind}."))
