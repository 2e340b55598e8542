"""Accounts that nobody signs in to, written straight into the storage: signing up would take longer than the test."""

from collections.abc import Sequence

from socialfeed.domain.graph import Follow
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client


class Crowd:
    """What it writes happened on a day in the past, in the order of the calls."""

    def __init__(self, client: Client) -> None:
        self._storage = client.app.storage
        self.make = Builder(node=200)  # of no process: those are numbered from 0

    async def of(self, number: int) -> list[User]:
        """Active accounts."""
        users = [self.make.user() for _ in range(number)]
        async with self._storage.uow() as tx:
            for user in users:
                await tx.users.add(user)
        return users

    async def follow(self, follows: Sequence[tuple[UserId, UserId]]) -> None:
        """Pairs of follower and followee."""
        async with self._storage.uow() as tx:
            for follower, followee in follows:
                at = self.make.clock.now()
                await tx.follows.add(Follow.start(self.make.ids.follow(), follower, followee, at=at))

    async def posts(self, author: UserId, number: int) -> list[PostId]:
        """Of which no feed has heard."""
        ids = []
        async with self._storage.uow() as tx:
            for n in range(number):
                post = Post.write(self.make.ids.post(), author, content=f"Post {n}", at=self.make.clock.now())
                await tx.posts.add(post)
                ids.append(post.id)
        return ids
