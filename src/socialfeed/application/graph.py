"""Following, and profiles."""

from collections.abc import Sequence

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.feeds.present import user_view
from socialfeed.application.guard import Guard
from socialfeed.application.ports.readers import GraphReader, UserReader
from socialfeed.application.views import UserView
from socialfeed.domain.activity import Action
from socialfeed.domain.errors import PrivateAccount, UserNotFound
from socialfeed.domain.events import UserFollowed
from socialfeed.domain.graph import Follow, ProfileCounts
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.visibility import Viewpoint


class Graph:
    def __init__(self, commands: Commands, users: UserReader, graph: GraphReader, guard: Guard) -> None:
        self._commands = commands
        self._users = users
        self._graph = graph
        self._guard = guard

    @regenerates_ids
    async def follow(self, actor: Actor, user_id: UserId) -> UserView:
        """Idempotent. Raises `UserNotFound`, `PrivateAccount`, `Invalid` (CANNOT_FOLLOW_SELF)."""
        follower_id = self._guard.require(actor, Permission.USER_FOLLOW)
        followee = await self._require(actor, user_id)
        new = Follow.start(self._commands.ids.follow(), follower_id, user_id, at=self._commands.clock.now())
        if followee.is_private and not await self._graph.followed_among(follower_id, [user_id]):
            raise PrivateAccount(field="user_id")
        async with self._commands.transaction() as tx:
            if await tx.follows.add(new) is new:
                await self._commands.publish(tx, UserFollowed(follower_id, user_id))
                await self._commands.record(tx, actor, Action.USER_FOLLOW, user_id)
        return followee

    async def unfollow(self, actor: Actor, user_id: UserId) -> UserView:
        """Idempotent; the posts of the unfollowed are gone from the very next read. Raises `UserNotFound`."""
        follower_id = self._guard.require(actor, Permission.USER_FOLLOW)
        followee = await self._require(actor, user_id)
        async with self._commands.transaction() as tx:
            if await tx.follows.remove(follower_id, user_id):
                await self._commands.record(tx, actor, Action.USER_UNFOLLOW, user_id)
        return followee

    async def profile(self, actor: Actor, user_id: UserId) -> UserView | None:
        return (await self.profiles(actor, [user_id])).get(user_id)

    async def profiles(self, actor: Actor, ids: Sequence[UserId]) -> dict[UserId, UserView]:
        """Those the viewer may see."""
        viewpoint = Viewpoint(actor.user_id)
        return {
            user_id: user_view(profile)
            for user_id, profile in (await self._users.profiles_by_ids(ids)).items()
            if viewpoint.knows(user_id, is_active=profile.is_active)
        }

    async def profile_by_username(self, actor: Actor, username: str) -> UserView | None:
        user_id = await self._users.user_id_by_username(username)
        return None if user_id is None else await self.profile(actor, user_id)

    async def counts(self, ids: Sequence[UserId]) -> dict[UserId, ProfileCounts]:
        found = await self._users.profile_counts(ids)
        return {user_id: found.get(user_id, ProfileCounts()) for user_id in ids}

    async def followed_among(self, actor: Actor, ids: Sequence[UserId]) -> frozenset[UserId]:
        """Those whom the viewer follows; nobody follows anybody when not signed in."""
        return await self._graph.followed_among(actor.user_id, ids) if actor.user_id else frozenset()

    async def _require(self, actor: Actor, user_id: UserId) -> UserView:
        view = await self.profile(actor, user_id)
        if view is None:
            raise UserNotFound(field="user_id")
        return view
