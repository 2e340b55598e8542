import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest

from socialfeed.domain import ids
from socialfeed.domain.comment import Comment
from socialfeed.domain.engagement import Like, Share
from socialfeed.domain.graph import Follow
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.population import DEMO_USERNAME, Plan, Population
from socialfeed.population.plan import SPAN

Noun = User | Follow | Post | Comment | Like | Share

UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)


@cache
def world(users: int = 120, posts: int = 600, seed: int = 42) -> Population:
    return Population(Plan.scaled(users=users, posts=posts, seed=seed, until=UNTIL))


def fingerprint(population: Population) -> str:
    digest = hashlib.sha256()
    for nouns in (
        population.users("hash"),
        population.follows(),
        population.posts(),
        population.comments(),
        population.likes(),
        population.shares(),
    ):
        for noun in nouns:
            # A set of one role prints alike in every process; everything else has an order.
            digest.update(repr(noun).encode())
    return digest.hexdigest()


def test_the_same_seed_makes_the_same_world_in_every_process() -> None:
    here = fingerprint(Population(Plan.scaled(users=40, posts=90, seed=7, until=UNTIL)))
    script = (
        "from tests.unit.population.test_population import *;"
        "print(fingerprint(Population(Plan.scaled(users=40, posts=90, seed=7, until=UNTIL))))"
    )
    elsewhere = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("1", "2")
    ]

    assert elsewhere == [here, here]


def test_another_seed_makes_another_world() -> None:
    assert fingerprint(world(40, 90, seed=1)) != fingerprint(world(40, 90, seed=2))


def test_everything_can_be_iterated_twice() -> None:
    population = Population(Plan.scaled(users=20, posts=30, until=UNTIL))

    assert fingerprint(population) == fingerprint(population)


def test_the_plan_is_met_to_the_row() -> None:
    population = world()
    plan = population.plan

    assert plan == Plan(users=120, posts=600, follows=3600, likes=6000, comments=1200, shares=300, seed=42, until=UNTIL)
    assert len(list(population.users("hash"))) == plan.users
    assert len({(follow.follower_id, follow.followee_id) for follow in population.follows()}) == plan.follows
    assert len({post.id for post in population.posts()}) == plan.posts
    assert len({comment.id for comment in population.comments()}) == plan.comments
    assert len({(like.user_id, like.post_id) for like in population.likes()}) == plan.likes
    assert len({(share.user_id, share.post_id) for share in population.shares()}) == plan.shares


