"""What accounts may do at this moment: their roles and grants, added up."""

from socialfeed.application.ports.access import AccessReader
from socialfeed.application.ports.clock import Clock
from socialfeed.domain.permissions import BUILT_IN, Authority
from socialfeed.domain.user import User


class Authorities:
    """What accounts may do at this moment."""

    def __init__(self, reader: AccessReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    async def of(self, user: User) -> Authority:
        """Nothing, unless the account is active."""
        if not user.is_active:
            return Authority()
        return await self.granted_to(user)

    async def granted_to(self, user: User) -> Authority:
        """What the account may do while it is active."""
        roles = [BUILT_IN[name] for name in user.roles if name in BUILT_IN]
        custom = sorted(user.roles - BUILT_IN.keys())
        if custom:
            roles += (await self._reader.roles_by_names(custom)).values()
        return Authority.of(roles, await self._reader.grants_of(user.id), self._clock.now())
