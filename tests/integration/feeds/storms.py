"""A few people who do things at once, on one set of backends, and what each must find at home, in plain sets."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.ports.readers import Candidate
from socialfeed.application.ports.timelines import KEPT, Timelines, Warming
from socialfeed.application.views import Because, EdgeView, FeedEdgeView, PostView
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.ids import EntryId, Kind, PostId, ShareId, UserId, first_id, kind_of
from socialfeed.domain.permissions import USER, Actor
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client
from socialfeed.testing.clock import TickingClock

PEOPLE = 6
ARCHIVE = KEPT - 20
"""So many posts the first person has written before: soon there are more than a timeline keeps."""

FOLLOWERS = (4, 3, 3, 4, 2, 0)
"""Of each person, to begin with."""

A_DAY = first_id(datetime(2024, 1, 2, tzinfo=UTC))
"""What ids differ by that were made a day apart, more or less a millisecond."""

Pair = tuple[int, int]
Key = int
"""Of a post: in the order in which they were made, but for those that were made at once."""


class Post(NamedTuple):
    author: int
    id: PostId


class Shown(NamedTuple):
    """A post in a feed. `at` is its id, or that of the share by which it came."""

    at: EntryId
    post: PostId


@dataclass
class Model:
    posts: dict[Key, Post] = field(default_factory=dict)
    deleted: set[Key] = field(default_factory=set)
    follows: set[Pair] = field(default_factory=set)
    blocks: set[Pair] = field(default_factory=set)
    shares: dict[tuple[int, Key], ShareId] = field(default_factory=dict)

    def welcome(self, reader: int) -> set[int]:
        return {reader} | {followee for follower, followee in self.follows if follower == reader}

    def ways(self, reader: int) -> dict[PostId, list[EntryId]]:
        """The posts that the reader finds at home, with every place where they might stand."""
        welcome, found = self.welcome(reader), dict[PostId, list[EntryId]]()
        for (who, key), share_id in self.shares.items():
            post = self.posts[key]
            is_repeated = post.author in welcome and share_id - post.id < A_DAY
            blocked = {(reader, post.author), (post.author, reader)} & self.blocks
            if who in welcome and key not in self.deleted and not is_repeated and not blocked:
                found.setdefault(post.id, []).append(share_id)
        for key, post in self.posts.items():
            if key not in self.deleted and post.author in welcome:
                found.setdefault(post.id, []).append(post.id)
        return found

    def home(self, reader: int) -> set[Shown]:
        return {Shown(max(ways), post) for post, ways in self.ways(reader).items()}

    def copy(self) -> "Model":
        return Model(dict(self.posts), set(self.deleted), set(self.follows), set(self.blocks), dict(self.shares))


class Action(NamedTuple):
    verb: str
    who: int
    whom: int


VERBS = (
    *("publish", "publish", "publish", "delete", "share", "share", "share", "unshare"),
    *("follow", "follow", "unfollow", "block", "unblock", "drop", "warm"),
)


class Slow(NamedTuple):
    """A rebuild that has taken its snapshot and takes its time."""

    warming: Warming
    entries: list[Candidate]
    floor: EntryId | None


class Backend:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.model = Model()
        self.people: list[UserId] = []
        self.shared: dict[tuple[UserId, PostId], ShareId] = {}
        """All there ever were, the last of each."""
        self.slow: list[tuple[int, Slow]] = []
        storage, shared = client.app.storage, client.app.shared
        self.storage = storage
        self.timelines: Timelines = (shared or storage).timelines
        self.home = HomeSkeleton(self.timelines, storage.posts)

    async def populate(self) -> None:
        make = Builder(self.client.app.clock, node=255)
        users = [make.user() for _ in range(PEOPLE)]
        before = Builder(TickingClock(self.client.app.clock.now() - timedelta(days=2)), node=255)
        posts = [before.post(users[0]) for _ in range(ARCHIVE)]
        follows = {((who + n) % PEOPLE, who) for who, number in enumerate(FOLLOWERS) for n in range(1, number + 1)}
        async with self.storage.uow() as tx:
            for user in users:
                await tx.users.add(user)
            for follower, followee in sorted(follows):
                await tx.follows.add(make.follow(users[follower], users[followee]))
            for post in posts:
                await tx.posts.add(post)
        self.people = [user.id for user in users]
        self.model.follows = follows
        self.model.posts = {key: Post(0, post.id) for key, post in enumerate(posts)}
        for user_id in self.people:
            await self.home.warm(user_id)

    def actor(self, who: int) -> Actor:
        return Actor(self.people[who], USER.permissions)

    async def storm(self, actions: Iterable[Action], readers: Iterable[int]) -> int:
        """Does all of it at once, while jobs run and people read. Returns how many actions did something."""
        before = self.model.copy()
        doing = self._independent(actions)
        reading = [self._seen(reader) for reader in readers]
        relays = [self.client.app.relay.drain() for _ in range(2)]
        seen = await asyncio.gather(*reading, *(work for work in doing), *relays)
        for reader, top in seen[: len(reading)]:  # type: ignore[misc]
            self._judge(reader, top, before)
        await self.client.settle()
        return len(doing)

    def _independent(self, actions: Iterable[Action]) -> list[Awaitable[None]]:
        """Those that mean something, no two between the same people: what comes of it does not depend on the order."""
        busy = set[object]()
        chosen: list[Awaitable[None]] = []
        for action in actions:
            verb, who, whom = action
            between = (min(who, whom), max(who, whom)) if verb in ("follow", "unfollow", "block", "unblock") else None
            subject: object = between or ("share" if verb == "unshare" else verb, who)
            if subject in busy or (between and who == whom):
                continue
            work = self._work(verb, who, whom)
            if work is not None:
                busy.add(subject)
                chosen.append(work)
        return chosen

    def _work(self, verb: str, who: int, whom: int) -> Awaitable[None] | None:
        model, services, actor, pair = self.model, self.client.app.services, self.actor(who), (who, whom)
        blocked = bool({pair, pair[::-1]} & model.blocks)
        match verb:
            case "publish":
                return self._publish(who)
            case "delete":
                mine = [key for key, post in model.posts.items() if post.author == who and key not in model.deleted]
                if mine:
                    key = mine[-1 - whom % len(mine)]
                    model.deleted.add(key)
                    return self._all(services.posts.delete(actor, model.posts[key].id))
            case "share":
                others = [key for key in model.posts if (who, key) not in model.shares and key not in model.deleted]
                return self._share(who, others[-1 - whom * 37 % len(others)]) if others else None
            case "unshare":
                mine = [key for sharer, key in model.shares if sharer == who and key not in model.deleted]
                if mine:
                    key = mine[-1 - whom % len(mine)]
                    return self._unshare(who, key)
            case "follow" if not blocked and pair not in model.follows:
                model.follows.add(pair)
                return self._all(services.graph.follow(actor, self.people[whom]))
            case "unfollow" if pair in model.follows:
                model.follows.remove(pair)
                return self._all(services.graph.unfollow(actor, self.people[whom]))
            case "block" if not blocked:
                model.blocks.add(pair)
                model.follows -= {pair, pair[::-1]}
                return self._all(services.boundaries.block(actor, self.people[whom]))
            case "unblock" if pair in model.blocks:
                model.blocks.remove(pair)
                return self._all(services.boundaries.unblock(actor, self.people[whom]))
            case "drop":
                return self.timelines.drop(self.people[who])
            case "warm":
                return self.home.warm(self.people[who])
        return None

    async def _all(self, doing: Awaitable[object]) -> None:
        await doing

    async def _publish(self, who: int) -> None:
        post = await self.client.app.services.posts.create(self.actor(who), content="Hello")
        self.model.posts[len(self.model.posts)] = Post(who, post.id)

    async def _share(self, who: int, key: Key) -> None:
        """Where somebody deletes the post or blocks the other at the same time, it may be refused, or be done and not
        shown any more.
        """
        with suppress(PostNotFound):
            await self.client.app.services.engagement.share(self.actor(who), self.model.posts[key].id)
        await self._learn(who, key)

    async def _unshare(self, who: int, key: Key) -> None:
        with suppress(PostNotFound):
            await self.client.app.services.engagement.unshare(self.actor(who), self.model.posts[key].id)
        await self._learn(who, key)

    async def _learn(self, who: int, key: Key) -> None:
        """Whether a post is shared, and by what."""
        post_id, sharer = self.model.posts[key].id, self.people[who]
        told = (await self.storage.engagement.done_with([post_id])).get(post_id, [])
        shares = [ShareId(each.id) for each in told if each.actor_id == sharer and kind_of(each.id) is Kind.SHARE]
        self.model.shares.pop((who, key), None)
        for share_id in shares:
            self.model.shares[who, key] = self.shared[sharer, post_id] = share_id

    async def _seen(self, reader: int) -> tuple[int, list[EdgeView[PostView]]]:
        page = await self.client.app.services.feeds.home(self.actor(reader), first=20)
        return reader, list(page.edges)

    def _shown(self, edge: EdgeView[PostView]) -> Shown:
        """Its place is told by its reason."""
        assert isinstance(edge, FeedEdgeView)
        if edge.reason.kind is not Because.SHARED:
            return Shown(edge.node.id, edge.node.id)
        [sharer] = edge.reason.users
        return Shown(self.shared[sharer.id, edge.node.id], edge.node.id)

    def _judge(self, reader: int, edges: list[EdgeView[PostView]], before: Model) -> None:
        """What was there all the time is there, and nothing that was not there at any time."""
        after, top = self.model, [self._shown(edge) for edge in edges]
        always, ever = before.home(reader) & after.home(reader), before.welcome(reader) | after.welcome(reader)
        made_by: dict[EntryId, int] = {post.id: post.author for post in after.posts.values()}
        made_by |= {share_id: self.people.index(sharer) for (sharer, _), share_id in self.shared.items()}
        foreign = [shown for shown in top if made_by[shown.at] not in ever]
        assert not foreign, f"{reader} finds what people wrote or shared whom it does not follow: {foreign}"
        posts = [shown.post for shown in top]
        gone = set(posts) & {before.posts[key].id for key in before.deleted}
        assert not gone, f"{reader} finds deleted posts: {gone}"
        missing = {shown.post for shown in always if len(top) < 20 or shown > top[-1]} - set(posts)
        assert not missing, f"{reader} misses {missing}"
        assert top == sorted(top, reverse=True)
        assert len(posts) == len(set(posts)), f"{reader} finds a post twice: {posts}"

    async def begin_rebuild(self, who: int) -> None:
        """As a slow process does it: the snapshot is taken, and filled in by `end_rebuild`, oldest first."""
        reader = self.people[who]
        warming = await self.timelines.start_warming(reader)
        if warming is not None:
            followed = await self.storage.posts.home_candidates(reader, limit=KEPT)
            own = await self.storage.posts.newest_entries([reader], limit=KEPT)
            entries = sorted({*followed, *own}, reverse=True)[:KEPT]
            floor = entries[-1].id if len(entries) == KEPT else None
            self.slow.append((who, Slow(warming, entries, floor)))

    async def end_rebuild(self) -> None:
        if self.slow:
            who, slow = self.slow.pop(0)
            await self.timelines.fill(self.people[who], *slow)

    async def check(self, reader: int) -> None:
        """All jobs have run: the feed is exactly what the model says, to the last post. Below what timelines reach to,
        a post may stand where it does by another way.
        """
        ways, found, floors = self.model.ways(reader), list[Shown](), {await self._floor(reader)}
        expected = sorted(self.model.home(reader), reverse=True)
        after: str | None = None
        while True:
            page = await self.client.app.services.feeds.home(self.actor(reader), first=100, after=after)
            found += [self._shown(edge) for edge in page.edges]
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page:
                break
        floors.add(await self._floor(reader))
        floor = max(floors)
        missing, foreign = {*expected} - {*found}, {*found} - {*expected}
        where = f"{reader} misses {missing}, finds {foreign}, from {floor}"
        assert [each for each in found if each.at >= floor] == [each for each in expected if each.at >= floor], where
        assert found == sorted(set(found), reverse=True), where
        assert {each.post for each in found} == ways.keys(), where
        assert all(each.at in ways[each.post] for each in found), where
        twice = [post for post, times in Counter(each.post for each in found).items() if times > 1]
        if len(floors) == 1:
            # Only what strangers wrote comes again, and only below.
            assert all(post not in ways[post] and max(ways[post]) < floor for post in twice), where
        pages = await self.client.app.services.feeds.home_page(self.actor(reader), page=1, items_per_page=100)
        top = [each.post for each in expected if each.at >= floor]
        assert [view.id for view in pages.items][: len(top)] == top[:100], where
        assert pages.total_items >= len(top)

    async def _floor(self, reader: int) -> int:
        return (await self.home.window(self.people[reader])).floor or 0
