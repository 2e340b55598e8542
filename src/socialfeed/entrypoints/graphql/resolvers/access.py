"""Roles, grants and bans: who may do what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from socialfeed.application.views import AccessView
from socialfeed.domain.ids import parse_user_id
from socialfeed.domain.permissions import BUILT_IN, GROUPS, Permission, Role
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
role = ObjectType("Role")
TYPES = [query, mutation, role]


@query.field("permissions")
def resolve_permissions(_: Any, info: Info) -> list[dict[str, str]]:
    # There is no service for what stands in the domain, so the guard is asked here.
    info.context.services.guard.check(info.context.actor, Permission.ROLE_MANAGE)
    return [{"name": permission.value, "group": group} for group, held in GROUPS.items() for permission in sorted(held)]


@query.field("roles")
async def resolve_roles(_: Any, info: Info) -> Sequence[Role]:
    return await info.context.services.access.roles(info.context.actor)


@query.field("access")
async def resolve_access(_: Any, info: Info, *, user_id: str | None = None) -> AccessView:
    actor = info.context.actor
    wanted = actor.signed_in if user_id is None else parse_user_id(user_id, "user_id")
    return await info.context.services.access.of(actor, wanted)


@role.field("permissions")
def resolve_role_permissions(held: Role, _: Info) -> list[Permission]:
    return sorted(held.permissions)


@role.field("isBuiltIn")
def resolve_is_built_in(held: Role, _: Info) -> bool:
    return held.name in BUILT_IN


@mutation.field("createRole")
@payload("The role is there.", role=None)
async def resolve_create_role(_: Any, info: Info, *, name: str, permissions: list[str]) -> dict[str, Any]:
    access = info.context.services.access
    return {"role": await access.create_role(info.context.actor, name=name, permissions=permissions)}


@mutation.field("updateRole")
@payload("The role has changed.", role=None)
async def resolve_update_role(_: Any, info: Info, *, name: str, permissions: list[str]) -> dict[str, Any]:
    access = info.context.services.access
    return {"role": await access.update_role(info.context.actor, name=name, permissions=permissions)}


@mutation.field("assignRole")
@payload("Assigned.", access=None)
async def resolve_assign_role(_: Any, info: Info, *, user_id: str, role: str) -> dict[str, Any]:
    access = info.context.services.access
    return {"access": await access.assign_role(info.context.actor, parse_user_id(user_id, "user_id"), role=role)}


@mutation.field("revokeRole")
@payload("Revoked.", access=None)
async def resolve_revoke_role(_: Any, info: Info, *, user_id: str, role: str) -> dict[str, Any]:
    access = info.context.services.access
    return {"access": await access.revoke_role(info.context.actor, parse_user_id(user_id, "user_id"), role=role)}


@mutation.field("grantPermission")
@payload("Granted.", access=None)
async def resolve_grant_permission(
    _: Any, info: Info, *, user_id: str, permission: str, expires_at: datetime | None = None
) -> dict[str, Any]:
    access = info.context.services.access
    granted = await access.grant(
        info.context.actor, parse_user_id(user_id, "user_id"), permission=permission, expires_at=expires_at
    )
    return {"access": granted}


@mutation.field("revokePermission")
@payload("Revoked.", access=None)
async def resolve_revoke_permission(_: Any, info: Info, *, user_id: str, permission: str) -> dict[str, Any]:
    access = info.context.services.access
    left = await access.revoke_grant(info.context.actor, parse_user_id(user_id, "user_id"), permission=permission)
    return {"access": left}


@mutation.field("banUser")
@payload("Banned.", user=None)
async def resolve_ban_user(_: Any, info: Info, *, user_id: str, reason: str) -> dict[str, Any]:
    members = info.context.services.members
    return {"user": await members.ban(info.context.actor, parse_user_id(user_id, "user_id"), reason=reason)}


@mutation.field("unbanUser")
@payload("No longer banned.", user=None)
async def resolve_unban_user(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    members = info.context.services.members
    return {"user": await members.unban(info.context.actor, parse_user_id(user_id, "user_id"))}
