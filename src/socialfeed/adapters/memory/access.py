"""Custom roles and grants, written and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from socialfeed.adapters.memory.database import Changes, Database
from socialfeed.domain.errors import RoleExists, RoleNotFound
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Grant, Permission, Role


@dataclass(frozen=True, slots=True)
class MemoryRoles:
    changes: Changes

    async def get(self, name: str) -> Role | None:
        return self.changes.roles.get(name)

    async def add(self, role: Role, at: datetime) -> None:
        if self.changes.roles.get(role.name) is not None:
            raise RoleExists
        self.changes.roles.put(role.name, role)

    async def save(self, role: Role, at: datetime) -> None:
        if self.changes.roles.get(role.name) is None:
            raise RoleNotFound
        self.changes.roles.put(role.name, role)


@dataclass(frozen=True, slots=True)
class MemoryGrants:
    changes: Changes

    async def put(self, grant: Grant) -> None:
        self.changes.grants.put((grant.user_id, grant.permission), grant)

    async def remove(self, user_id: UserId, permission: Permission) -> bool:
        return self.changes.grants.remove((user_id, permission)) is not None

    async def remove_of(self, user_id: UserId) -> None:
        for grant in self.changes.grants.matching(self.changes.database.grants_by_user, user_id):
            self.changes.grants.remove((user_id, grant.permission))


@dataclass(frozen=True, slots=True)
class MemoryAccessReader:
    database: Database

    async def roles(self) -> list[Role]:
        return sorted(self.database.roles.rows.values(), key=lambda role: role.name)

    async def roles_by_names(self, names: Sequence[str]) -> dict[str, Role]:
        return self.database.roles.by_keys(names)

    async def grants_of(self, user_id: UserId) -> list[Grant]:
        grants = self.database.grants
        return list(grants.by_keys(self.database.grants_by_user.keys(user_id)).values())
