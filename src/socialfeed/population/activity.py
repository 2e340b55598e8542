"""What people do: posts by day and night, likes and shares where the crowd is, threads of comments."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from typing import NamedTuple

from socialfeed.population.chance import allot, distinct, draws
from socialfeed.population.graph import Graph
from socialfeed.population.people import People
from socialfeed.population.plan import Plan

HOUR_MS = 3_600_000
_WEEK_MS = 168 * HOUR_MS
_NOTICED_MS = 4 * HOUR_MS
"""How long it takes until a post has most of its readers: the newest have few reactions yet."""
_CROWD = 3
"""However good a post, no more than one in three reacts to it, unless the plan leaves no other room."""
_BUSY = (3, 2, 1, 1, 1, 2, 4, 7, 9, 8, 8, 8, 10, 9, 8, 8, 8, 9, 11, 13, 14, 13, 10, 6)
"""How busy each hour of the day is."""


class Draft(NamedTuple):
    """A post before it has words. `appeal` is the weight with which reactions fall on it."""

    at_ms: int
    author: int
    appeal: float


class Reaction(NamedTuple):
    at_ms: int
    post: int
    person: int


@dataclass(frozen=True, slots=True)
class Reactions:
    """Reactions in order of time, each kept as one number: a million tuples would take half a gigabyte."""

    packed: list[int]
    posts: int
    people: int

    def __len__(self) -> int:
        return len(self.packed)

    def __iter__(self) -> Iterator[Reaction]:
        for number in self.packed:
            rest, person = divmod(number, self.people)
            at_ms, post = divmod(rest, self.posts)
            yield Reaction(at_ms, post, person)


class Remark(NamedTuple):
    """A comment before it has words; `parent` is the place of another in the list, always an earlier one."""

    at_ms: int
    post: int
    person: int
    parent: int | None


def drafts(plan: Plan, people: People) -> list[Draft]:
    """In order of time."""
    chance = plan.chance("posts")
    times: list[int] = []
    while len(times) < plan.posts:
        at_ms = chance.randrange(plan.start_ms, plan.until_ms)
        if chance.random() * max(_BUSY) < _BUSY[at_ms // HOUR_MS % 24]:
            times.append(at_ms)
    authors = draws(chance, people.activity)
    found = []
    for at_ms in sorted(times):
        author = next(authors)
        age_ms = plan.until_ms - at_ms
        recency = (0.3 + exp(-age_ms / _WEEK_MS)) * (1 - exp(-age_ms / _NOTICED_MS))
        found.append(Draft(at_ms, author, people.popularity[author] ** 0.7 * recency * chance.lognormvariate(0, 0.9)))
    return found


def reactions(
    plan: Plan, part: str, total: int, posts: list[Draft], people: People, graph: Graph, *, delay_ms: int
) -> Reactions:
    """`total` reactions, at most one per person and post and never an author's own; most come from
    followers and within `delay_ms` of the post.
    """
    chance = plan.chance(part)
    crowd = draws(chance, people.activity)
    packed = []
    most = max(plan.users // _CROWD, -(-total // max(1, plan.posts)))
    for place, count in enumerate(allot(chance, total, [post.appeal for post in posts], most)):
        if not count:
            continue
        post = posts[place]
        audience = graph.audiences[post.author]
        for person in distinct(chance, count, audience, crowd, without=post.author, among=plan.users):
            at_ms = _later(chance.expovariate(1 / delay_ms), chance.random(), post.at_ms, plan.until_ms)
            packed.append((at_ms * plan.posts + place) * plan.users + person)
    packed.sort()
    return Reactions(packed, plan.posts, plan.users)


def remarks(plan: Plan, posts: list[Draft], people: People, graph: Graph, *, delay_ms: int) -> list[Remark]:
    """In order of time. About half answer another comment, the newest ones of the thread most of all."""
    chance = plan.chance("comments")
    crowd = draws(chance, people.activity)
    found: list[tuple[int, int, int, int, int | None]] = []
    most = max(plan.users // _CROWD, -(-plan.comments // max(1, plan.posts)))
    counts = allot(chance, plan.comments, [post.appeal for post in posts], most)
    for place, count in enumerate(counts):
        post = posts[place]
        audience = graph.audiences[post.author]
        thread = len(found)
        for index in range(count):
            parent = None
            if index and chance.random() < 0.5:
                parent = thread + max(chance.randrange(index), chance.randrange(index))
            if parent is not None and chance.random() < 0.3:
                person = post.author
            else:
                person = chance.choice(audience) if audience and chance.random() < 0.7 else next(crowd)
            after = post.at_ms if parent is None else found[parent][0]
            at_ms = _later(chance.expovariate(1 / delay_ms), chance.random(), after, plan.until_ms)
            found.append((at_ms, len(found), place, person, parent))
    order = sorted(range(len(found)), key=lambda index: found[index][:2])
    places = {index: place for place, index in enumerate(order)}
    return [
        Remark(at_ms, post, person, None if parent is None else places[parent])
        for at_ms, _, post, person, parent in (found[index] for index in order)
    ]


def _later(delay_ms: float, chance: float, after_ms: int, until_ms: int) -> int:
    """A moment after `after_ms`: when the delay does not fit before `until_ms`, any moment in between."""
    at_ms = after_ms + 1 + int(delay_ms)
    return at_ms if at_ms < until_ms else after_ms + 1 + int(chance * (until_ms - after_ms - 1))
