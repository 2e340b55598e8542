"""What guards every way in: limits on tries, and one-time codes."""

import hashlib
import unicodedata
from datetime import timedelta

from socialfeed.application.activity import ActivityNotes
from socialfeed.application.commands import Commands
from socialfeed.application.ports.limits import Limit, RateLimiter
from socialfeed.application.ports.mail import Mailer
from socialfeed.application.ports.readers import UserReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.ports.security import CodeHasher
from socialfeed.application.work import mails
from socialfeed.domain.activity import Action, Outcome
from socialfeed.domain.addresses import limit_key
from socialfeed.domain.errors import RateLimited
from socialfeed.domain.events import EmailChangeRequested, Envelope, PasswordResetRequested, VerificationRequested
from socialfeed.domain.permissions import Actor
from socialfeed.domain.user import CodePurpose, OneTimeCode, User

_MAIL_CODE = "mail_code"


FAILURES = Limit(50, timedelta(days=1))
"""Wrong passwords that a login forgives: beyond these it takes one try in half an hour. An account has two logins, its
name and its address, so this makes the hundred of NIST 800-63B, section 3.2.2. A good password is not counted.
"""


class CredentialLimits:
    """So many tries per client address and per account named, whatever becomes of them."""

    def __init__(self, limiter: RateLimiter, limit: Limit | None, notes: ActivityNotes) -> None:
        self._limiter = limiter
        self._limit = limit
        self._notes = notes

    async def spend(self, actor: Actor, action: Action, account: str) -> None:
        """Raises `RateLimited`; `Unavailable` when nobody can tell: then the door stays shut."""
        if self._limit is None:
            return
        # The client first: one that has no tries left must not use up those of other people's accounts.
        if actor.address:
            await self._hit(actor, action, f"{action}:address:{limit_key(actor.address)}", self._limit)
        await self._hit(actor, action, f"{action}:account:{_digest(account)}", self._limit)

    async def try_password(self, actor: Actor, account: str) -> None:
        """Counts a password as wrong until `knew_password`. Raises as `spend` does."""
        if self._limit is not None:
            await self._hit(actor, Action.SESSION_BEGIN, f"failures:{_digest(account)}", FAILURES)

    async def knew_password(self, account: str) -> None:
        if self._limit is not None:
            await self._limiter.give_back(f"failures:{_digest(account)}", FAILURES)

    async def _hit(self, actor: Actor, action: Action, key: str, limit: Limit) -> None:
        verdict = await self._limiter.hit(key, limit)
        if not verdict.allowed:
            self._notes.note(actor, action, Outcome.LIMITED)
            raise RateLimited(verdict.retry_after)


def _digest(account: str) -> str:
    """One for all spellings of a name or an address, and none of them to read in the store."""
    spelled_once = unicodedata.normalize("NFC", account.lower()).strip()
    return hashlib.sha256(spelled_once.encode(errors="replace")).hexdigest()[:32]


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
        if not self._hasher.matches(user.id, _bound(user, purpose), code, stored.code_hash):
            await tx.codes.put(stored.tried())
            return False
        await tx.codes.remove(user.id, purpose)
        return True

    async def mail_code(self, envelope: Envelope) -> None:
        """Job: makes a code and mails it. A second delivery of the event sends a second mail only if the first run
        died before it was through.
        """
        event = envelope.event
        if not isinstance(event, VerificationRequested | PasswordResetRequested | EmailChangeRequested):
            return
        async with self._commands.uow() as tx:
            if await tx.inbox.seen(envelope.id, _MAIL_CODE):
                return
        user = (await self._users.accounts_by_ids([event.user_id])).get(event.user_id)
        if user is not None:
            match event:
                case VerificationRequested():
                    await self._mail_verification(user)
                case PasswordResetRequested():
                    await self._mail_reset(user)
                case EmailChangeRequested():
                    await self._mail_new_address(user)
        async with self._commands.uow() as tx:
            await tx.inbox.claim(envelope.id, _MAIL_CODE, self._commands.clock.now())

    async def _mail_verification(self, user: User) -> None:
        if user.is_proven:
            return
        owner = await self._users.account_by_login(user.email)
        if owner is not None and owner.is_proven:
            await self._mailer.send(mails.address_known(owner))
        else:
            await self._mailer.send(mails.verification(user, await self._new_code(user, CodePurpose.VERIFY)))

    async def _mail_reset(self, user: User) -> None:
        if user.is_proven:
            await self._mailer.send(mails.reset(user, await self._new_code(user, CodePurpose.RESET)))

    async def _mail_new_address(self, user: User) -> None:
        """To the old address, too: whoever took over an account must not move it away in silence."""
        if user.new_email is None:
            return
        owner = await self._users.account_by_login(user.new_email)
        if owner is not None and owner.is_proven:
            await self._mailer.send(mails.address_in_use(owner))
        else:
            code = await self._new_code(user, CodePurpose.EMAIL)
            await self._mailer.send(mails.new_address(user, user.new_email, code))
        await self._mailer.send(mails.address_leaving(user))

    async def _new_code(self, user: User, purpose: CodePurpose) -> str:
        code = self._hasher.new_code()
        code_hash = self._hasher.hash(user.id, _bound(user, purpose), code)
        stored = OneTimeCode.issue(
            self._commands.ids.code(), user.id, purpose, code_hash, at=self._commands.clock.now()
        )
        async with self._commands.uow() as tx:
            await tx.codes.put(stored)
        return code


def _bound(user: User, purpose: CodePurpose) -> str:
    """What a code is good for. One for a new address proves that address alone, whatever was asked for since."""
    return f"{purpose}:{user.new_email}" if purpose is CodePurpose.EMAIL else purpose.value
