"""The services, wired over adapters that are already open."""

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from dependency_injector import containers, providers

from socialfeed.adapters.caching import (
    COPY_LIFE,
    FEED_LIFE,
    CachedContents,
    CachedFeeds,
    CachedStandings,
    StoredContents,
    StoredStandings,
)
from socialfeed.adapters.memory import MemoryCache, MemoryRateLimiter
from socialfeed.adapters.prometheus import PrometheusMetrics
from socialfeed.adapters.security import (
    AesSivCursors,
    Argon2PasswordHasher,
    HmacCodeHasher,
    HmacRefreshTokens,
    JwtTokens,
    KeyRing,
    load_common_passwords,
)
from socialfeed.adapters.security.keys import derive_key
from socialfeed.application.accounts.access import Access
from socialfeed.application.accounts.authorities import Authorities
from socialfeed.application.accounts.credentials import CredentialLimits, OneTimeCodes
from socialfeed.application.accounts.members import Members
from socialfeed.application.accounts.own_account import OwnAccount
from socialfeed.application.accounts.service import Accounts, Passwords
from socialfeed.application.accounts.sessions import Sessions
from socialfeed.application.accounts.verified import VerifiedTokens
from socialfeed.application.activity import ActivityLog, ActivityNotes
from socialfeed.application.commands import Commands
from socialfeed.application.comments.likes import CommentLikes
from socialfeed.application.comments.service import Comments
from socialfeed.application.comments.threads import Threads
from socialfeed.application.counters import Counters, CounterUpkeep, NoCounterCache
from socialfeed.application.engagement import Engagement
from socialfeed.application.feeds.discovery import Discovery
from socialfeed.application.feeds.fan_out import FanOut
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.listed import ListFeeds
from socialfeed.application.feeds.orders import Orders
from socialfeed.application.feeds.ranked import RankedFeeds
from socialfeed.application.feeds.reactions import FeedReactions
from socialfeed.application.feeds.service import Feeds
from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.feeds.trends import Trends
from socialfeed.application.graph.boundaries import Boundaries
from socialfeed.application.graph.lists import Lists
from socialfeed.application.graph.service import Graph
from socialfeed.application.guard import Guard
from socialfeed.application.idempotency import Once
from socialfeed.application.media.images import ImageProxy
from socialfeed.application.media.service import MediaLibrary
from socialfeed.application.media.work import MediaWork
from socialfeed.application.objects import Objects
from socialfeed.application.paging import Cursors
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.feed_copies import NoFeedCopies
from socialfeed.application.ports.fetch import Fetcher
from socialfeed.application.ports.mail import Mailer
from socialfeed.application.ports.media import MediaProcessor, MediaStore
from socialfeed.application.ports.ranking import Ranker
from socialfeed.application.ports.shared import SharedStore
from socialfeed.application.ports.storage import Storage
from socialfeed.application.posts.author_pages import AuthorPages
from socialfeed.application.posts.bookmarks import Bookmarks
from socialfeed.application.posts.drafts import Drafts
from socialfeed.application.posts.pins import Pins
from socialfeed.application.posts.publishing import Publisher
from socialfeed.application.posts.quotes import Quotes
from socialfeed.application.posts.service import Posts
from socialfeed.application.search.indexing import SearchIndexing
from socialfeed.application.search.service import Search
from socialfeed.application.services import Services
from socialfeed.application.throttle import Throttle
from socialfeed.application.work.caches import Caches
from socialfeed.application.work.drift import DriftWatch
from socialfeed.application.work.freshness import Freshness
from socialfeed.application.work.inspection import SearchInspection, TimelineInspection, TrendInspection
from socialfeed.application.work.reactions import reactions
from socialfeed.application.work.upkeep import HOURLY, MINUTELY, SOON, Upkeep
from socialfeed.domain.ids import IdFactory
from socialfeed.settings import Settings

if TYPE_CHECKING:
    from socialfeed.adapters.fetch import SystemResolver


