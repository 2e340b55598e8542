"""User management: finding accounts, banning them, ending their sessions."""

from collections.abc import Sequence

from socialfeed.application.accounts.authorities import Authorities
from socialfeed.application.accounts.sessions import Sessions
from socialfeed.application.commands import Commands
from socialfeed.application.feeds.present import own_view, public_view
from socialfeed.application.guard import Guard
from socialfeed.application.paging import check_size
from socialfeed.application.ports.readers import UserReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.views import MemberView, SessionView, UserView
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain import text
from socialfeed.domain.activity import DETAIL_MAX, Action
from socialfeed.domain.errors import Invalid, OwnAccount, UserNotFound
from socialfeed.domain.events import ProfileChanged
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.user import User, UserStatus


class Members:
    def __init__(
        self,
        commands: Commands,
        users: UserReader,
        authorities: Authorities,
        sessions: Sessions,
        freshness: Freshness,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._users = users
        self._authorities = authorities
        self._sessions = sessions
        self._freshness = freshness
        self._guard = guard

    async def page(
        self,
        actor: Actor,
        *,
        first: int,
        after: UserId | None = None,
        status: UserStatus | None = None,
        role: str | None = None,
    ) -> Sequence[MemberView]:
        """By ascending id, so the oldest first. Raises `Forbidden`, `Invalid`."""
        self._guard.check(actor, Permission.USER_READ)
        check_size(first, "first")
        return [_view(user) for user in await self._users.accounts_after(after, limit=first, status=status, role=role)]

    async def find(self, actor: Actor, login: str) -> MemberView:
        """By username or address. Raises `Forbidden`, `UserNotFound`."""
        self._guard.check(actor, Permission.USER_READ)
        user = await self._users.account_by_login(login.strip().lower())
        if user is None:
            raise UserNotFound
        return _view(user)

    async def sessions(self, actor: Actor, user_id: UserId) -> Sequence[SessionView]:
        """Somebody's live sessions, the last used first. Raises `Forbidden`."""
        self._guard.check(actor, Permission.USER_READ, user_id)
        return await self._sessions.of(actor, user_id)

    async def end_sessions(self, actor: Actor, user_id: UserId) -> None:
        """Ends all of somebody's sessions. Raises `Forbidden`, `UserNotFound`."""
        self._guard.check(actor, Permission.USER_END_SESSIONS, user_id)
        async with self._commands.uow() as tx:
            user = await self._managed(tx, actor, user_id)
            await self._sessions.end_all_in(tx, user.id)
            await self._commands.record(tx, actor, Action.SESSION_END, user.id)
        self._sessions.forget(user_id)

    async def ban(self, actor: Actor, user_id: UserId, *, reason: str = "") -> UserView:
        """Hides what the account wrote and ends its sessions. Idempotent. Raises `UserNotFound`, `OwnAccount`,
        `Invalid`, `Forbidden`.
        """
        self._guard.check(actor, Permission.USER_BAN, user_id)
        cleaned = text.clean(reason, "reason", maximum=DETAIL_MAX)
        async with self._commands.transaction() as tx:
            user = await self._managed(tx, actor, user_id)
            if user.status is UserStatus.UNVERIFIED:
                raise Invalid("This account was never verified: there is nothing to ban.", code="NOT_VERIFIED")
            banned = user.banned()
            if banned != user:
                await tx.users.save(banned)
                await self._sessions.end_all_in(tx, user_id)
                await self._commands.publish(tx, ProfileChanged(user_id))
                await self._commands.record(tx, actor, Action.USER_BAN, user_id, details={"reason": cleaned})
        self._sessions.forget(user_id)
        await self._freshness.profile_changed(user_id)
        return public_view(banned)

    async def unban(self, actor: Actor, user_id: UserId) -> UserView:
        """Idempotent. Raises as `ban` does."""
        self._guard.check(actor, Permission.USER_BAN, user_id)
        async with self._commands.transaction() as tx:
            user = await self._managed(tx, actor, user_id)
            unbanned = user.unbanned()
            if unbanned != user:
                await tx.users.save(unbanned)
                await self._commands.publish(tx, ProfileChanged(user_id))
                await self._commands.record(tx, actor, Action.USER_UNBAN, user_id)
        await self._freshness.profile_changed(user_id)
        return public_view(unbanned)

    async def _managed(self, tx: Transaction, actor: Actor, user_id: UserId) -> User:
        """The account, locked, if this actor may act on it: never the own one, nor one that may do more."""
        if actor.user_id == user_id:
            raise OwnAccount(field="user_id")
        user = await tx.users.get(user_id)
        if user is None or user.status is UserStatus.ERASED:
            raise UserNotFound(field="user_id")
        self._guard.check_covers(actor, (await self._authorities.granted_to(user)).permissions, user_id)
        return user


def _view(user: User) -> MemberView:
    return MemberView(own_view(user), user.status.value, sorted(user.roles), user.erase_at)
