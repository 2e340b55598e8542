"""Identity: registering, proving an address, signing in."""

import hashlib
from dataclasses import dataclass

from socialfeed.application import mails
from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.feeds.present import own_view
from socialfeed.application.ports.limits import Limit, RateLimiter
from socialfeed.application.ports.mail import Mailer
from socialfeed.application.ports.security import AccessToken, CodeHasher, PasswordHasher, Tokens
from socialfeed.application.ports.storage import UserReader
from socialfeed.application.views import UserView
from socialfeed.domain import text
from socialfeed.domain.errors import CodeRejected, InvalidCredentials, RateLimited
from socialfeed.domain.events import Envelope, VerificationRequested
from socialfeed.domain.permissions import ADMIN, Actor
from socialfeed.domain.user import OneTimeCode, User, check_password

_MAIL_CODE = "mail_code"


@dataclass(slots=True)
class SignedIn:
    access: AccessToken
    user: UserView


class Accounts:
    def __init__(
        self,
        commands: Commands,
        users: UserReader,
        passwords: PasswordHasher,
        codes: CodeHasher,
        tokens: Tokens,
        mailer: Mailer,
        limiter: RateLimiter,
        limit: Limit | None,
    ) -> None:
        self._commands = commands
        self._users = users
        self._passwords = passwords
        self._codes = codes
        self._tokens = tokens
        self._mailer = mailer
        self._limiter = limiter
        self._limit = limit

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
        await self._spend(actor, "register", email)
        check_password(password)
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
        await self._spend(actor, "resend", email)
        address = text.clean_email(email)
        async with self._commands.transaction() as tx:
            user = await tx.users.pending_by_email(address)
            if user is not None:
                await self._commands.publish(tx, VerificationRequested(user.id))

    async def verify_email(self, actor: Actor, *, email: str, code: str) -> UserView:
        """Activates the account. Raises `CodeRejected`; `EmailTaken` if another account was faster."""
        await self._spend(actor, "verify", email)
        user = await self._use_code(text.clean_email(email), code)
        if user is None:
            raise CodeRejected
        return own_view(user)

    async def _use_code(self, email: str, code: str) -> User | None:
        """Counts the try in a transaction that commits either way: the lock on the account puts parallel guesses in
        a row, so that no more than five are ever compared.
        """
        now = self._commands.clock.now()
        async with self._commands.transaction() as tx:
            user = await tx.users.pending_by_email(email)
            stored = await tx.codes.get(user.id) if user else None
            if user is None or stored is None or not stored.is_live(now):
                return None
            if not self._codes.matches(user.id, code, stored.code_hash):
                await tx.codes.put(stored.tried())
                return None
            await tx.codes.remove(user.id)
            await tx.users.save(user.verified())
            return user.verified()

    async def sign_in(self, actor: Actor, *, login: str, password: str) -> SignedIn:
        """By username or address. Raises `InvalidCredentials`, or `EmailNotVerified` to who knows the password."""
        await self._spend(actor, "sign-in", login)
        login = login.strip()
        user = await self._users.account_by_login(login.lower() if "@" in login else login)
        if not await self._passwords.verify(password, user.password_hash if user else None) or user is None:
            raise InvalidCredentials
        user.require_sign_in()
        return SignedIn(self._tokens.issue(user.id, self._commands.clock.now()), own_view(user))

    async def actor(self, token: str, address: str = "") -> Actor:
        """Who a token speaks for, with the permissions of this moment. Raises `Unauthenticated`."""
        user_id = self._tokens.verify(token, self._commands.clock.now())
        user = (await self._users.accounts_by_ids([user_id])).get(user_id)
        if user is None or not user.is_active:
            return Actor(address=address)
        return Actor(user_id, user.permissions, address)

    async def me(self, actor: Actor) -> UserView | None:
        if actor.user_id is None:
            return None
        user = (await self._users.accounts_by_ids([actor.user_id])).get(actor.user_id)
        return own_view(user) if user else None

    @regenerates_ids
    async def create_superuser(self, *, username: str, email: str, password: str) -> UserView:
        """An active administrator, for the command line. Raises `Invalid`, `UsernameTaken`, `EmailTaken`."""
        check_password(password)
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

    async def mail_code(self, envelope: Envelope) -> None:
        """Job: makes a code and mails it. The code is made here so that its plain form is never stored; a second
        delivery of the event sends a second mail only if the first run died before it was through.
        """
        event = envelope.event
        if not isinstance(event, VerificationRequested):
            return
        user = (await self._users.accounts_by_ids([event.user_id])).get(event.user_id)
        if user is None or user.is_active:
            return
        async with self._commands.uow() as tx:
            if await tx.inbox.seen(envelope.id, _MAIL_CODE):
                return
        owner = await self._users.account_by_login(user.email)
        if owner is not None and owner.is_active:
            await self._mailer.send(mails.address_known(owner))
        else:
            code = self._codes.new_code()
            stored = OneTimeCode.issue(
                self._commands.ids.code(),
                user.id,
                self._codes.hash(user.id, code),
                at=self._commands.clock.now(),
            )
            async with self._commands.uow() as tx:
                await tx.codes.put(stored)
            await self._mailer.send(mails.verification(user, code))
        async with self._commands.uow() as tx:
            await tx.inbox.claim(envelope.id, _MAIL_CODE, self._commands.clock.now())

    async def _spend(self, actor: Actor, action: str, account: str) -> None:
        """One try per address and per account named. Raises `RateLimited`; `Unavailable` when nobody can tell."""
        if self._limit is None:
            return
        digest = hashlib.sha256(account.strip().lower().encode(errors="replace")).hexdigest()[:32]
        keys = [f"{action}:account:{digest}"]
        if actor.address:
            keys.append(f"{action}:address:{actor.address}")
        for key in keys:
            verdict = await self._limiter.hit(key, self._limit)
            if not verdict.allowed:
                raise RateLimited(verdict.retry_after)
