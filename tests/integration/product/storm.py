"""What a crowd that changes its mind sends: likes and unlikes of a few posts each, in an order that matters."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from socialfeed.domain.ids import PostId, UserId

LIKED_BY_EACH = 8
"""Posts that somebody comes back to: of 200 people 1,600 pairs, each a few times in 10,000 commands."""


class Pair(NamedTuple):
    user: UserId
    post: PostId


class Step(NamedTuple):
    """`copies` of one command at once, as an impatient client sends it."""

    pair: Pair
    likes: bool
    copies: int


def steps(users: Sequence[UserId], posts: Sequence[PostId], commands: int, chance: random.Random) -> list[Step]:
    """So many commands in all. Those of a pair follow one another in this order; pairs do not wait for each other."""
    pairs = [Pair(user, post) for user in users for post in _favourites(posts, chance)]
    made: list[Step] = []
    while commands:
        copies = min(commands, chance.choice((1, 1, 1, 2, 3)))
        made.append(Step(chance.choice(pairs), chance.random() < 0.6, copies))
        commands -= copies
    return made


def _favourites(posts: Sequence[PostId], chance: random.Random) -> set[PostId]:
    """The first ones most."""
    chosen: set[PostId] = set()
    while len(chosen) < LIKED_BY_EACH:
        chosen.add(posts[min(int(chance.expovariate(0.1)), len(posts) - 1)])
    return chosen
