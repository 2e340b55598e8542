"""Storage against a model: any sequence of reactions and follows, in transactions that commit or do not."""

from dataclasses import dataclass, field, replace

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.engagement import Engaged
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import Rollback, UsesStorage, engaged_in, given_posts, given_users

PEOPLE = 3
VERBS = ("like", "unlike", "share", "unshare", "quote", "unquote", "follow", "unfollow")


@dataclass(frozen=True)
class Step:
    """`who` does it to post number `whom`, or to person number `whom`."""

    verb: str
    who: int
    whom: int


@dataclass(frozen=True)
class Work:
    """Steps in one transaction."""

    steps: list[Step]
    commits: bool


people = st.integers(0, PEOPLE - 1)
steps = st.builds(Step, st.sampled_from(VERBS), people, people).filter(
    lambda step: "follow" not in step.verb or step.who != step.whom
)
works = st.builds(Work, st.lists(steps, min_size=1, max_size=4), st.sampled_from([True, True, False]))


@dataclass
class Model:
    """What must be there: plain sets of (who, whom)."""

    likes: set[tuple[int, int]] = field(default_factory=set)
    shares: set[tuple[int, int]] = field(default_factory=set)
    quotes: set[tuple[int, int]] = field(default_factory=set)
    follows: set[tuple[int, int]] = field(default_factory=set)

    def copy(self) -> "Model":
        return Model(self.likes.copy(), self.shares.copy(), self.quotes.copy(), self.follows.copy())

    def take(self, step: Step) -> bool:
        """Applies the step; whether it changed anything."""
        rows = next(rows for noun, rows in vars(self).items() if noun.removesuffix("s") in step.verb)
        pair, adds = (step.who, step.whom), not step.verb.startswith("un")
        changed = (pair in rows) is not adds
        if adds:
            rows.add(pair)
        else:
            rows.discard(pair)
        return changed

    def engaged(self, who: int, post: int) -> Engaged:
        return Engaged((who, post) in self.likes, (who, post) in self.shares)

    def post_counts(self, post: int) -> tuple[int, int, int]:
        shares = sum(p == post for _, p in (*self.shares, *self.quotes))
        return sum(p == post for _, p in self.likes), 0, shares

    def profile_counts(self, who: int) -> ProfileCounts:
        return ProfileCounts(
            posts=1 + sum(author == who for author, _ in self.quotes),
            followers=sum(followee == who for _, followee in self.follows),
            following=sum(follower == who for follower, _ in self.follows),
        )


class ModelContract(UsesStorage):
    # The storage is shared by the examples, so each has people and posts of its own. Adapters share the test.
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(st.lists(works, max_size=6))
    async def test_rows_and_counters_are_those_of_a_plain_model(
        self, storage: Storage, make: Builder, history: list[Work]
    ) -> None:
        users = [make.user() for _ in range(PEOPLE)]
        posts = [make.post(user) for user in users]
        await given_users(storage, *users)
        await given_posts(storage, *posts)
        quotes = {
            (who, whom): replace(make.post(user), quote_of=post.id)
            for who, user in enumerate(users)
            for whom, post in enumerate(posts)
        }
        model = Model()
        for work in history:
            after = model.copy()
            try:
                async with storage.uow() as tx:
                    for step in work.steps:
                        assert await perform(tx, make, step, users, posts, quotes) is after.take(step), step
                    if not work.commits:
                        raise Rollback
                model = after
            except Rollback:
                pass
            await check(storage, model, users, posts)


async def perform(
    tx: Transaction,
    make: Builder,
    step: Step,
    users: list[User],
    posts: list[Post],
    quotes: dict[tuple[int, int], Post],
) -> bool:
    """Takes the step in the storage; whether it changed anything."""
    user, post, other = users[step.who], posts[step.whom], users[step.whom]
    match step.verb:
        case "like":
            like = make.like(post, user)
            return (await tx.likes.add(like))[0] is like
        case "unlike":
            return (await tx.likes.remove(post.id, user.id))[0] is not None
        case "share":
            share = make.share(post, user)
            return (await tx.shares.add(share))[0] is share
        case "unshare":
            return (await tx.shares.remove(post.id, user.id))[0] is not None
        case "quote" | "unquote":
            return await perform_quote(tx, make, quotes[step.who, step.whom], adds=step.verb == "quote")
        case "follow":
            follow = make.follow(user, other)
            return await tx.follows.add(follow) == follow
        case _:
            return await tx.follows.remove(user.id, other.id)


async def perform_quote(tx: Transaction, make: Builder, quote: Post, *, adds: bool) -> bool:
    """A quote is written once, deleted and restored."""
    stored = await tx.posts.locked(quote.id)
    if adds is (stored is not None and not stored.is_deleted):
        return False
    if stored is None:
        counts = await tx.posts.add(quote)
    else:
        counts = await tx.posts.save(quote if adds else quote.deleted(quote.author_id, make.clock.now()))
    assert counts is not None
    return True


async def check(storage: Storage, model: Model, users: list[User], posts: list[Post]) -> None:
    ids = [post.id for post in posts]
    counts = await storage.posts.counts(ids)
    profiles = await storage.users.profile_counts([user.id for user in users])
    for number, user in enumerate(users):
        assert counts[ids[number]][:3] == model.post_counts(number)
        assert profiles[user.id] == model.profile_counts(number)
        engaged = await engaged_in(storage, user.id, ids)
        assert [engaged.get(post_id, Engaged()) for post_id in ids] == [
            model.engaged(number, post) for post in range(PEOPLE)
        ]
        followed = {users[followee].id for follower, followee in model.follows if follower == number}
        assert await storage.graph.followed_among(user.id, [each.id for each in users]) == followed
        followers = sorted(users[follower].id for follower, followee in model.follows if followee == number)
        assert {follow.follower_id for follow in await storage.graph.followers(user.id, limit=9)} == set(followers)
