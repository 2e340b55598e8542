"""The composition root: picks adapters by URL, wires the services, opens and closes everything in order.

The only package that knows every adapter.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from dependency_injector import providers

from socialfeed.adapters.media.processing import ChildProcessor
from socialfeed.adapters.security import KeyFileRing, KeyRing, SecretRing
from socialfeed.adapters.system import SystemClock
from socialfeed.application.activity import ActivityNotes
from socialfeed.application.counters import CounterUpkeep
from socialfeed.application.feeds.reactions import FeedReactions
from socialfeed.application.feeds.trends import Trends
from socialfeed.application.media.work import MediaWork
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.cache import Cache
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.jobs import Jobs, JobTable
from socialfeed.application.ports.mail import Mailer
from socialfeed.application.ports.media import MediaStore
from socialfeed.application.ports.metrics import Metrics
from socialfeed.application.ports.ranking import Ranker
from socialfeed.application.ports.shared import SharedStore
from socialfeed.application.ports.storage import Storage
from socialfeed.application.search.indexing import SearchIndexing
from socialfeed.application.services import Services
from socialfeed.application.work.background import in_background
from socialfeed.application.work.caches import Caches
from socialfeed.application.work.inspection import SearchInspection, TimelineInspection, TrendInspection
from socialfeed.application.work.nodes import leased_ids
from socialfeed.application.work.parked import ParkedJobs
from socialfeed.application.work.reactions import lanes, subscriptions
from socialfeed.application.work.relay import Relay
from socialfeed.application.work.returns import watch_returns
from socialfeed.container.registry import adapter, schemes
from socialfeed.container.wiring import Container
from socialfeed.domain.errors import Unavailable
from socialfeed.settings import Settings, SettingsError

__all__ = ["App", "open_app", "schemes"]

log = logging.getLogger(__name__)


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
    media_work: MediaWork
    reactions: FeedReactions
    search_indexing: SearchIndexing
    trends: Trends
    keys: KeyRing
    clock: Clock
    notes: ActivityNotes
    counter_upkeep: CounterUpkeep
    metrics: Metrics
    cache: Cache
    parked: ParkedJobs
    caches: Caches
    timeline_inspection: TimelineInspection
    trend_inspection: TrendInspection
    search_inspection: SearchInspection

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
    keys = await asyncio.to_thread(key_ring, settings)
    context = AdapterContext(clock, settings.data_dir.absolute(), settings.mail_from, ranking=settings.ranking)
    async with AsyncExitStack() as stack:
        storage: Storage = await stack.enter_async_context(adapter("database", settings.database, context))
        await storage.check()
        shared: SharedStore | None = (
            await stack.enter_async_context(adapter("redis", settings.redis_url, context))
            if settings.redis_url
            else None
        )
        mailer: Mailer = await stack.enter_async_context(adapter("mail", settings.mail_url, context))
        media: MediaStore = await stack.enter_async_context(adapter("media", settings.media, context))
        ranker: Ranker = await stack.enter_async_context(adapter("ranker", settings.ranker_url, context))
        ids = await stack.enter_async_context(leased_ids(storage.nodes, clock))
        container = Container(
            settings=settings,
            clock=clock,
            ids=ids,
            storage=storage,
            shared=shared,
            mailer=mailer,
            media_store=media,
            media_processor=ChildProcessor(context.data_dir),
            ranker=ranker,
            keys=keys,
        )
        bell = _Bell()
        container.wake.override(providers.Object(bell.ring))
        stack.callback(container.hasher().close)
        stack.push_async_callback(container.home().close)
        if (resolver := container.resolver()) is not None:
            stack.callback(resolver.close)
        await stack.enter_async_context(_noted(container.notes()))
        await stack.enter_async_context(in_background(container.sessions().watch()))
        if isinstance(keys, KeyFileRing):
            # A key that is gone takes with it what was checked by it.
            await stack.enter_async_context(in_background(keys.watch(container.verified().clear)))
        table = container.jobs_table()
        broker = AdapterContext(clock, context.data_dir, settings.mail_from, around_jobs(table))
        jobs: Jobs = await stack.enter_async_context(adapter("broker", settings.broker_url, broker))
        outbox = Relay(storage.outbox, jobs, subscriptions(table), lanes(table))
        bell.answer = outbox.wake
        parked = ParkedJobs(
            container.commands(), container.guard(), container.metrics(), storage.outbox.parked, jobs.parked
        )
        if relay:
            await stack.enter_async_context(in_background(outbox.run()))
            if shared is not None:
                await stack.enter_async_context(in_background(watch_returns(shared, outbox.hurry)))
            await stack.enter_async_context(in_background(container.counter_upkeep().run()))
            await stack.enter_async_context(in_background(container.upkeep().run()))
            await stack.enter_async_context(in_background(parked.run()))
            await stack.enter_async_context(in_background(container.planned().run()))
            await stack.enter_async_context(in_background(container.watched().run()))
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
            container.media_work(),
            container.feed_reactions(),
            container.search_indexing(),
            container.trends(),
            keys,
            clock,
            container.notes(),
            container.counter_upkeep(),
            container.metrics(),
            container.cache(),
            parked,
            container.caches(),
            container.timeline_inspection(),
            container.trend_inspection(),
            container.search_inspection(),
        )


def key_ring(settings: Settings) -> KeyRing:
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


@asynccontextmanager
async def _noted(notes: ActivityNotes) -> AsyncIterator[None]:
    """Writes notes while the application runs, and those that are left when it stops."""
    async with in_background(notes.run()):
        yield
    try:
        await notes.write()
    except Unavailable:
        log.warning("notes for the activity log are lost: the database does not answer")
