"""Puts a population into a storage: in bulk where the storage is SQL, else by its transactions."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from socialfeed.application.ports.storage import Storage, Transaction
from socialfeed.application.ports.trending import KEPT, Trending
from socialfeed.domain.ids import IdFactory
from socialfeed.entrypoints.cli.progress import Reporter
from socialfeed.population import Population
from socialfeed.population.population import NODE

CHUNK = 500
"""Entities in one transaction."""

Part = tuple[str, int, Iterable[Any], Callable[[Transaction, Any], Awaitable[object]]]


async def load(
    storage: Storage, trending: Trending, population: Population, password_hash: str, reporter: Reporter
) -> None:
    """Stores everything, then the trending order as it is at `Plan.until`."""
    await _by_transactions(storage, population, password_hash, reporter)
    await _trend(trending, population, reporter)


async def _by_transactions(storage: Storage, population: Population, password_hash: str, reporter: Reporter) -> None:
    """For any storage. Each chunk is all or nothing, the whole is not."""
    plan = population.plan
    parts: list[Part] = [
        ("users", plan.users, population.users(password_hash), lambda tx, user: tx.users.add(user)),
        ("follows", plan.follows, population.follows(), lambda tx, follow: tx.follows.add(follow)),
        ("posts", plan.posts, population.posts(), lambda tx, post: tx.posts.add(post)),
        ("comments", plan.comments, population.comments(), lambda tx, comment: tx.comments.add(comment)),
        ("likes", plan.likes, population.likes(), lambda tx, like: tx.likes.add(like)),
        ("shares", plan.shares, population.shares(), lambda tx, share: tx.shares.add(share)),
    ]
    for name, total, entities, add in parts:
        with reporter.part(name, total) as advance:
            for chunk in _chunks(entities):
                async with storage.uow() as tx:
                    for entity in chunk:
                        await add(tx, entity)
                advance(len(chunk))


async def _trend(trending: Trending, population: Population, reporter: Reporter) -> None:
    plan = population.plan
    hottest = population.heat(KEPT)
    ids = IdFactory(lambda: plan.until_ms, NODE)
    with reporter.part("trending", len(hottest)) as advance:
        for heat in hottest:
            await trending.add(ids.event(), heat.post_id, heat.weight, plan.until)
            advance(1)


def _chunks(entities: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(entities)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
