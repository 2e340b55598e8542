"""Puts a population into a storage: in bulk where the storage is SQL, else by its transactions."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from socialfeed.adapters.sql import SqlStorage, bulk
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.ports.storage import Storage
from socialfeed.entrypoints.cli.progress import Report
from socialfeed.population import Population

CHUNK = 500
"""Entities in one transaction, where it is not all one."""


async def load(storage: Storage, population: Population, password_hash: str, report: Report) -> None:
    if isinstance(storage, SqlStorage):
        await bulk.load(
            storage,
            users=population.users(password_hash),
            follows=population.follows(),
            posts=population.posts(),
            comments=population.comments(),
            likes=population.likes(),
            shares=population.shares(),
            progress=report,
        )
    else:
        await _by_transactions(storage, population, password_hash, report)


async def _by_transactions(storage: Storage, population: Population, password_hash: str, report: Report) -> None:
    """For any storage. Each chunk is all or nothing, the whole is not."""
    parts: list[tuple[str, Iterable[Any], Callable[[Transaction, Any], Awaitable[object]]]] = [
        ("users", population.users(password_hash), lambda tx, user: tx.users.add(user)),
        ("follows", population.follows(), lambda tx, follow: tx.follows.add(follow)),
        ("posts", population.posts(), lambda tx, post: tx.posts.add(post)),
        ("comments", population.comments(), lambda tx, comment: tx.comments.add(comment)),
        ("likes", population.likes(), lambda tx, like: tx.likes.add(like)),
        ("shares", population.shares(), lambda tx, share: tx.shares.add(share)),
    ]
    for name, entities, add in parts:
        done = 0
        for chunk in _chunks(entities):
            async with storage.uow() as tx:
                for entity in chunk:
                    await add(tx, entity)
            done += len(chunk)
            report(name, done)


def _chunks(entities: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(entities)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
