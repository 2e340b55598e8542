"""A population in each kind of storage, read back through the ports."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from socialfeed.application.ports.search import PostQuery
from socialfeed.container import App, open_app
from socialfeed.domain.comment import Comment
from socialfeed.domain.engagement import Engaged
from socialfeed.domain.errors import Conflict, InvalidCredentials
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.names import parse_name
from socialfeed.domain.permissions import ANONYMOUS, Actor
from socialfeed.domain.ranking import Window
from socialfeed.domain.search import indexed, parse
from socialfeed.domain.trending import EVERYWHERE, Limits, Trendable
from socialfeed.entrypoints.cli.demo import DEMO_PASSWORD, ensure_demo, populate
from socialfeed.entrypoints.cli.progress import silent
from socialfeed.population import DEMO_USERNAME, Plan, Population
from socialfeed.settings import Settings
from socialfeed.testing.contracts.given import engaged_in


@pytest.fixture(params=["memory", "sqlite", "postgresql", "postgresql and redis"])
async def app(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[App]:
    """The product on an empty database."""
    kind = request.param
    database = {"sqlite": "migrated_sqlite_url"}.get(kind, "migrated_postgres_url")
    settings = Settings(
        data_dir=tmp_path,
        database_url="memory://" if kind == "memory" else request.getfixturevalue(database),
        redis_url=request.getfixturevalue("redis_url") if kind.endswith("redis") else "",
    )
    async with open_app(settings, relay=False) as app:
        yield app


@pytest.fixture
async def wanted(app: App) -> Population:
    """What the product was filled with."""
    population = Population(Plan.scaled(users=40, posts=80, until=datetime.now(UTC)))
    await populate(app, population.plan, silent)
    return population


async def demo_actor(app: App) -> Actor:
    signed_in = await app.services.sessions.sign_in(ANONYMOUS, login=DEMO_USERNAME, password=DEMO_PASSWORD)
    return await app.services.sessions.actor(signed_in.access.token, ANONYMOUS)


async def test_what_people_say_and_are_called_is_found(app: App, wanted: Population) -> None:
    post, user = next(iter(wanted.posts())), next(iter(wanted.users("")))
    first_word = indexed(post.content)[0]
    said = PostQuery(parse(f"{first_word}*" if len(first_word) > 1 else first_word))
    assert post.id in await app.storage.search.newest_posts(said, limit=100)
    best = await app.storage.search.users(parse_name(user.username), limit=1)
    assert [hit.user_id for hit in best] == [user.id]


async def test_every_row_is_there_and_every_counter_equals_its_rows(app: App, wanted: Population) -> None:
    post_ids = [post.id for post in wanted.posts()]
    user_ids = [user.id for user in wanted.users("")]
    stored = await app.storage.posts.posts_by_ids(post_ids)
    assert [stored[post_id] for post_id in post_ids] == list(wanted.posts())
    assert set(await app.storage.users.profiles_by_ids(user_ids)) == set(user_ids)

    likes, comments, shares = (
        Counter(noun.post_id for noun in nouns) for nouns in (wanted.likes(), wanted.comments(), wanted.shares())
    )
    counts = await app.storage.posts.counts(post_ids)
    assert {post_id: counts[post_id][:3] for post_id in post_ids} == {
        post_id: (likes[post_id], comments[post_id], shares[post_id]) for post_id in post_ids
    }
    following = Counter(follow.follower_id for follow in wanted.follows())
    followers = Counter(follow.followee_id for follow in wanted.follows())
    authors = Counter(post.author_id for post in wanted.posts())
    profiles = await app.storage.users.profile_counts(user_ids)
    assert {user_id: tuple(profiles[user_id]) for user_id in user_ids} == {
        user_id: (authors[user_id], followers[user_id], following[user_id]) for user_id in user_ids
    }

    liked = {(like.user_id, like.post_id) for like in wanted.likes()}
    shared = {(share.user_id, share.post_id) for share in wanted.shares()}
    for user_id in user_ids:
        engaged = await engaged_in(app.storage, user_id, post_ids)
        for post_id in post_ids:
            expected = Engaged((user_id, post_id) in liked, (user_id, post_id) in shared)
            assert engaged.get(post_id, Engaged()) == expected
    comment_ids = [comment.id for comment in wanted.comments()]
    found = await app.storage.comments.comments_by_ids(comment_ids)
    assert [found[comment_id] for comment_id in comment_ids] == list(wanted.comments())


async def test_trending_is_in_the_order_of_what_is_hot_now(app: App, wanted: Population) -> None:
    """Each person counts once for a like, a comment and a share; authors do not."""
    authors = {post.id: post.author_id for post in wanted.posts()}
    scores: Counter[PostId] = Counter()
    people: defaultdict[PostId, set[UserId]] = defaultdict(set)
    told = set()
    for weight, nouns in ((1.0, wanted.likes()), (2.0, wanted.comments()), (3.0, wanted.shares())):
        for noun in nouns:
            who = noun.author_id if isinstance(noun, Comment) else noun.user_id
            if who != authors[noun.post_id] and (weight, noun.post_id, who) not in told:
                told.add((weight, noun.post_id, who))
                people[noun.post_id].add(who)
                age = wanted.plan.until - noun.created_at
                scores[noun.post_id] += weight * 2.0 ** -(age / timedelta(hours=24))
    expected = [post_id for post_id, _ in scores.most_common() if len(people[post_id]) >= 5]

    page = await app.services.discovery.trending(ANONYMOUS, page=1, items_per_page=20)

    assert [item.id for item in page.items] == expected[:20]
    assert await app.trends.drift() == []


async def test_reactions_taken_back_one_by_one_leave_nothing_in_trending(app: App, wanted: Population) -> None:
    [hottest] = (await app.services.discovery.trending(ANONYMOUS, page=1, items_per_page=1)).items
    trending = (app.shared or app.storage).trending
    post = Trendable(hottest.id, (EVERYWHERE,))

    for reaction in (await app.storage.engagement.done_with([hottest.id]))[hottest.id]:
        await trending.add(post, [reaction._replace(sign=-1)], Limits())

    for window in Window:
        left = await trending.top(EVERYWHERE, window, limit=200)
        assert hottest.id not in {trend.post_id for trend in left}


@pytest.mark.parametrize("app", ["memory", "sqlite"], indirect=True)
async def test_the_demo_is_made_once_and_its_visitor_has_a_full_feed(app: App) -> None:
    assert await ensure_demo(app)
    assert not await ensure_demo(app)

    actor = await demo_actor(app)
    page = await app.services.feeds.home_page(actor, page=1, items_per_page=10)
    trending = await app.services.discovery.trending(actor, page=1, items_per_page=10)

    assert len(page.items) == 10
    assert len({item.author.username for item in page.items}) > 3
    assert len(trending.items) == 10


async def test_a_second_population_is_refused_and_changes_nothing(app: App, wanted: Population) -> None:
    demo = next(wanted.users("")).id
    before = await app.storage.users.profile_counts([demo])

    with pytest.raises(Conflict, match="there is a population in this"):
        await populate(app, Plan.scaled(users=10, posts=10, seed=1, until=datetime.now(UTC)), silent)

    assert await app.storage.users.profile_counts([demo]) == before


@pytest.mark.parametrize("app", ["memory"], indirect=True)
@pytest.mark.usefixtures("wanted")
async def test_nobody_gets_in_with_another_password(app: App) -> None:
    with pytest.raises(InvalidCredentials):
        await app.services.sessions.sign_in(ANONYMOUS, login=DEMO_USERNAME, password=f"{DEMO_PASSWORD}!")