def _resolver(is_on: bool) -> "SystemResolver | None":
    if not is_on:
        return None  # and its driver is not even imported
    from socialfeed.adapters.fetch import SystemResolver

    return SystemResolver()


def _fetcher(resolver: "SystemResolver | None") -> Fetcher | None:
    if resolver is None:
        return None
    from socialfeed.adapters.fetch import HttpFetcher, PublicNetwork

    return HttpFetcher(PublicNetwork(resolver))


def _contents(storage: Storage, shared: SharedStore | None, max_bytes: int) -> CachedContents | StoredContents:
    """Without a store that tells of changes made by others a process can keep nothing. Of what it may keep five eighths
    are for these, an eighth for how viewers stand to others, a quarter for whole feeds.
    """
    if shared is None:
        return StoredContents(storage.posts, storage.users)
    return CachedContents(storage.posts, storage.users, shared.cache, max_bytes=max_bytes * 5 // 8)


def _standings(
    storage: Storage, shared: SharedStore | None, contents: CachedContents | StoredContents, max_bytes: int
) -> CachedStandings | StoredStandings:
    if shared is None or isinstance(contents, StoredContents):
        return StoredStandings(storage.graph)
    return CachedStandings(storage.graph, shared.cache, contents.watch, life=COPY_LIFE, max_bytes=max_bytes // 8)


def _feed_copies(
    shared: SharedStore | None, contents: CachedContents | StoredContents, clock: Clock, max_bytes: int
) -> CachedFeeds | NoFeedCopies:
    if shared is None or isinstance(contents, StoredContents):
        return NoFeedCopies()
    return CachedFeeds(shared.timelines, shared.cache, contents.watch, clock, life=FEED_LIFE, max_bytes=max_bytes // 4)


class Container(containers.DeclarativeContainer):
    """The services, over adapters that are already open: nothing here is asynchronous, so nothing costs a future."""

    settings = providers.Dependency(instance_of=Settings)
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids = providers.Dependency(instance_of=IdFactory)
    storage: providers.Dependency[Storage] = providers.Dependency()
    shared: providers.Dependency[SharedStore | None] = providers.Dependency()
    mailer: providers.Dependency[Mailer] = providers.Dependency()
    media_store: providers.Dependency[MediaStore] = providers.Dependency()
    media_processor: providers.Dependency[MediaProcessor] = providers.Dependency()
    ranker: providers.Dependency[Ranker] = providers.Dependency()
    keys: providers.Dependency[KeyRing] = providers.Dependency()
    wake: providers.Dependency[Any] = providers.Dependency()

    secret = settings.provided.secret_key.get_secret_value.call()
    hasher = providers.Singleton(Argon2PasswordHasher)
    metrics = providers.Singleton(PrometheusMetrics)

    resolver: providers.Provider[Any] = providers.Singleton(_resolver, settings.provided.fetch_proxy)
    fetcher: providers.Provider[Fetcher | None] = providers.Singleton(_fetcher, resolver)

    limiter = providers.Singleton(
        lambda shared, clock: shared.limiter if shared else MemoryRateLimiter(clock), shared, clock
    )
    timelines = providers.Singleton(lambda storage, shared: (shared or storage).timelines, storage, shared)
    trending = providers.Singleton(lambda storage, shared: (shared or storage).trending, storage, shared)
    cache = providers.Singleton(lambda shared, clock: shared.cache if shared else MemoryCache(clock), shared, clock)
    counter_cache = providers.Singleton(lambda shared: shared.counters if shared else NoCounterCache(), shared)

    commands = providers.Singleton(Commands, storage.provided.uow, ids, clock, wake)
    counters = providers.Singleton(Counters, storage.provided.posts, counter_cache)
    counter_upkeep = providers.Singleton(
        CounterUpkeep, storage.provided.uow, storage.provided.counters, storage.provided.posts
    )
    contents = providers.Singleton(_contents, storage, shared, settings.provided.process_cache)
    feed_copies = providers.Singleton(_feed_copies, shared, contents, clock, settings.provided.process_cache)
    standings = providers.Singleton(_standings, storage, shared, contents, settings.provided.process_cache)
    hydrator = providers.Singleton(Hydrator, contents, storage.provided.engagement, counters, standings, clock)
    freshness = providers.Singleton(Freshness, contents, standings, feed_copies)
    home = providers.Singleton(HomeSkeleton, timelines, storage.provided.posts)
    feed_reactions = providers.Singleton(FeedReactions, timelines, storage.provided.posts)
    trends = providers.Singleton(
        Trends,
        trending,
        storage.provided.posts,
        storage.provided.engagement,
        clock,
        settings.provided.trending_limits,
    )
    fan_out = providers.Singleton(
        FanOut,
        commands,
        timelines,
        storage.provided.users,
        storage.provided.graph,
        freshness,
        limit=settings.provided.fanout_limit,
    )

    cursors = providers.Singleton(Cursors, providers.Singleton(AesSivCursors, secret))
    ranked = providers.Singleton(
        RankedFeeds,
        home,
        hydrator,
        counters,
        ranker,
        providers.Singleton(Orders, cache),
        ids,
        cursors,
    )

    search_indexing = providers.Singleton(
        SearchIndexing,
        storage.provided.search,
        storage.provided.posts,
        storage.provided.users,
        storage.provided.media,
    )

    notes = providers.Singleton(ActivityNotes, commands)
    guard = providers.Singleton(Guard, notes)
    authorities = providers.Singleton(Authorities, storage.provided.access, clock)
    limits = providers.Singleton(CredentialLimits, limiter, settings.provided.credential_limit, notes)
    codes = providers.Singleton(
        OneTimeCodes, commands, storage.provided.users, providers.Singleton(HmacCodeHasher, secret), mailer
    )
    verified = providers.Singleton(VerifiedTokens)
    sessions = providers.Singleton(
        Sessions,
        commands,
        storage.provided.users,
        storage.provided.sessions,
        hasher,
        providers.Singleton(JwtTokens, keys),
        providers.Singleton(HmacRefreshTokens, secret),
        limits,
        verified,
        authorities,
        freshness,
        notes,
    )
    passwords = providers.Singleton(
        Passwords, storage.provided.users, hasher, limits, providers.Singleton(load_common_passwords)
    )
    own_account = providers.Singleton(
        OwnAccount, commands, storage.provided.users, passwords, codes, sessions, freshness, limits, guard
    )
    publisher = providers.Singleton(Publisher, commands, storage.provided.users, freshness)
    once = providers.Singleton(Once, commands)
    posts = providers.Singleton(
        Posts,
        commands,
        storage.provided.posts,
        hydrator,
        counters,
        publisher,
        once,
        freshness,
        guard,
    )
    media = providers.Singleton(
        MediaLibrary,
        commands,
        storage.provided.media,
        media_store,
        media_processor,
        posts,
        providers.Object(partial(secrets.token_hex, 16)),
        settings.provided.media_limits,
        guard,
    )
    media_work = providers.Singleton(MediaWork, commands, storage.provided.media, media_store, media_processor)
    comments = providers.Singleton(
        Comments, commands, storage.provided.comments, posts, hydrator, counters, cursors, guard
    )
    drafts = providers.Singleton(
        Drafts, commands, storage.provided.drafts, posts, publisher, once, authorities, cursors, guard
    )
    planned = providers.Singleton(Upkeep, SOON, drafts_published=drafts.provided.publish_due)
    drift_watch = providers.Singleton(DriftWatch, storage.provided.counters, storage.provided.posts, clock, metrics)
    watched = providers.Singleton(Upkeep, MINUTELY, counters_drifted=drift_watch.provided.sample)
    upkeep = providers.Singleton(
        Upkeep,
        HOURLY,
        accounts_erased=own_account.provided.erase_due,
        posts_purged=posts.provided.purge_due,
        media_collected=media_work.provided.collect,  # after those two, whose media it deletes
        idempotency_keys_forgotten=once.provided.forget_old,
    )
    graph = providers.Singleton(
        Graph, commands, storage.provided.users, storage.provided.graph, hydrator, freshness, cursors, guard
    )
    lists = providers.Singleton(Lists, commands, graph, storage.provided.lists, cursors, guard)
    services = providers.Singleton(
        Services,
        guard=guard,
        throttle=providers.Singleton(
            Throttle,
            limiter,
            providers.Singleton(MemoryRateLimiter, clock),
            settings.provided.api_limit,
            settings.provided.anonymous_limit,
        ),
        accounts=providers.Singleton(
            Accounts, commands, storage.provided.users, passwords, codes, sessions, limits, guard, notes
        ),
        own_account=own_account,
        sessions=sessions,
        access=providers.Singleton(
            Access, commands, storage.provided.users, storage.provided.access, authorities, sessions, guard
        ),
        members=providers.Singleton(Members, commands, storage.provided.users, authorities, sessions, freshness, guard),
        activity=providers.Singleton(ActivityLog, storage.provided.activity, cursors, guard),
        posts=posts,
        author_pages=providers.Singleton(AuthorPages, storage.provided.posts, posts, hydrator, cursors),
        media=media,
        once=once,
        comments=comments,
        comment_likes=providers.Singleton(CommentLikes, commands, comments, guard),
        threads=providers.Singleton(Threads, commands, comments, posts, freshness, guard),
        engagement=providers.Singleton(
            Engagement, commands, storage.provided.engagement, posts, hydrator, counters, freshness, cursors, guard
        ),
        quotes=providers.Singleton(Quotes, commands, posts, publisher, once, counters, guard),
        graph=graph,
        boundaries=providers.Singleton(
            Boundaries, commands, graph, storage.provided.graph, hydrator, freshness, cursors, guard
        ),
        lists=lists,
        bookmarks=providers.Singleton(Bookmarks, commands, storage.provided.bookmarks, posts, cursors, guard),
        drafts=drafts,
        pins=providers.Singleton(Pins, commands, storage.provided.pins, posts, guard),
        feeds=providers.Singleton(Feeds, home, feed_copies, ranked, hydrator, cursors, guard),
        discovery=providers.Singleton(Discovery, trending, storage.provided.posts, hydrator, clock, cursors),
        list_feeds=providers.Singleton(ListFeeds, lists, storage.provided.lists, hydrator, cursors),
        search=providers.Singleton(Search, storage.provided.search, storage.provided.users, hydrator, clock, cursors),
        images=providers.Singleton(
            ImageProxy,
            fetcher,
            providers.Singleton(derive_key, secret, "image-proxy"),
            limiter,
            settings.provided.fetch_limit,
            notes,
        ),
        objects=providers.Singleton(Objects, graph, posts, comments, media, drafts, sessions, lists),
    )
    caches = providers.Singleton(
        Caches,
        commands,
        guard,
        shared,
        counter_cache,
        timelines,
        home,
        trending,
        trends,
        contents,
        counters,
        counter_upkeep,
        storage.provided.sessions,
        storage.provided.engagement,
    )
    timeline_inspection = providers.Singleton(
        TimelineInspection,
        timelines,
        home,
        storage.provided.posts,
        storage.provided.engagement,
        storage.provided.outbox,
        clock,
    )
    trend_inspection = providers.Singleton(TrendInspection, trends, trending, storage.provided.outbox)
    search_inspection = providers.Singleton(
        SearchInspection,
        storage.provided.search,
        search_indexing,
        storage.provided.posts,
        storage.provided.outbox,
        clock,
    )
    jobs_table = providers.Singleton(
        reactions, codes, feed_reactions, fan_out, counters, freshness, search_indexing, media_work, trends
    )
