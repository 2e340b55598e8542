"""Lists of accounts that somebody reads apart. To everybody but its owner a list is not there."""

from collections.abc import Mapping, Sequence

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.graph.service import Graph
from socialfeed.application.guard import Guard
from socialfeed.application.paging import Cursors, check_size
from socialfeed.application.ports.lists import ListReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.views import ConnectionView, UserView
from socialfeed.domain.activity import Action
from socialfeed.domain.errors import BlockedByYou, Invalid, ListNotFound, UserNotFound
from socialfeed.domain.ids import EventId, ListId, UserId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.user_list import LISTS_MAX, MEMBERS_MAX, Member, UserList


class Lists:
    """Making lists takes the permission to follow, reading them the one to read feeds."""

    def __init__(self, commands: Commands, graph: Graph, reader: ListReader, cursors: Cursors, guard: Guard) -> None:
        self._commands = commands
        self._graph = graph
        self._reader = reader
        self._cursors = cursors
        self._guard = guard

    @regenerates_ids
    async def create(self, actor: Actor, name: str) -> UserList:
        """An empty one. Raises `Invalid` (TOO_MANY_LISTS, TOO_SHORT, …)."""
        owner_id = self._guard.require(actor, Permission.USER_FOLLOW)
        new = UserList.make(self._commands.ids.list(), owner_id, name, at=self._commands.clock.now())
        async with self._commands.transaction() as tx:
            await tx.users.get(owner_id)  # The lock that all wait for who make one.
            if await tx.lists.count_of(owner_id) >= LISTS_MAX:
                raise Invalid(f"At most {LISTS_MAX} lists, please.", code="TOO_MANY_LISTS")
            await tx.lists.add(new)
            await self._commands.record(tx, actor, Action.LIST_CREATE, new.id)
        return new

    async def rename(self, actor: Actor, list_id: ListId, name: str) -> UserList:
        """Raises `ListNotFound`, `Invalid`."""
        owner_id = self._guard.require(actor, Permission.USER_FOLLOW)
        async with self._commands.transaction() as tx:
            found = await _owned(tx, owner_id, list_id, "id")
            renamed = found.renamed(name, at=self._commands.clock.now())
            if renamed != found:
                await tx.lists.save(renamed)
                await self._commands.record(tx, actor, Action.LIST_UPDATE, list_id)
        return renamed

    async def delete(self, actor: Actor, list_id: ListId) -> None:
        """Raises `ListNotFound`."""
        owner_id = self._guard.require(actor, Permission.USER_FOLLOW)
        async with self._commands.transaction() as tx:
            await _owned(tx, owner_id, list_id, "id")
            await tx.lists.remove(list_id)
            await self._commands.record(tx, actor, Action.LIST_DELETE, list_id)

    async def add(self, actor: Actor, list_id: ListId, user_id: UserId) -> UserList:
        """Puts somebody on a list, who is not told. Idempotent. Raises `ListNotFound`, `UserNotFound`, `BlockedByYou`,
        `Invalid` (TOO_MANY_MEMBERS).
        """
        owner_id = self._guard.require(actor, Permission.USER_FOLLOW)
        await self._require_listed(actor, user_id)
        async with self._commands.transaction() as tx:
            # Locked first: who is erased meanwhile must not come to stand on a list.
            account = await tx.users.get(user_id)
            found = await _owned(tx, owner_id, list_id)
            if account is None or not account.is_active:
                raise UserNotFound(field="user_id")
            if await tx.lists.add_member(
                Member(self._commands.ids.event(), list_id, user_id, self._commands.clock.now())
            ):
                if await tx.lists.count_members(list_id) > MEMBERS_MAX:
                    raise Invalid(f"At most {MEMBERS_MAX} on a list, please.", code="TOO_MANY_MEMBERS")
                await self._record_member(tx, actor, Action.LIST_ADD, list_id, user_id)
        return found

    async def remove(self, actor: Actor, list_id: ListId, user_id: UserId) -> UserList:
        """Takes somebody off a list, whether or not the account is still there. Idempotent. Raises `ListNotFound`."""
        owner_id = self._guard.require(actor, Permission.USER_FOLLOW)
        async with self._commands.transaction() as tx:
            found = await _owned(tx, owner_id, list_id)
            if await tx.lists.remove_member(list_id, user_id):
                await self._record_member(tx, actor, Action.LIST_REMOVE, list_id, user_id)
        return found

    async def find(self, actor: Actor, list_id: ListId) -> UserList | None:
        self._guard.require(actor, Permission.FEED_READ)
        return (await self.by_ids(actor, [list_id])).get(list_id)

    async def by_ids(self, actor: Actor, ids: Sequence[ListId]) -> dict[ListId, UserList]:
        """The actor's own; none for whoever may not read feeds."""
        found = await self._reader.lists_by_ids(ids) if Permission.FEED_READ in actor.permissions else {}
        return {list_id: each for list_id, each in found.items() if each.owner_id == actor.user_id}

    async def page(
        self, actor: Actor, *, member_id: UserId | None = None, first: int, after: str | None = None
    ) -> ConnectionView[UserList]:
        """The actor's own, newest first: those that somebody is on, or all. Raises `Invalid`."""
        owner_id = self._guard.require(actor, Permission.FEED_READ)
        check_size(first, "first")
        listing = self._cursors.of("lists", owner_id, "" if member_id is None else member_id)
        position = listing.position(after)
        before = None if position is None else ListId(position)
        found = await self._reader.page(owner_id, member_id=member_id, limit=first + 1, before=before)
        return listing.connection(found[:first], has_next=len(found) > first, after=after)

    async def members(
        self, actor: Actor, lists: Sequence[ListId], *, first: int, after: str | None = None
    ) -> dict[ListId, ConnectionView[UserView]]:
        """Who is on each of these lists of the actor's own, the last first, as far as the actor sees them. The first
        pages of all are read together; a cursor is of one list. Raises `Invalid`.
        """
        check_size(first, "first")
        together = await self._reader.members(lists, limit=first + 1) if after is None else {}
        known = {member.user_id for members in together.values() for member in members}
        shown = await self._graph.listed(actor, list(known))

        async def page(list_id: ListId) -> ConnectionView[UserView]:
            async def read(limit: int, position: int | None) -> Sequence[Member]:
                if position is None:
                    return together.get(list_id, ())
                found = await self._reader.members([list_id], limit=limit, before=EventId(position))
                return found.get(list_id, ())

            async def keep(members: Sequence[Member]) -> Mapping[int, UserView]:
                strangers = [member.user_id for member in members if member.user_id not in known]
                views = {**shown, **(await self._graph.listed(actor, strangers))}
                return {member.id: views[member.user_id] for member in members if member.user_id in views}

            listing = self._cursors.of("members", list_id)
            return await listing.refilled(first, after, read, lambda member: member.id, keep)

        return {list_id: await page(list_id) for list_id in lists}

    async def member_counts(self, ids: Sequence[ListId]) -> dict[ListId, int]:
        """Those whom their owner does not see any more included."""
        found = await self._reader.member_counts(ids)
        return {list_id: found.get(list_id, 0) for list_id in ids}

    async def _require_listed(self, actor: Actor, user_id: UserId) -> None:
        if user_id not in await self._graph.listed(actor, [user_id]):
            await self._graph.require(actor, user_id)
            raise BlockedByYou(field="user_id")

    async def _record_member(
        self, tx: Transaction, actor: Actor, action: Action, list_id: ListId, user_id: UserId
    ) -> None:
        await self._commands.record(tx, actor, action, list_id, details={"user": str(user_id)})


async def _owned(tx: Transaction, owner_id: UserId, list_id: ListId, field: str = "list_id") -> UserList:
    """The list, locked. Raises `ListNotFound`, of somebody else's too."""
    found = await tx.lists.locked(list_id)
    if found is None or found.owner_id != owner_id:
        raise ListNotFound(field=field)
    return found