@pytest.mark.parametrize(
    ("users", "posts", "more"),
    [
        (1, 0, {}),
        (1, 5, {}),
        (2, 1, {"follows": 2, "likes": 1, "shares": 1, "comments": 50}),
        (6, 4, {"follows": 30, "likes": 20, "shares": 20}),
        (60, 3, {"follows": 60 * 59}),
        (50, 0, {}),
    ],
)
def test_worlds_without_a_free_pair_left_can_be_made(users: int, posts: int, more: dict[str, int]) -> None:
    population = Population(Plan.scaled(users=users, posts=posts, until=UNTIL, **more))
    plan = population.plan

    assert len({(follow.follower_id, follow.followee_id) for follow in population.follows()}) == plan.follows
    assert len({(like.user_id, like.post_id) for like in population.likes()}) == plan.likes
    assert len({(share.user_id, share.post_id) for share in population.shares()}) == plan.shares
    assert len(list(population.comments())) == plan.comments


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"users": 0}, "at least one user"),
        ({"posts": -1}, "the number of posts may not be negative"),
        ({"follows": 91}, "room for 90 follows at most"),
        ({"likes": 181}, "room for 180 likes at most"),
        ({"shares": 181}, "room for 180 shares at most"),
        ({"posts": 0, "comments": 1}, "comments need posts"),
        ({"until": datetime(2024, 3, 1, tzinfo=UTC)}, "cannot end in 2024-03-01"),
    ],
)
def test_an_impossible_plan_is_refused(more: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Plan.scaled(**{"users": 10, "posts": 20, "until": UNTIL, **more})  # type: ignore[arg-type]


def test_ids_are_of_the_right_kind_of_node_zero_and_of_the_moment_of_creation() -> None:
    population = world()
    kinds: list[tuple[ids.Kind, Iterator[Noun]]] = [
        (ids.Kind.USER, population.users("hash")),
        (ids.Kind.FOLLOW, population.follows()),
        (ids.Kind.POST, population.posts()),
        (ids.Kind.COMMENT, population.comments()),
        (ids.Kind.LIKE, population.likes()),
        (ids.Kind.SHARE, population.shares()),
    ]
    for kind, nouns in kinds:
        found = list(nouns)
        assert all(noun.id < later.id for noun, later in pairwise(found))
        for noun in found:
            assert ids.kind_of(noun.id) is kind
            assert noun.id >> 10 & 255 == 0
            assert abs(ids.unix_ms(noun.id) - noun.created_at.timestamp() * 1000) < 1


def test_nothing_happens_before_what_it_is_about() -> None:
    population = world()
    born = {user.id: user.created_at for user in population.users("hash")}
    posts = {post.id: post for post in population.posts()}
    comments = {comment.id: comment for comment in population.comments()}

    assert all(UNTIL - SPAN <= post.created_at < UNTIL for post in posts.values())
    assert all(post.created_at > born[post.author_id] for post in posts.values())
    reactions: list[Like | Share] = [*population.likes(), *population.shares()]
    for reaction in reactions:
        assert reaction.created_at > posts[reaction.post_id].created_at
        assert reaction.user_id != posts[reaction.post_id].author_id
    for comment in comments.values():
        assert comment.created_at > posts[comment.post_id].created_at
        if comment.parent_id is not None:
            parent = comments[comment.parent_id]
            assert (parent.post_id, parent.depth) == (comment.post_id, comment.depth - 1)
            assert parent.created_at < comment.created_at
    for follow in population.follows():
        assert follow.created_at >= max(born[follow.follower_id], born[follow.followee_id])
        assert follow.follower_id != follow.followee_id


def test_few_are_followed_by_many() -> None:
    population = world(users=600, posts=0)
    followers = sorted(Counter(follow.followee_id for follow in population.follows()).values(), reverse=True)

    assert sum(followers[:60]) > 0.3 * sum(followers)
    assert followers[0] > 5 * followers[len(followers) // 2]
    assert followers[0] < 0.8 * 600


def test_likes_gather_on_few_posts_and_rather_on_recent_ones() -> None:
    population = world()
    likes = Counter(like.post_id for like in population.likes())
    hottest = sorted(likes.values(), reverse=True)[:60]
    middle = UNTIL - SPAN / 2
    recent = sum(likes[post.id] for post in population.posts() if post.created_at > middle)

    assert sum(hottest) > 0.35 * population.plan.likes
    assert recent > 0.55 * population.plan.likes


def test_threads_are_nested_and_authors_answer() -> None:
    population = world()
    authors = {post.id: post.author_id for post in population.posts()}
    depths = Counter(comment.depth for comment in population.comments())

    assert depths[0] > depths[1] > depths[2] > 0
    assert max(depths) >= 3
    assert any(comment.author_id == authors[comment.post_id] for comment in population.comments())


def test_people_speak_six_languages_in_their_own_letters() -> None:
    texts = [post.content for post in world(users=300).posts()]

    assert len(set(texts)) > 0.8 * len(texts)
    for letters in ("The ", "¿", "ß", "ç", "ã", "の"):
        assert any(letters in text for text in texts), letters
    assert not any("{" in text for text in texts)


def test_usernames_are_unique_without_case_and_the_first_person_is_the_demo_user() -> None:
    people = list(world(users=3_000, posts=0).users("hash"))

    assert people[0].username == DEMO_USERNAME
    assert len({person.username.lower() for person in people}) == 3_000
    assert len({person.email for person in people}) == 3_000
    assert all(person.is_active and person.password_hash == "hash" for person in people)


def test_the_demo_user_follows_people_who_post() -> None:
    population = world()
    demo = next(population.users("hash")).id
    followees = {follow.followee_id for follow in population.follows() if follow.follower_id == demo}
    week = UNTIL - timedelta(weeks=1)
    fresh = [post for post in population.posts() if post.author_id in followees and post.created_at > week]

    assert len(followees) == 40
    assert len(fresh) > 20
