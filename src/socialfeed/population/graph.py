"""Who follows whom: few have many followers, and most ties are between people who share a language."""

from typing import NamedTuple

from socialfeed.population.chance import allot, distinct, draws
from socialfeed.population.people import People
from socialfeed.population.plan import Plan

_DEMO_FOLLOWS = 40


class Tie(NamedTuple):
    at_ms: int
    follower: int
    followee: int


class Graph(NamedTuple):
    """The ties in order of time, and each person's followers."""

    ties: list[Tie]
    audiences: list[list[int]]


def graph(plan: Plan, people: People) -> Graph:
    chance = plan.chance("graph")
    everybody = range(plan.users)
    famous = sorted(everybody, key=lambda person: (-people.popularity[person], person))
    ideals = draws(chance, people.popularity)
    circles = {}
    for code in sorted({person.language.code for person in people.all}):
        weights = [
            weight if person.language.code == code else 0.0
            for person, weight in zip(people.all, people.popularity, strict=True)
        ]
        circles[code] = draws(chance, weights)
    # The demo user follows the famous of every language, so that the first feed a visitor sees is full.
    others = plan.users - 1
    demo = [person for person in famous if person][: max(min(_DEMO_FOLLOWS, plan.follows), plan.follows - others**2)]
    reach = [len(demo), *allot(chance, plan.follows - len(demo), people.activity[1:], others)]

    ties: list[Tie] = []
    audiences: list[list[int]] = [[] for _ in everybody]
    for follower, person in enumerate(people.all):
        followees, count = demo, reach[follower]
        if follower:
            near = {next(circles[person.language.code]) for _ in range(count)}
            followees = distinct(chance, count, sorted(near - {follower}), ideals, without=follower, among=plan.users)
        for followee in followees:
            since = max(person.joined_ms, people.all[followee].joined_ms)
            ties.append(Tie(chance.randrange(since, plan.until_ms), follower, followee))
            audiences[followee].append(follower)
    ties.sort()
    return Graph(ties, audiences)
