"""Roles and grants: who may do what, and who may change that."""

from collections.abc import Sequence
from datetime import datetime

from socialfeed.application.accounts.authorities import Authorities
from socialfeed.application.accounts.sessions import Sessions
from socialfeed.application.commands import Commands
from socialfeed.application.guard import Guard
from socialfeed.application.ports.access import AccessReader
from socialfeed.application.ports.readers import UserReader
from socialfeed.application.ports.repositories import EVERYBODY, Transaction
from socialfeed.application.views import AccessView
from socialfeed.domain.activity import Action
from socialfeed.domain.errors import Invalid, OwnAccount, RoleNotFound, UserNotFound
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import (
    BUILT_IN,
    Actor,
    Grant,
    Permission,
    Role,
    custom_role,
    parse_permission,
)
from socialfeed.domain.user import User, UserStatus


class Access:
    """Every change takes effect on the next request, and none gives away what the actor does not hold."""

    def __init__(
        self,
        commands: Commands,
        users: UserReader,
        reader: AccessReader,
        authorities: Authorities,
        sessions: Sessions,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._users = users
        self._reader = reader
        self._authorities = authorities
        self._sessions = sessions
        self._guard = guard

    async def roles(self, actor: Actor) -> Sequence[Role]:
        """The built-in roles, then the custom ones by name."""
        self._guard.check(actor, Permission.ROLE_ASSIGN)
        return [*BUILT_IN.values(), *await self._reader.roles()]

    async def create_role(self, actor: Actor, *, name: str, permissions: Sequence[str]) -> Role:
        """Raises `Invalid`, `RoleExists`, `Forbidden`."""
        role = self._new_role(actor, name, permissions)
        async with self._commands.uow() as tx:
            await tx.roles.add(role, self._commands.clock.now())
            await self._commands.record(tx, actor, Action.ROLE_CREATE, details={"role": name})
        return role

    async def update_role(self, actor: Actor, *, name: str, permissions: Sequence[str]) -> Role:
        """Replaces the role's permissions; with none of them it grants nothing. Raises `Invalid`, `RoleNotFound`,
        `Forbidden`.
        """
        role = self._new_role(actor, name, permissions)
        async with self._commands.uow() as tx:
            known = await tx.roles.get(name)
            if known is None:
                raise RoleNotFound(field="name")
            self._guard.check_covers(actor, known.permissions)
            await tx.roles.save(role, self._commands.clock.now())
            await self._sessions.revoke(tx, EVERYBODY)
            await self._commands.record(tx, actor, Action.ROLE_UPDATE, details={"role": name})
        self._sessions.forget(EVERYBODY)
        return role

    async def assign_role(self, actor: Actor, user_id: UserId, *, role: str) -> AccessView:
        """Idempotent. Raises `RoleNotFound`, `UserNotFound`, `OwnAccount`, `Forbidden`."""
        return await self._change_role(actor, user_id, role, assigned=True)

    async def revoke_role(self, actor: Actor, user_id: UserId, *, role: str) -> AccessView:
        """Idempotent. Raises as `assign_role` does."""
        return await self._change_role(actor, user_id, role, assigned=False)

    async def grant(
        self, actor: Actor, user_id: UserId, *, permission: str, expires_at: datetime | None = None
    ) -> AccessView:
        """One permission, for good or up to a moment; a second grant replaces the first. Raises `Invalid`,
        `UserNotFound`, `OwnAccount`, `Forbidden`.
        """
        self._guard.check(actor, Permission.GRANT_MANAGE, user_id)
        now = self._commands.clock.now()
        grant = Grant(user_id, parse_permission(permission), now, expires_at)
        if not grant.holds(now):
            raise Invalid("This moment has passed.", code="ALREADY_EXPIRED", field="expires_at")
        self._guard.check_covers(actor, frozenset({grant.permission}), user_id)
        details = {"permission": grant.permission.value}
        if expires_at is not None:
            details["until"] = expires_at.isoformat()
        async with self._commands.uow() as tx:
            user = await self._locked(tx, actor, user_id)
            await tx.grants.put(grant)
            await self._sessions.revoke(tx, user_id)
            await self._commands.record(tx, actor, Action.PERMISSION_GRANT, user_id, details=details)
        self._sessions.forget(user_id)
        return await self._view(user)

    async def revoke_grant(self, actor: Actor, user_id: UserId, *, permission: str) -> AccessView:
        """Idempotent; what a role gives stays. Raises as `grant` does."""
        self._guard.check(actor, Permission.GRANT_MANAGE, user_id)
        revoked = parse_permission(permission)
        self._guard.check_covers(actor, frozenset({revoked}), user_id)
        async with self._commands.uow() as tx:
            user = await self._locked(tx, actor, user_id)
            if await tx.grants.remove(user_id, revoked):
                await self._sessions.revoke(tx, user_id)
                details = {"permission": revoked.value}
                await self._commands.record(tx, actor, Action.PERMISSION_REVOKE, user_id, details=details)
        self._sessions.forget(user_id)
        return await self._view(user)

    async def of(self, actor: Actor, user_id: UserId) -> AccessView:
        """What an account may do: one's own, or anybody's with `user:read`. Raises `UserNotFound`."""
        if actor.user_id != user_id:
            self._guard.check(actor, Permission.USER_READ, user_id)
        user = (await self._users.accounts_by_ids([user_id])).get(user_id)
        if user is None:
            raise UserNotFound(field="user_id")
        return await self._view(user)

    def _new_role(self, actor: Actor, name: str, permissions: Sequence[str]) -> Role:
        self._guard.check(actor, Permission.ROLE_MANAGE)
        role = custom_role(name, permissions)
        self._guard.check_covers(actor, role.permissions)
        return role

    async def _change_role(self, actor: Actor, user_id: UserId, name: str, *, assigned: bool) -> AccessView:
        self._guard.check(actor, Permission.ROLE_ASSIGN, user_id)
        async with self._commands.uow() as tx:
            role = BUILT_IN.get(name) or await tx.roles.get(name)
            if role is None:
                raise RoleNotFound(field="role")
            self._guard.check_covers(actor, role.permissions, user_id)
            user = await self._locked(tx, actor, user_id)
            changed = user.with_role(name) if assigned else user.without_role(name)
            if changed != user:
                await tx.users.save(changed)
                await self._sessions.revoke(tx, user_id)
                action = Action.ROLE_ASSIGN if assigned else Action.ROLE_REVOKE
                await self._commands.record(tx, actor, action, user_id, details={"role": name})
        self._sessions.forget(user_id)
        return await self._view(changed)

    async def _locked(self, tx: Transaction, actor: Actor, user_id: UserId) -> User:
        """The account, which may be changed by this actor."""
        if actor.user_id == user_id:
            raise OwnAccount(field="user_id")
        user = await tx.users.get(user_id)
        if user is None or user.status is UserStatus.ERASED:
            raise UserNotFound(field="user_id")
        self._guard.check_covers(actor, (await self._authorities.granted_to(user)).permissions, user_id)
        return user

    async def _view(self, user: User) -> AccessView:
        grants = await self._reader.grants_of(user.id)
        now = self._commands.clock.now()
        authority = await self._authorities.of(user)
        return AccessView(
            user_id=user.id,
            roles=sorted(user.roles),
            permissions=sorted(authority.permissions),
            grants=[grant for grant in grants if grant.holds(now)],
        )
