"""Names that operators type: what they stand for, or which were meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from socialfeed.domain.activity import Action
from socialfeed.domain.errors import Invalid, RoleNotFound, UserNotFound
from socialfeed.domain.permissions import OPERATOR, Permission, Role
from socialfeed.domain.user import UserStatus

if TYPE_CHECKING:
    from socialfeed.application.services import Services
    from socialfeed.application.views import MemberView

_SHOWN = 5


async def account(services: "Services", login: str) -> "MemberView":
    """By username or address. Raises `UserNotFound`."""
    try:
        return await services.members.find(OPERATOR, login)
    except UserNotFound:
        raise UserNotFound(f"There is no account {login!r}.") from None


async def living_account(services: "Services", login: str) -> "MemberView":
    """One that is not erased. Raises `UserNotFound`."""
    found = await account(services, login)
    if found.status == UserStatus.ERASED:
        raise UserNotFound(f"{found.user.username} is erased: there is nothing left to change.")
    return found


async def role(services: "Services", name: str) -> Role:
    """Raises `RoleNotFound`."""
    known = {role.name: role for role in await services.access.roles(OPERATOR)}
    if name not in known:
        raise RoleNotFound(f"There is no role {name!r}{_meant(name, known) or f'; there are {_listed(known)}'}.")
    return known[name]


def permission(name: str) -> Permission:
    """Raises `Invalid`."""
    if name not in set(Permission):
        raise Invalid(f"There is no permission {name!r}{_meant(name, Permission)}.", code="UNKNOWN_PERMISSION")
    return Permission(name)


def action(name: str) -> Action:
    """Raises `Invalid`."""
    if name not in set(Action):
        raise Invalid(f"There is no action {name!r}{_meant(name, Action)}.", code="UNKNOWN_ACTION")
    return Action(name)


def _meant(name: str, known: Iterable[str]) -> str:
    """Those that hold what was typed, then those that are spelled much the same."""
    names = [str(one) for one in known]
    holding = [one for one in names if name and name.lower() in one]
    close = get_close_matches(name.lower(), names, n=_SHOWN)
    found = list(dict.fromkeys([*holding, *close]))[:_SHOWN]
    return f"; close to it: {_listed(found)}" if found else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
