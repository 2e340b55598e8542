"""Profiles, and who follows whom."""

from collections.abc import Mapping, Sequence

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import relationship_view, user_view, user_views
from socialfeed.application.guard import Guard
from socialfeed.application.paging import Cursors, check_size
from socialfeed.application.ports.graph import GraphReader
from socialfeed.application.ports.readers import (
    UserReader,
)
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.views import ConnectionView, RelationshipView, UserView
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain.activity import Action
from socialfeed.domain.errors import (
    BlockedByYou,
    FollowRequestNotFound,
    PrivateAccount,
    TooManyFollowed,
    UserNotFound,
)
from socialfeed.domain.events import StandingChanged, UserFollowed
from socialfeed.domain.graph import FOLLOWED_MAX, STRANGER, Follow, FollowRequest, Priority, ProfileCounts
from socialfeed.domain.ids import FollowId, UserId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.visibility import Reason

_SUGGESTIONS_READ = 50
"""More than are asked for at most times, as some may turn out not to be shown."""


class Graph:
    def __init__(
        self,
        commands: Commands,
        users: UserReader,
        graph: GraphReader,
        hydrator: Hydrator,
        freshness: Freshness,
        cursors: Cursors,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._users = users
        self._graph = graph
        self._hydrator = hydrator
        self._freshness = freshness
        self._cursors = cursors
        self._guard = guard

    @regenerates_ids
    async def follow(self, actor: Actor, user_id: UserId) -> UserView:
        """Follows, or asks a private account for it. Idempotent. Raises `UserNotFound`, `BlockedByYou`,
        `TooManyFollowed`, `Invalid` (CANNOT_FOLLOW_SELF).
        """
        follower_id = self._guard.require(actor, Permission.USER_FOLLOW)
        followee = await self.require(actor, user_id)
        now = self._commands.clock.now()
        new = Follow.start(self._commands.ids.follow(), follower_id, user_id, at=now)
        relation = (await self._graph.relations(follower_id, [user_id])).get(user_id, STRANGER)
        if relation.blocking:
            raise BlockedByYou(field="user_id")
        if not relation.following and (await self.counts([follower_id]))[follower_id].following >= FOLLOWED_MAX:
            raise TooManyFollowed(field="user_id")
        async with self._commands.transaction() as tx:
            if followee.is_private and not relation.following:
                request = FollowRequest(new.id, follower_id, user_id, now)
                if await tx.requests.add(request) is request:
                    await _check_unblocked(tx, follower_id, user_id)
                    await self._commands.publish(tx, StandingChanged(follower_id, user_id))
                    await self._commands.record(tx, actor, Action.REQUEST_SEND, user_id)
            elif await tx.follows.add(new) is new:
                await tx.requests.remove(follower_id, user_id)
                await _check_unblocked(tx, follower_id, user_id)
                await self._commands.publish(tx, UserFollowed(follower_id, user_id))
                await self._commands.record(tx, actor, Action.USER_FOLLOW, user_id)
        await self._freshness.standing_changed(follower_id, user_id)
        return followee

    async def unfollow(self, actor: Actor, user_id: UserId) -> UserView:
        """Takes a request back, too. Idempotent; the posts of the unfollowed are gone from the very next read. Raises
        `UserNotFound`.
        """
        follower_id = self._guard.require(actor, Permission.USER_FOLLOW)
        followee = await self.require(actor, user_id)
        async with self._commands.transaction() as tx:
            if await tx.requests.remove(follower_id, user_id):
                await self._commands.publish(tx, StandingChanged(follower_id, user_id))
                await self._commands.record(tx, actor, Action.REQUEST_WITHDRAW, user_id)
            if await tx.follows.remove(follower_id, user_id):
                await self._commands.publish(tx, StandingChanged(follower_id, user_id))
                await self._commands.record(tx, actor, Action.USER_UNFOLLOW, user_id)
        await self._freshness.standing_changed(follower_id, user_id)
        return followee

    async def prioritize(self, actor: Actor, user_id: UserId, priority: Priority) -> UserView:
        """Raises `UserNotFound`, also where the viewer does not follow the user."""
        follower_id = self._guard.require(actor, Permission.USER_FOLLOW)
        followee = await self.require(actor, user_id)
        async with self._commands.transaction() as tx:
            if not await tx.follows.prioritize(follower_id, user_id, priority):
                raise UserNotFound(field="user_id")
            await self._commands.publish(tx, StandingChanged(follower_id, user_id))
            await self._commands.record(tx, actor, Action.USER_PRIORITIZE, user_id)
        await self._freshness.standing_changed(follower_id, user_id)
        return followee

    @regenerates_ids
    async def approve(self, actor: Actor, user_id: UserId) -> UserView:
        """Lets somebody follow the viewer who asked for it. Raises `FollowRequestNotFound`."""
        target_id = self._guard.require(actor, Permission.USER_FOLLOW)
        requester = await self.require(actor, user_id)
        async with self._commands.transaction() as tx:
            request = await tx.requests.remove(user_id, target_id)
            if request is None:
                raise FollowRequestNotFound(field="user_id")
            follow = request.approved(self._commands.ids.follow(), self._commands.clock.now())
            if await tx.follows.add(follow) is follow:
                await _check_unblocked(tx, target_id, user_id)
                await self._commands.publish(tx, UserFollowed(user_id, target_id))
            else:
                await self._commands.publish(tx, StandingChanged(user_id, target_id))
            await self._commands.record(tx, actor, Action.REQUEST_APPROVE, user_id)
        await self._freshness.standing_changed(user_id, target_id)
        return requester

    async def reject(self, actor: Actor, user_id: UserId) -> None:
        """The one who asked is not told. Raises `FollowRequestNotFound`."""
        target_id = self._guard.require(actor, Permission.USER_FOLLOW)
        async with self._commands.transaction() as tx:
            if await tx.requests.remove(user_id, target_id) is None:
                raise FollowRequestNotFound(field="user_id")
            await self._commands.publish(tx, StandingChanged(user_id, target_id))
            await self._commands.record(tx, actor, Action.REQUEST_REJECT, user_id)
        await self._freshness.standing_changed(user_id, target_id)

    async def remove_follower(self, actor: Actor, user_id: UserId) -> None:
        """Idempotent. The one who is removed is not told."""
        followee_id = self._guard.require(actor, Permission.USER_FOLLOW)
        async with self._commands.transaction() as tx:
            if await tx.follows.remove(user_id, followee_id):
                await self._commands.publish(tx, StandingChanged(user_id, followee_id))
                await self._commands.record(tx, actor, Action.USER_REMOVE_FOLLOWER, user_id)
        await self._freshness.standing_changed(user_id, followee_id)

    async def followers(
        self, actor: Actor, user_id: UserId, *, first: int, after: str | None = None
    ) -> ConnectionView[UserView]:
        """The newest first. Raises `UserNotFound`, `PrivateAccount`, `BlockedByYou`, `Invalid`."""
        await self._check_page(actor, user_id, first)

        async def read(limit: int, position: int | None) -> Sequence[Follow]:
            return await self._graph.followers(user_id, limit=limit, before=_follow(position))

        async def keep(follows: Sequence[Follow]) -> Mapping[int, UserView]:
            return await self._accounts(actor, {follow.id: follow.follower_id for follow in follows})

        listing = self._cursors.of("followers", user_id)
        return await listing.refilled(first, after, read, lambda follow: follow.id, keep)

    async def following(
        self, actor: Actor, user_id: UserId, *, first: int, after: str | None = None
    ) -> ConnectionView[UserView]:
        """The newest first. Raises `UserNotFound`, `PrivateAccount`, `BlockedByYou`, `Invalid`."""
        await self._check_page(actor, user_id, first)

        async def read(limit: int, position: int | None) -> Sequence[Follow]:
            return await self._graph.following(user_id, limit=limit, before=_follow(position))

        async def keep(follows: Sequence[Follow]) -> Mapping[int, UserView]:
            return await self._accounts(actor, {follow.id: follow.followee_id for follow in follows})

        listing = self._cursors.of("following", user_id)
        return await listing.refilled(first, after, read, lambda follow: follow.id, keep)

    async def requests(self, actor: Actor, *, first: int, after: str | None = None) -> ConnectionView[UserView]:
        """Who asks to follow the viewer, the newest first."""
        target_id = self._guard.require(actor, Permission.USER_FOLLOW)
        check_size(first, "first")

        async def read(limit: int, position: int | None) -> Sequence[FollowRequest]:
            return await self._graph.requests(target_id, limit=limit, before=_follow(position))

        async def keep(requests: Sequence[FollowRequest]) -> Mapping[int, UserView]:
            return await self._accounts(actor, {request.id: request.requester_id for request in requests})

        listing = self._cursors.of("requests", target_id)
        return await listing.refilled(first, after, read, lambda request: request.id, keep)

    async def suggested(self, actor: Actor, *, first: int) -> list[UserView]:
        """Accounts that those follow whom the viewer follows: those with the most first. Raises `Unauthenticated`,
        `Forbidden`, `Invalid`.
        """
        viewer_id = self._guard.require(actor, Permission.USER_FOLLOW)
        check_size(first, "first")
        found = await self._graph.suggestions(viewer_id, limit=first + _SUGGESTIONS_READ)
        shown = await self.listed(actor, found)
        relations = await self._graph.relations(viewer_id, list(shown))
        now = self._commands.clock.now()
        return [view for user_id, view in shown.items() if relations.get(user_id, STRANGER).may_be_suggested(now)][
            :first
        ]

    async def relationships(self, actor: Actor, ids: Sequence[UserId]) -> dict[UserId, RelationshipView]:
        """How the viewer stands to each; empty where nobody is signed in."""
        if actor.user_id is None:
            return {}
        relations = await self._graph.relations(actor.user_id, ids)
        now = self._commands.clock.now()
        return {user_id: relationship_view(user_id, relations.get(user_id, STRANGER), now) for user_id in ids}

    async def relationship(self, actor: Actor, user_id: UserId) -> RelationshipView:
        """Raises `Unauthenticated`, `UserNotFound`."""
        _ = actor.signed_in
        await self.require(actor, user_id)
        return (await self.relationships(actor, [user_id]))[user_id]

    async def profile(self, actor: Actor, user_id: UserId) -> UserView | None:
        return (await self.profiles(actor, [user_id])).get(user_id)

    async def profiles(self, actor: Actor, ids: Sequence[UserId]) -> dict[UserId, UserView]:
        """Those the viewer may look up."""
        profiles = await self._users.profiles_by_ids(ids)
        viewpoint = await self._hydrator.viewpoint(actor, list(profiles))
        return {
            user_id: user_view(profile)
            for user_id, profile in profiles.items()
            if not viewpoint.account(user_id, is_active=profile.is_active).is_hidden
        }

    async def listed(self, actor: Actor, ids: Sequence[UserId]) -> dict[UserId, UserView]:
        """Those that may stand in a list the viewer looks at, without having asked for any of them."""
        return user_views(await self._hydrator.accounts(actor, ids))

    async def profile_by_username(self, actor: Actor, username: str) -> UserView | None:
        user_id = await self._users.user_id_by_username(username)
        return None if user_id is None else await self.profile(actor, user_id)

    async def counts(self, ids: Sequence[UserId]) -> dict[UserId, ProfileCounts]:
        found = await self._users.profile_counts(ids)
        return {user_id: found.get(user_id, ProfileCounts()) for user_id in ids}

    async def _accounts(self, actor: Actor, by_place: Mapping[FollowId, UserId]) -> Mapping[int, UserView]:
        """The accounts at these places of a list, as far as the viewer may see them."""
        accounts = await self.listed(actor, list(by_place.values()))
        return {place: accounts[user_id] for place, user_id in by_place.items() if user_id in accounts}

    async def _check_page(self, actor: Actor, user_id: UserId, first: int) -> None:
        check_size(first, "first")
        owner = await self.require(actor, user_id)
        viewpoint = await self._hydrator.viewpoint(actor, [user_id])
        verdict = viewpoint.page(user_id, is_active=True, is_private=owner.is_private)
        if verdict.reason is Reason.BLOCKED:
            raise BlockedByYou(field="user_id")
        if not verdict.is_shown:
            raise PrivateAccount(field="user_id")

    async def require(self, actor: Actor, user_id: UserId) -> UserView:
        """Raises `UserNotFound` where the viewer can look up no such account."""
        view = await self.profile(actor, user_id)
        if view is None:
            raise UserNotFound(field="user_id")
        return view


async def _check_unblocked(tx: Transaction, actor_id: UserId, user_id: UserId) -> None:
    """Asked when the follow or the request is written: a block that comes meanwhile waits for it, and then removes it.
    Who loses this race is not told that it was a block.
    """
    if await tx.blocks.between(actor_id, user_id):
        raise UserNotFound(field="user_id")


def _follow(position: int | None) -> FollowId | None:
    return None if position is None else FollowId(position)
