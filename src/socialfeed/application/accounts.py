"""Identity: registering, proving an address, changing and resetting a password."""

from collections.abc import Container

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.credentials import CredentialLimits, OneTimeCodes
from socialfeed.application.feeds.present import own_view
from socialfeed.application.ports.security import PasswordHasher
from socialfeed.application.ports.storage import UserReader
from socialfeed.application.sessions import Sessions, SignedIn
from socialfeed.application.views import UserView
from socialfeed.domain import text
from socialfeed.domain.errors import CodeRejected, InvalidCredentials, Unauthenticated
from socialfeed.domain.events import PasswordResetRequested, VerificationRequested
from socialfeed.domain.permissions import ADMIN, Actor
from socialfeed.domain.user import CodePurpose, User, check_password


class Accounts:
    def __init__(
        self,
        commands: Commands,
        users: UserReader,
        passwords: PasswordHasher,
        codes: OneTimeCodes,
        sessions: Sessions,
        limits: CredentialLimits,
        common_passwords: Container[str],
    ) -> None:
        self._commands = commands
        self._users = users
        self._passwords = passwords
        self._codes = codes
        self._sessions = sessions
        self._limits = limits
        self._common = common_passwords

    @regenerates_ids
    async def register(
        self,
        actor: Actor,
        *,
        username: str,
        email: str,
        password: str,
        first_name: str = "",
        last_name: str = "",
        bio: str = "",
    ) -> UserView:
        """An unverified account, and a code on its way. A known address gets the same answer and another mail; an
        unverified account that gave the same address before is replaced. Raises `Invalid`, `UsernameTaken`.
        """
        await self._limits.spend(actor, "register", email)
        check_password(password, self._common)
        user = User.register(
            self._commands.ids.user(),
            username=username,
            email=email,
            password_hash=await self._passwords.hash(password),
            first_name=first_name,
            last_name=last_name,
            bio=bio,
            at=self._commands.clock.now(),
        )
        async with self._commands.transaction() as tx:
            await tx.users.remove_pending(user.email)
            await tx.users.add(user)
            await self._commands.publish(tx, VerificationRequested(user.id))
        return own_view(user)

    async def resend_code(self, actor: Actor, *, email: str) -> None:
        """Sends another code where there is an account to verify; silent where there is none."""
        await self._limits.spend(actor, "resend", email)
        address = text.clean_email(email)
        async with self._commands.transaction() as tx:
            user = await tx.users.pending_by_email(address)
            if user is not None:
                await self._commands.publish(tx, VerificationRequested(user.id))

    async def verify_email(self, actor: Actor, *, email: str, code: str) -> UserView:
        """Activates the account. Raises `CodeRejected`; `EmailTaken` if another account was faster."""
        await self._limits.spend(actor, "verify", email)
        address = text.clean_email(email)
        verified: User | None = None
        async with self._commands.uow() as tx:
            user = await tx.users.pending_by_email(address)
            if user is not None and await self._codes.use(tx, user, CodePurpose.VERIFY, code):
                verified = user.verified()
                await tx.users.save(verified)
        if verified is None:
            raise CodeRejected
        return own_view(verified)

    async def request_password_reset(self, actor: Actor, *, email: str) -> None:
        """Mails a code where there is an account; silent where there is none."""
        await self._limits.spend(actor, "reset-request", email)
        address = text.clean_email(email)
        async with self._commands.transaction() as tx:
            user = await tx.users.active_by_email(address)
            if user is not None:
                await self._commands.publish(tx, PasswordResetRequested(user.id))

    async def reset_password(self, actor: Actor, *, email: str, code: str, new_password: str) -> None:
        """Sets the password and ends every session. Raises `CodeRejected`, `Invalid`."""
        await self._limits.spend(actor, "reset", email)
        check_password(new_password, self._common, field="new_password")
        address = text.clean_email(email)
        password_hash = await self._passwords.hash(new_password)
        changed: User | None = None
        async with self._commands.uow() as tx:
            found = await tx.users.active_by_email(address)
            user = await tx.users.get(found.id) if found else None
            if user is not None and await self._codes.use(tx, user, CodePurpose.RESET, code):
                changed = user.with_password(password_hash)
                await tx.users.save(changed)
                await self._sessions.end_all_in(tx, user.id)
        if changed is None:
            raise CodeRejected
        self._sessions.forget(changed.id)

    async def change_password(self, actor: Actor, *, current_password: str, new_password: str) -> SignedIn:
        """Ends every session and begins a new one. Raises `InvalidCredentials`, `Invalid`, `Unauthenticated`."""
        if actor.user_id is None:
            raise Unauthenticated
        await self._limits.spend(actor, "change-password", str(actor.user_id))
        check_password(new_password, self._common, field="new_password")
        known = (await self._users.accounts_by_ids([actor.user_id])).get(actor.user_id)
        if known is None or not await self._passwords.verify(current_password, known.password_hash):
            raise InvalidCredentials("The current password is wrong.", field="current_password")
        password_hash = await self._passwords.hash(new_password)
        async with self._commands.uow() as tx:
            user = await tx.users.get(actor.user_id)
            if user is None or user.password_hash != known.password_hash:
                raise InvalidCredentials("The current password is wrong.", field="current_password")
            changed = user.with_password(password_hash)
            await tx.users.save(changed)
            await self._sessions.end_all_in(tx, user.id)
        self._sessions.forget(changed.id)
        return await self._sessions.begin(actor, changed)

    async def me(self, actor: Actor) -> UserView | None:
        if actor.user_id is None:
            return None
        user = (await self._users.accounts_by_ids([actor.user_id])).get(actor.user_id)
        return own_view(user) if user else None

    @regenerates_ids
    async def create_superuser(self, *, username: str, email: str, password: str) -> UserView:
        """An active administrator, for the command line. Raises `Invalid`, `UsernameTaken`, `EmailTaken`."""
        check_password(password, self._common)
        user = User.register(
            self._commands.ids.user(),
            username=username,
            email=email,
            password_hash=await self._passwords.hash(password),
            at=self._commands.clock.now(),
        )
        user = user.verified().with_role(ADMIN.name)
        async with self._commands.transaction() as tx:
            await tx.users.add(user)
        return own_view(user)
