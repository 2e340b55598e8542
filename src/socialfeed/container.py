"""The composition root: picks adapters by URL, wires the services, opens and closes everything in order.

The only module that knows every adapter. Adapters of other packages are found by entry point, so that a new one
needs no change here.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol
from urllib.parse import urlsplit

from dependency_injector import containers, providers

from socialfeed.adapters.caching import CachedPosts, CachedProfiles
from socialfeed.adapters.memory import MemoryRateLimiter
from socialfeed.adapters.security import (
    Argon2PasswordHasher,
    HmacCodeHasher,
    HmacRefreshTokens,
    JwtTokens,
    KeyFileRing,
    KeyRing,
    SecretRing,
    load_common_passwords,
)
from socialfeed.adapters.system import SystemClock
from socialfeed.application.accounts import Accounts
from socialfeed.application.commands import Commands
from socialfeed.application.comments import Comments
from socialfeed.application.counters import Counters, NoCounterCache
from socialfeed.application.credentials import CredentialLimits, OneTimeCodes
from socialfeed.application.engagement import Engagement
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.reactions import FeedReactions
from socialfeed.application.feeds.service import Feeds
from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.graph import Graph
from socialfeed.application.nodes import leased_ids
from socialfeed.application.ports.adapters import GROUP, AdapterContext, Factory
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.jobs import Jobs, JobTable
from socialfeed.application.ports.mail import Mailer
from socialfeed.application.ports.media import MediaStore
from socialfeed.application.ports.shared import SharedStore
from socialfeed.application.ports.storage import Storage
from socialfeed.application.posts import Posts
from socialfeed.application.reactions import reactions, subscriptions
from socialfeed.application.relay import Relay
from socialfeed.application.services import Services
from socialfeed.application.sessions import Sessions
from socialfeed.application.verified import VerifiedTokens
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import IdFactory
from socialfeed.settings import Settings, SettingsError

log = logging.getLogger(__name__)

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
}


class Checked(Protocol):
    async def check(self) -> None: ...


@dataclass(frozen=True, slots=True)
class App:
    """The running product: its services, and the parts that entry points look after."""

    settings: Settings
    services: Services
    storage: Storage
    shared: SharedStore | None
    jobs: Jobs
    jobs_table: JobTable
    relay: Relay
    mailer: Mailer
    media: MediaStore
    reactions: FeedReactions
    keys: KeyRing
    clock: Clock

    async def check(self) -> dict[str, str]:
        """Each part that must answer, and "ok" or what is wrong with it."""
        parts: dict[str, Checked] = {"database": self.storage, "broker": self.jobs, "media": self.media}
        if self.shared is not None:
            parts["redis"] = self.shared
        states = await asyncio.gather(*(_state(part) for part in parts.values()))
        return dict(zip(parts, states, strict=True))


async def _state(part: Checked) -> str:
    try:
        await part.check()
    except Unavailable as error:
        return str(error)
    return "ok"


class Container(containers.DeclarativeContainer):
    """The services, over adapters that are already open: nothing here is asynchronous, so nothing costs a future."""

    settings = providers.Dependency(instance_of=Settings)
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids = providers.Dependency(instance_of=IdFactory)
    storage: providers.Dependency[Storage] = providers.Dependency()
    shared: providers.Dependency[SharedStore | None] = providers.Dependency()
    mailer: providers.Dependency[Mailer] = providers.Dependency()
    keys: providers.Dependency[KeyRing] = providers.Dependency()
    wake: providers.Dependency[Any] = providers.Dependency()

    secret = settings.provided.secret_key.get_secret_value.call()
    passwords = providers.Singleton(Argon2PasswordHasher)

    limiter = providers.Singleton(
        lambda shared, clock: shared.limiter if shared else MemoryRateLimiter(clock), shared, clock
    )
    timelines = providers.Singleton(lambda storage, shared: (shared or storage).timelines, storage, shared)
    trending = providers.Singleton(lambda storage, shared: (shared or storage).trending, storage, shared)
    counter_cache = providers.Singleton(lambda shared: shared.counters if shared else NoCounterCache(), shared)

    commands = providers.Singleton(Commands, storage.provided.uow, ids, clock, wake)
    counters = providers.Singleton(Counters, storage.provided.posts, counter_cache)
    post_batches = providers.Singleton(
        lambda posts, shared: CachedPosts(posts, shared.cache) if shared else posts, storage.provided.posts, shared
    )
    profile_batches = providers.Singleton(
        lambda users, shared: CachedProfiles(users, shared.cache) if shared else users, storage.provided.users, shared
    )
    hydrator = providers.Singleton(Hydrator, post_batches, profile_batches, storage.provided.engagement, counters)
    home = providers.Singleton(HomeSkeleton, timelines, storage.provided.posts, storage.provided.graph)
    feed_reactions = providers.Singleton(
        FeedReactions, timelines, trending, storage.provided.posts, storage.provided.graph
    )

    limits = providers.Singleton(CredentialLimits, limiter, settings.provided.credential_limit)
    codes = providers.Singleton(
        OneTimeCodes, commands, storage.provided.users, providers.Singleton(HmacCodeHasher, secret), mailer
    )
    verified = providers.Singleton(VerifiedTokens)
    sessions = providers.Singleton(
        Sessions,
        commands,
        storage.provided.users,
        storage.provided.sessions,
        passwords,
        providers.Singleton(JwtTokens, keys),
        providers.Singleton(HmacRefreshTokens, secret),
        limits,
        verified,
    )
    accounts = providers.Singleton(
        Accounts,
        commands,
        storage.provided.users,
        passwords,
        codes,
        sessions,
        limits,
        providers.Singleton(load_common_passwords),
    )
    posts = providers.Singleton(Posts, commands, storage.provided.posts, hydrator)
    services = providers.Singleton(
        Services,
        accounts=accounts,
        sessions=sessions,
        posts=posts,
        comments=providers.Singleton(Comments, commands, storage.provided.comments, posts, hydrator, counters),
        engagement=providers.Singleton(Engagement, commands, posts, hydrator, counters),
        graph=providers.Singleton(Graph, commands, storage.provided.users, storage.provided.graph),
        feeds=providers.Singleton(Feeds, home, trending, hydrator, clock),
    )
    jobs_table = providers.Singleton(reactions, codes, feed_reactions, counters)


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    relay: bool = True,
    clock: Clock | None = None,
    around_jobs: Callable[[JobTable], JobTable] = lambda table: table,
) -> AsyncIterator[App]:
    """Opens every adapter the settings name, wires the product and closes it all again.

    With `relay` the outbox is drained in the background; without, whoever opened the app drains it (tests, one-off
    commands). The broker runs the jobs that `around_jobs` makes of ours. Raises `SettingsError` for a URL no adapter
    serves and `Unavailable` for a server that does not answer or a schema that is not migrated, each with one line.
    """
    settings = settings.checked()
    clock = clock or SystemClock()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    keys = await asyncio.to_thread(_key_ring, settings)
    context = AdapterContext(clock, settings.data_dir.absolute(), settings.mail_from)
    async with AsyncExitStack() as stack:
        storage: Storage = await stack.enter_async_context(_open("database", settings.database, context))
        await storage.check()
        shared: SharedStore | None = (
            await stack.enter_async_context(_open("redis", settings.redis_url, context)) if settings.redis_url else None
        )
        mailer: Mailer = await stack.enter_async_context(_open("mail", settings.mail_url, context))
        media: MediaStore = await stack.enter_async_context(_open("media", settings.media, context))
        ids = await stack.enter_async_context(leased_ids(storage.nodes, clock))
        container = Container(
            settings=settings, clock=clock, ids=ids, storage=storage, shared=shared, mailer=mailer, keys=keys
        )
        bell = _Bell()
        container.wake.override(providers.Object(bell.ring))
        stack.callback(container.passwords().close)
        stack.push_async_callback(container.home().close)
        await stack.enter_async_context(_in_background(container.sessions().watch()))
        if isinstance(keys, KeyFileRing):
            # A key that is gone takes with it what was checked by it.
            await stack.enter_async_context(_in_background(keys.watch(container.verified().clear)))
        table = container.jobs_table()
        broker = AdapterContext(clock, context.data_dir, settings.mail_from, around_jobs(table))
        jobs: Jobs = await stack.enter_async_context(_open("broker", settings.broker_url, broker))
        outbox = Relay(storage.outbox, jobs, subscriptions(table))
        bell.answer = outbox.wake
        if relay:
            await stack.enter_async_context(_in_background(outbox.run()))
        log.info("ready on %s%s", storage.name, f" and {shared.name}" if shared else "")
        yield App(
            settings,
            container.services(),
            storage,
            shared,
            jobs,
            table,
            outbox,
            mailer,
            media,
            container.feed_reactions(),
            keys,
            clock,
        )


def _key_ring(settings: Settings) -> KeyRing:
    path = settings.signing_keys
    if path is None:
        return SecretRing(settings.secret_key.get_secret_value())
    try:
        return KeyFileRing(path)
    except OSError as error:
        raise SettingsError(
            f"SOCIALFEED_SIGNING_KEYS: {path}: {error.strerror}; socialfeed keys rotate makes this file"
        ) from error
    except ValueError as error:
        raise SettingsError(f"SOCIALFEED_SIGNING_KEYS: {error}") from error


class _Bell:
    """Stands for the relay, which exists only after the services that ring for it."""

    def __init__(self) -> None:
        self.answer: Callable[[], None] | None = None

    def ring(self) -> None:
        if self.answer is not None:
            self.answer()


def _open(kind: str, url: str, context: AdapterContext) -> Any:
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


@asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await _ended(task)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
