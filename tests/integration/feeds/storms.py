"""A few people who do things at once, on one set of backends, and what each must find at home, in plain sets."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.ports.readers import Candidate
from socialfeed.application.ports.timelines import KEPT, Timelines, Warming
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import USER, Actor
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client

PEOPLE = 6
ARCHIVE = KEPT - 20
"""So many posts the first person has written before: soon there are more than a timeline keeps."""

FOLLOWERS = (4, 3, 3, 4, 2, 0)
"""Of each person, to begin with."""

Pair = tuple[int, int]
Key = int
"""Of a post: in the order in which they were made, but for those that were made at once."""


class Post(NamedTuple):
    author: int
    id: PostId


@dataclass
class Model:
    posts: dict[Key, Post] = field(default_factory=dict)
    deleted: set[Key] = field(default_factory=set)
    follows: set[Pair] = field(default_factory=set)
    blocks: set[Pair] = field(default_factory=set)

    def welcome(self, reader: int) -> set[int]:
        return {reader} | {followee for follower, followee in self.follows if follower == reader}

    def home(self, reader: int) -> set[PostId]:
        welcome = self.welcome(reader)
        return {post.id for key, post in self.posts.items() if key not in self.deleted and post.author in welcome}

    def copy(self) -> "Model":
        return Model(dict(self.posts), set(self.deleted), set(self.follows), set(self.blocks))


class Action(NamedTuple):
    verb: str
    who: int
    whom: int


VERBS = ("publish", "publish", "publish", "delete", "follow", "follow", "unfollow", "block", "unblock", "drop", "warm")


class Slow(NamedTuple):
    """A rebuild that has taken its snapshot and takes its time."""

    warming: Warming
    entries: list[Candidate]
    floor: PostId | None


class Backend:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.model = Model()
        self.people: list[UserId] = []
        self.slow: list[tuple[int, Slow]] = []
        storage, shared = client.app.storage, client.app.shared
        self.storage = storage
        self.timelines: Timelines = (shared or storage).timelines
        self.home = HomeSkeleton(self.timelines, storage.posts)

    async def populate(self) -> None:
        make = Builder(self.client.app.clock, node=255)
        users = [make.user() for _ in range(PEOPLE)]
        posts = [make.post(users[0]) for _ in range(ARCHIVE)]
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
            subject: object = between or (verb, who)
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

    async def _seen(self, reader: int) -> tuple[int, list[PostId]]:
        page = await self.client.app.services.feeds.home(self.actor(reader), first=20)
        return reader, [view.id for view in page.nodes]

    def _judge(self, reader: int, top: list[PostId], before: Model) -> None:
        """What was there all the time is there, and nothing that was not there at any time."""
        after = self.model
        always, ever = before.home(reader) & after.home(reader), before.welcome(reader) | after.welcome(reader)
        authors = {post.id: post.author for post in after.posts.values()}
        foreign = [post_id for post_id in top if authors[post_id] not in ever]
        assert not foreign, f"{reader} finds posts of people it does not follow: {foreign}"
        gone = set(top) & {before.posts[key].id for key in before.deleted}
        assert not gone, f"{reader} finds deleted posts: {gone}"
        missing = {post_id for post_id in always if len(top) < 20 or post_id > top[-1]} - set(top)
        assert not missing, f"{reader} misses {missing}"
        assert top == sorted(set(top), reverse=True)

    async def begin_rebuild(self, who: int) -> None:
        """As a slow process does it: the snapshot is taken, and filled in by `end_rebuild`, oldest first."""
        reader = self.people[who]
        warming = await self.timelines.start_warming(reader)
        if warming is not None:
            followed = await self.storage.posts.home_candidates(reader, limit=KEPT)
            own = await self.storage.posts.newest_by_authors([reader], limit=KEPT)
            entries = sorted({*followed, *own}, reverse=True)[:KEPT]
            floor = entries[-1].post_id if len(entries) == KEPT else None
            self.slow.append((who, Slow(warming, entries, floor)))

    async def end_rebuild(self) -> None:
        if self.slow:
            who, slow = self.slow.pop(0)
            await self.timelines.fill(self.people[who], *slow)

    async def check(self, reader: int) -> None:
        """All jobs have run: the feed is exactly what the model says, to the last post."""
        expected = sorted(self.model.home(reader), reverse=True)
        found = list[PostId]()
        after: str | None = None
        while True:
            page = await self.client.app.services.feeds.home(self.actor(reader), first=100, after=after)
            found += [view.id for view in page.nodes]
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page:
                break
        assert found == expected, f"{reader} misses {set(expected) - set(found)}, finds {set(found) - set(expected)}"
