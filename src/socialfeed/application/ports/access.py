"""Custom roles and grants. The built-in roles are in the domain and never stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Grant, Permission, Role


class Roles(Protocol):
    """Custom roles, in a transaction."""

    async def get(self, name: str) -> Role | None:
        """Locks it, as every `get` of a transaction does."""

    async def add(self, role: Role, at: datetime) -> None:
        """Raises `RoleExists`."""

    async def save(self, role: Role, at: datetime) -> None:
        """Replaces the permissions of the stored role of this name. Raises `RoleNotFound`."""


class Grants(Protocol):
    """Permissions of single users, in a transaction."""

    async def put(self, grant: Grant) -> None:
        """Stores the grant in place of any other of the same user and permission."""

    async def remove(self, user_id: UserId, permission: Permission) -> bool:
        """Whether there was one, expired or not."""

    async def remove_of(self, user_id: UserId) -> None:
        """All of the user's grants. Idempotent."""


class AccessReader(Protocol):
    async def roles(self) -> list[Role]:
        """Every custom role, by name."""

    async def roles_by_names(self, names: Sequence[str]) -> dict[str, Role]: ...

    async def grants_of(self, user_id: UserId) -> list[Grant]:
        """By permission; those that expired may be among them. A permission that this version does not know is left
        out, here and in roles.
        """
