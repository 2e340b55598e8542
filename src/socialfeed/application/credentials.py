"""What guards every way in: limits on tries, and one-time codes."""

import hashlib
import unicodedata

from socialfeed.application import mails
from socialfeed.application.commands import Commands
from socialfeed.application.ports.limits import Limit, RateLimiter
from socialfeed.application.ports.mail import Mailer
from socialfeed.application.ports.security import CodeHasher
from socialfeed.application.ports.storage import Transaction, UserReader
from socialfeed.domain.addresses import limit_key
from socialfeed.domain.errors import RateLimited
from socialfeed.domain.events import Envelope, PasswordResetRequested, VerificationRequested
from socialfeed.domain.permissions import Actor
from socialfeed.domain.user import CodePurpose, OneTimeCode, User

_MAIL_CODE = "mail_code"


class CredentialLimits:
    """So many tries per client address and per account named, whatever becomes of them."""

    def __init__(self, limiter: RateLimiter, limit: Limit | None) -> None:
        self._limiter = limiter
        self._limit = limit

    async def spend(self, actor: Actor, action: str, account: str = "") -> None:
        """Raises `RateLimited`; `Unavailable` when nobody can tell: then the door stays shut."""
        if self._limit is None:
            return
        # The client first: one that has no tries left must not use up those of other people's accounts.
        keys = []
        if actor.address:
            keys.append(f"{action}:address:{limit_key(actor.address)}")
        if account:
            spelled_once = unicodedata.normalize("NFC", account.lower()).strip()
            digest = hashlib.sha256(spelled_once.encode(errors="replace")).hexdigest()[:32]
            keys.append(f"{action}:account:{digest}")
        for key in keys:
            verdict = await self._limiter.hit(key, self._limit)
            if not verdict.allowed:
                raise RateLimited(verdict.retry_after)


class OneTimeCodes:
    """Six digits by mail. The code is made where it is mailed, so that its plain form is never stored."""

    def __init__(self, commands: Commands, users: UserReader, hasher: CodeHasher, mailer: Mailer) -> None:
        self._commands = commands
        self._users = users
        self._hasher = hasher
        self._mailer = mailer

    async def use(self, tx: Transaction, user: User, purpose: CodePurpose, code: str) -> bool:
        """Whether the code is right; then it is used up. A wrong one counts as a try, if the transaction commits: so
        it must. The lock on the stored code puts parallel guesses in a row, of which no more than five are compared.
        """
        stored = await tx.codes.get(user.id, purpose)
        if stored is None or not stored.is_live(self._commands.clock.now()):
            return False
        if not self._hasher.matches(user.id, purpose, code, stored.code_hash):
            await tx.codes.put(stored.tried())
            return False
        await tx.codes.remove(user.id, purpose)
        return True

    async def mail_code(self, envelope: Envelope) -> None:
        """Job: makes a code and mails it. A second delivery of the event sends a second mail only if the first run
        died before it was through.
        """
        event = envelope.event
        if not isinstance(event, VerificationRequested | PasswordResetRequested):
            return
        async with self._commands.uow() as tx:
            if await tx.inbox.seen(envelope.id, _MAIL_CODE):
                return
        user = (await self._users.accounts_by_ids([event.user_id])).get(event.user_id)
        if user is not None:
            await self._mail(user, isinstance(event, PasswordResetRequested))
        async with self._commands.uow() as tx:
            await tx.inbox.claim(envelope.id, _MAIL_CODE, self._commands.clock.now())

    async def _mail(self, user: User, is_reset: bool) -> None:
        if is_reset and user.is_active:
            await self._mailer.send(mails.reset(user, await self._new_code(user, CodePurpose.RESET)))
        elif not is_reset and not user.is_active:
            owner = await self._users.account_by_login(user.email)
            if owner is not None and owner.is_active:
                await self._mailer.send(mails.address_known(owner))
            else:
                await self._mailer.send(mails.verification(user, await self._new_code(user, CodePurpose.VERIFY)))

    async def _new_code(self, user: User, purpose: CodePurpose) -> str:
        code = self._hasher.new_code()
        code_hash = self._hasher.hash(user.id, purpose, code)
        stored = OneTimeCode.issue(
            self._commands.ids.code(), user.id, purpose, code_hash, at=self._commands.clock.now()
        )
        async with self._commands.uow() as tx:
            await tx.codes.put(stored)
        return code
