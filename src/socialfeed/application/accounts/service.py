"""Identity: registering, proving an address, changing and resetting a password."""

from collections.abc import Container

from socialfeed.application.accounts.credentials import CredentialLimits, OneTimeCodes
from socialfeed.application.accounts.sessions import Sessions, SignedIn
from socialfeed.application.activity import ActivityNotes
from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.feeds.present import own_view
from socialfeed.application.guard import Guard
from socialfeed.application.ports.readers import UserReader
from socialfeed.application.ports.security import PasswordHasher
from socialfeed.application.views import UserView
from socialfeed.domain import text
from socialfeed.domain.activity import Action, Outcome
from socialfeed.domain.errors import CodeRejected, InvalidCredentials
from socialfeed.domain.events import NOBODY, PasswordResetRequested, ProfileChanged, VerificationRequested
from socialfeed.domain.permissions import ADMIN, OPERATOR, Actor, Permission
from socialfeed.domain.user import CodePurpose, User, check_password


class Passwords:
    """Which passwords are good enough, and whether one is its owner's."""

    def __init__(
        self, users: UserReader, hasher: PasswordHasher, limits: CredentialLimits, common: Container[str]
    ) -> None:
        self._users = users
        self._hasher = hasher
        self._limits = limits
        self._common = common

    async def new(self, password: str, *, field: str = "password") -> str:
        """The hash of a password that somebody chose. Raises `Invalid`."""
        check_password(password, self._common, field=field)
        return await self._hasher.hash(password)

    def check(self, password: str, *, field: str = "password") -> None:
        """As `new`, before anything costly is done. Raises `Invalid`."""
        check_password(password, self._common, field=field)

    async def confirm(self, actor: Actor, action: Action, password: str) -> User:
        """The viewer's own account, if the viewer knows its password. Raises `Unauthenticated`, `InvalidCredentials`,
        `RateLimited`.
        """
        account = str(actor.signed_in)
        await self._limits.spend(actor, action, account)
        await self._limits.try_password(actor, account)
        known = (await self._users.accounts_by_ids([actor.signed_in])).get(actor.signed_in)
        if known is None or not await self._hasher.verify(password, known.password_hash):
            raise wrong_password()
        await self._limits.knew_password(account)
        return known


def wrong_password() -> InvalidCredentials:
    return InvalidCredentials("The current password is wrong.", field="current_password")


