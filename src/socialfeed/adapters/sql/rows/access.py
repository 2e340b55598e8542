"""Custom roles and grants. Permissions that this version does not know are left out."""

from datetime import datetime

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.permissions import Grant, Permission, Role

_KNOWN = {permission.value: permission for permission in Permission}
_r, _g = tables.roles.c, tables.grants.c

ROLE = (_r.name, _r.permissions)


def role_from_row(row: Row) -> Role:
    name, permissions = row
    return Role(name, frozenset(_KNOWN[value] for value in permissions.split(",") if value in _KNOWN))


def role_values(role: Role, updated_at: datetime) -> Values:
    return {
        "name": role.name,
        "permissions": ",".join(sorted(permission.value for permission in role.permissions)),
        "updated_at": updated_at,
    }


GRANT = (_g.user_id, _g.permission, _g.granted_at, _g.expires_at)


def grant_from_row(row: Row) -> Grant | None:
    user_id, permission, granted_at, expires_at = row
    if permission not in _KNOWN:
        return None
    end = None if expires_at is None else to_datetime(expires_at)
    return Grant(user_id, _KNOWN[permission], to_datetime(granted_at), end)


def grant_values(grant: Grant) -> Values:
    return {
        "user_id": grant.user_id,
        "permission": grant.permission.value,
        "granted_at": grant.granted_at,
        "expires_at": grant.expires_at,
    }
