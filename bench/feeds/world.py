"""Who follows whom in a measurement of feeds, and what they wrote."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from socialfeed.adapters.sql import SqlStorage, bulk
from socialfeed.adapters.system import SystemClock
from socialfeed.container import App
from socialfeed.domain.ids import UserId
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder

FOLLOWEES = (10, 100, 1_000, 5_000)
QUIET = 30
QUIET_KIND = f"{QUIET} quiet"

READERS = 8
"""Of each kind, so that no figure is that of one lucky place in memory."""

_WRITTEN = ((10, 60), (100, 10), (5_000, 4))
"""How many posts each of the authors writes, up to this number: enough that ten of them fill a timeline."""

_OF_QUIET = 5


@dataclass(frozen=True, slots=True)
class World:
    """Readers by kind: how many they follow, or "30 quiet", who wrote before everybody else."""

    readers: dict[str, Sequence[UserId]]


async def build(app: App) -> World:
    make = Builder(SystemClock(), node=237)
    chance = random.Random(5)
    authors = [make.user() for _ in range(FOLLOWEES[-1])]
    quiet = [make.user() for _ in range(QUIET)]
    posts: list[Post] = [make.post(author) for _ in range(_OF_QUIET) for author in quiet]
    turns = [author for n, author in enumerate(authors) for _ in range(_posts_of(n))]
    posts += [make.post(author) for author in chance.sample(turns, len(turns))]
    followed: dict[str, Sequence[User]] = {f"{n:,}": authors[:n] for n in FOLLOWEES}
    followed[QUIET_KIND] = quiet
    readers = {kind: [make.user() for _ in range(READERS)] for kind in followed}
    await bulk.load(
        cast("SqlStorage", app.storage),
        users=[*authors, *quiet, *(reader for some in readers.values() for reader in some)],
        follows=[
            make.follow(reader, followee)
            for kind, some in readers.items()
            for reader in some
            for followee in followed[kind]
        ],
        posts=posts,
    )
    return World({kind: [reader.id for reader in some] for kind, some in readers.items()})


def _posts_of(number: int) -> int:
    return next(posts for authors, posts in _WRITTEN if number < authors)