class Accounts:
    def __init__(
        self,
        commands: Commands,
        users: UserReader,
        passwords: Passwords,
        codes: OneTimeCodes,
        sessions: Sessions,
        limits: CredentialLimits,
        guard: Guard,
        notes: ActivityNotes,
    ) -> None:
        self._commands = commands
        self._users = users
        self._passwords = passwords
        self._codes = codes
        self._sessions = sessions
        self._limits = limits
        self._guard = guard
        self._notes = notes

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
        await self._limits.spend(actor, Action.ACCOUNT_REGISTER, email)
        user = User.register(
            self._commands.ids.user(),
            username=username,
            email=email,
            password_hash=await self._passwords.new(password),
            first_name=first_name,
            last_name=last_name,
            bio=bio,
            at=self._commands.clock.now(),
        )
        async with self._commands.transaction() as tx:
            await tx.users.remove_pending(user.email)
            await tx.users.add(user)
            await self._commands.publish(tx, VerificationRequested(user.id))
            await self._commands.record(tx, actor, Action.ACCOUNT_REGISTER, user.id, by=user.id)
        return own_view(user)

    async def resend_code(self, actor: Actor, *, email: str) -> None:
        """Sends another code where there is an account to verify; does the same work where there is none."""
        await self._limits.spend(actor, Action.ACCOUNT_RESEND, email)
        address = text.clean_email(email)
        async with self._commands.transaction() as tx:
            user = await tx.users.pending_by_email(address)
            await self._commands.publish(tx, VerificationRequested(user.id if user else NOBODY))
        self._notes.note(actor, Action.ACCOUNT_RESEND, Outcome.DONE, user.id if user else None)

    async def verify_email(self, actor: Actor, *, email: str, code: str) -> UserView:
        """Activates the account. Raises `CodeRejected`; `EmailTaken` if another account was faster."""
        await self._limits.spend(actor, Action.ACCOUNT_VERIFY, email)
        address = text.clean_email(email)
        verified: User | None = None
        async with self._commands.uow() as tx:
            user = await tx.users.pending_by_email(address)
            if user is not None and await self._codes.use(tx, user, CodePurpose.VERIFY, code):
                verified = user.verified()
                await tx.users.save(verified)
                await self._commands.publish(tx, ProfileChanged(user.id))
                await self._commands.record(tx, actor, Action.ACCOUNT_VERIFY, user.id, by=user.id)
        if verified is None:
            raise self._wrong_code(actor, Action.ACCOUNT_VERIFY, user)
        return own_view(verified)

    async def request_password_reset(self, actor: Actor, *, email: str) -> None:
        """Mails a code where there is an account; does the same work where there is none."""
        await self._limits.spend(actor, Action.ACCOUNT_REQUEST_RESET, email)
        address = text.clean_email(email)
        async with self._commands.transaction() as tx:
            user = await tx.users.proven_by_email(address)
            await self._commands.publish(tx, PasswordResetRequested(user.id if user else NOBODY))
        self._notes.note(actor, Action.ACCOUNT_REQUEST_RESET, Outcome.DONE, user.id if user else None)

    async def reset_password(self, actor: Actor, *, email: str, code: str, new_password: str) -> None:
        """Sets the password and ends every session. Raises `CodeRejected`, `Invalid`."""
        await self._limits.spend(actor, Action.ACCOUNT_RESET_PASSWORD, email)
        address = text.clean_email(email)
        password_hash = await self._passwords.new(new_password, field="new_password")
        changed: User | None = None
        async with self._commands.uow() as tx:
            found = await tx.users.proven_by_email(address)
            user = await tx.users.get(found.id) if found else None
            if user is not None and await self._codes.use(tx, user, CodePurpose.RESET, code):
                changed = user.with_password(password_hash)
                await tx.users.save(changed)
                await self._sessions.end_all_in(tx, user.id)
                await self._commands.record(tx, actor, Action.ACCOUNT_RESET_PASSWORD, user.id, by=user.id)
        if changed is None:
            raise self._wrong_code(actor, Action.ACCOUNT_RESET_PASSWORD, user)
        self._sessions.forget(changed.id)

    async def change_password(self, actor: Actor, *, current_password: str, new_password: str) -> SignedIn:
        """Ends every session and begins a new one. Raises `InvalidCredentials`, `Invalid`, `Unauthenticated`."""
        self._guard.require(actor, Permission.ACCOUNT_UPDATE)
        self._passwords.check(new_password, field="new_password")
        known = await self._passwords.confirm(actor, Action.ACCOUNT_CHANGE_PASSWORD, current_password)
        password_hash = await self._passwords.new(new_password, field="new_password")
        async with self._commands.uow() as tx:
            user = await tx.users.get(known.id)
            if user is None or user.password_hash != known.password_hash:
                raise wrong_password()
            changed = user.with_password(password_hash)
            await tx.users.save(changed)
            await self._sessions.end_all_in(tx, user.id)
            await self._commands.record(tx, actor, Action.ACCOUNT_CHANGE_PASSWORD, user.id)
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
        user = User.register(
            self._commands.ids.user(),
            username=username,
            email=email,
            password_hash=await self._passwords.new(password),
            at=self._commands.clock.now(),
        )
        user = user.verified().with_role(ADMIN.name)
        async with self._commands.transaction() as tx:
            await tx.users.add(user)
            await self._commands.publish(tx, ProfileChanged(user.id))
            await self._commands.record(tx, OPERATOR, Action.ACCOUNT_REGISTER, user.id, details={"role": ADMIN.name})
        return own_view(user)

    def _wrong_code(self, actor: Actor, action: Action, user: User | None) -> CodeRejected:
        self._notes.note(actor, action, Outcome.REFUSED, user.id if user else None)
        return CodeRejected()
