"""Signing in, staying signed in, and ending it everywhere."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from socialfeed.application.accounts.authorities import Authorities
from socialfeed.application.accounts.credentials import CredentialLimits
from socialfeed.application.accounts.verified import Verified, VerifiedTokens
from socialfeed.application.activity import ActivityNotes
from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.feeds.present import own_view
from socialfeed.application.ports.readers import SessionReader, UserReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.ports.security import AccessToken, PasswordHasher, RefreshToken, RefreshTokens, Tokens
from socialfeed.application.views import SessionView, UserView
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain.activity import Action, Outcome
from socialfeed.domain.errors import InvalidCredentials, InvalidRefreshToken, SessionNotFound, Unauthenticated
from socialfeed.domain.events import ProfileChanged
from socialfeed.domain.ids import EventId, SessionId, UserId
from socialfeed.domain.permissions import Actor
from socialfeed.domain.session import Session
from socialfeed.domain.user import User

log = logging.getLogger(__name__)

WATCH_EVERY = 0.5
"""Seconds between two looks at what other processes revoked."""

WATCHED = timedelta(minutes=3)
"""How far each look reaches back: beyond the longest transaction, and clocks that differ."""


@dataclass(slots=True)
class SignedIn:
    access: AccessToken
    refresh_token: str
    user: UserView


class Sessions:
    def __init__(
        self,
        commands: Commands,
        users: UserReader,
        sessions: SessionReader,
        passwords: PasswordHasher,
        tokens: Tokens,
        refresh_tokens: RefreshTokens,
        limits: CredentialLimits,
        verified: VerifiedTokens,
        authorities: Authorities,
        freshness: Freshness,
        notes: ActivityNotes,
    ) -> None:
        self._commands = commands
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._limits = limits
        self._verified = verified
        self._authorities = authorities
        self._freshness = freshness
        self._notes = notes

    async def sign_in(self, actor: Actor, *, login: str, password: str) -> SignedIn:
        """By username or address. A deactivated account is active again. Raises `InvalidCredentials`; to who knows the
        password, `EmailNotVerified` or `AccountBanned`.
        """
        login = login.strip()
        # By what was typed, not by whose it is: else using up the tries of a name would tell whether an address is its.
        await self._limits.spend(actor, Action.SESSION_BEGIN, login)
        await self._limits.try_password(actor, login)
        user = await self._users.account_by_login(login.lower() if "@" in login else login)
        if not await self._passwords.verify(password, user.password_hash if user else None) or user is None:
            self._notes.note(actor, Action.SESSION_BEGIN, Outcome.REFUSED, user.id if user else None)
            raise InvalidCredentials
        await self._limits.knew_password(login)
        user.require_sign_in()
        stronger = None
        if self._passwords.needs_rehash(user.password_hash):
            stronger = await self._passwords.hash(password)
        return await self.begin(actor, user, rehashed=stronger)

    @regenerates_ids
    async def begin(self, actor: Actor, user: User, *, rehashed: str | None = None) -> SignedIn:
        """A new session for a user who has proven to be it. The lock on the account keeps a session that is just being
        made from slipping past a change of the password or the end of all sessions. `rehashed` is the same password
        under the hasher's present parameters. Raises `InvalidCredentials`.
        """
        now = self._commands.clock.now()
        refresh = self._refresh_tokens.issue(self._commands.ids.session())
        session = Session.begin(
            refresh.session_id, user.id, refresh.token_hash, at=now, address=actor.address, user_agent=actor.user_agent
        )
        async with self._commands.transaction() as tx:
            known = await tx.users.get(user.id)
            if known is None or known.password_hash != user.password_hash:
                raise InvalidCredentials
            known.require_sign_in()
            if known.erase_at is not None and known.erase_at <= now:
                raise InvalidCredentials
            current = known if rehashed is None else known.with_password(rehashed)
            if returns := not current.is_active:
                current = current.returned()
                await self._commands.publish(tx, ProfileChanged(user.id))
            if current != known:
                await tx.users.save(current)
            await tx.sessions.add(session)
            if returns:
                await self._commands.record(tx, actor, Action.ACCOUNT_RETURN, user.id, by=user.id)
            await self._commands.record(tx, actor, Action.SESSION_BEGIN, session.id, by=user.id)
        if returns:
            await self._freshness.profile_changed(user.id)
        return self._signed_in(current, refresh)

    async def refresh(self, actor: Actor, *, refresh_token: str) -> SignedIn:
        """New tokens for old ones. A refresh token works once: a second use means that two parties hold it, and ends
        the session for both (RFC 9700, section 4.14.2). Not limited: nobody guesses 256 signed bits, and many honest
        clients share an address. Raises `InvalidRefreshToken`.
        """
        given = self._refresh_tokens.read(refresh_token)
        if given is None:
            raise InvalidRefreshToken
        # The account is read without a lock: whoever closes one ends its sessions, which the lock below would find.
        known = (await self._sessions.sessions_by_ids([given.session_id])).get(given.session_id)
        user = (await self._users.accounts_by_ids([known.user_id])).get(known.user_id) if known else None
        if user is None:
            raise InvalidRefreshToken
        next_token = self._refresh_tokens.issue(given.session_id)
        now = self._commands.clock.now()
        async with self._commands.uow() as tx:
            session = await tx.sessions.get(given.session_id)
            is_good = session is not None and session.is_live(now) and user.is_active
            if session is not None and is_good and session.token_hash == given.token_hash:
                await tx.sessions.save(session.refreshed(next_token.token_hash, now))
                return self._signed_in(user, next_token)
            if session is not None:
                await tx.sessions.remove(session.id)
                await self.revoke(tx, user.id)
                await self._commands.record(
                    tx, actor, Action.SESSION_REFRESH, session.id, by=user.id, outcome=Outcome.REFUSED
                )
        self.forget(user.id)
        raise InvalidRefreshToken

    async def actor(self, token: str, client: Actor) -> Actor:
        """Who a token speaks for, with the permissions of this moment; `client` says where it came from. Raises
        `Unauthenticated`: INVALID_TOKEN, TOKEN_EXPIRED or SESSION_ENDED.
        """
        now = self._commands.clock.now()
        known = self._verified.get(token, now)
        if known is None:
            claims = self._tokens.verify(token, now)
            mark = self._verified.mark
            session = (await self._sessions.sessions_by_ids([claims.session_id])).get(claims.session_id)
            user = (await self._users.accounts_by_ids([claims.user_id])).get(claims.user_id)
            if session is None or session.user_id != claims.user_id or user is None or not user.is_active:
                raise Unauthenticated("This session has ended. Sign in again.", code="SESSION_ENDED")
            authority = await self._authorities.of(user)
            until = min(claims.expires_at, authority.until or claims.expires_at)
            known = Verified(user.id, session.id, authority.permissions, until)
            self._verified.put(token, known, mark)
        return Actor(known.user_id, known.permissions, client.address, client.user_agent, known.session_id)

    async def end(self, actor: Actor, *, refresh_token: str) -> None:
        """Ends the session of a refresh token. Idempotent, and silent about tokens that were never ours."""
        given = self._refresh_tokens.read(refresh_token)
        if given is None:
            return
        async with self._commands.uow() as tx:
            session = await tx.sessions.get(given.session_id)
            if session is not None:
                await tx.sessions.remove(session.id)
                await self.revoke(tx, session.user_id)
                await self._commands.record(tx, actor, Action.SESSION_END, session.id, by=session.user_id)
        if session is not None:
            self._verified.revoke([session.user_id])

    async def log_out(self, actor: Actor) -> None:
        """Ends the session of this request. Raises `Unauthenticated`."""
        user_id = actor.signed_in
        if actor.session_id is not None:
            await self._end(actor, user_id, actor.session_id)

    async def log_out_everywhere(self, actor: Actor) -> None:
        """Ends every session of the viewer, this one too."""
        await self.end_all(actor, actor.signed_in)

    async def end_one(self, actor: Actor, session_id: SessionId) -> None:
        """Ends one of the viewer's own sessions. Raises `SessionNotFound`."""
        if not await self._end(actor, actor.signed_in, session_id):
            raise SessionNotFound(field="id")

    async def own(self, actor: Actor) -> Sequence[SessionView]:
        """The viewer's live sessions, the last used first."""
        return await self.of(actor, actor.signed_in)

    async def of(self, actor: Actor, user_id: UserId) -> Sequence[SessionView]:
        """Anybody's, for services that have checked who asks."""
        found = await self._sessions.sessions_of(user_id, self._commands.clock.now())
        return [_view(actor, session) for session in found]

    async def by_ids(self, actor: Actor, ids: Sequence[SessionId]) -> dict[SessionId, SessionView]:
        """The viewer's own that are live."""
        found = await self._sessions.sessions_by_ids(ids) if actor.user_id is not None else {}
        now = self._commands.clock.now()
        return {
            session_id: _view(actor, session)
            for session_id, session in found.items()
            if session.user_id == actor.user_id and session.is_live(now)
        }

    async def end_all(self, actor: Actor, user_id: UserId) -> None:
        """For services that have checked who asks."""
        async with self._commands.uow() as tx:
            await self.end_all_in(tx, user_id)
            await self._commands.record(tx, actor, Action.SESSION_END, user_id, by=actor.user_id)
        self.forget(user_id)

    async def end_all_in(self, tx: Transaction, user_id: UserId) -> None:
        """Within somebody else's transaction; `forget` must follow its commit."""
        await tx.sessions.remove_of(user_id)
        await self.revoke(tx, user_id)

    def forget(self, user_id: UserId) -> None:
        """What this process knows of the user's tokens, or of all tokens (`EVERYBODY`), is void."""
        self._verified.revoke([user_id])

    async def revoke(self, tx: Transaction, user_id: UserId) -> None:
        """Tells every process, once the transaction commits, that its knowledge of this user is void."""
        await tx.revocations.add(self._commands.ids.event(), user_id, self._commands.clock.now())

    async def watch(self) -> None:
        """Follows what other processes revoke, until cancelled. While the database cannot be asked nothing checked
        before counts.
        """
        seen: dict[EventId, UserId] = {}
        while True:
            try:
                recent = await self._sessions.revoked_since(self._commands.clock.now() - WATCHED)
                self._verified.revoke(recent[event_id] for event_id in recent.keys() - seen.keys())
                seen = recent
            except Exception as error:
                self._verified.clear()
                log.warning("revocations cannot be followed: %s", type(error).__name__)
            await asyncio.sleep(WATCH_EVERY)

    async def _end(self, actor: Actor, user_id: UserId, session_id: SessionId) -> bool:
        async with self._commands.uow() as tx:
            session = await tx.sessions.get(session_id)
            if session is None or session.user_id != user_id:
                return False
            await tx.sessions.remove(session_id)
            await self.revoke(tx, user_id)
            await self._commands.record(tx, actor, Action.SESSION_END, session_id)
        self.forget(user_id)
        return True

    def _signed_in(self, user: User, refresh: RefreshToken) -> SignedIn:
        access = self._tokens.issue(user.id, refresh.session_id, self._commands.clock.now())
        return SignedIn(access, refresh.token, own_view(user))


def _view(actor: Actor, session: Session) -> SessionView:
    return SessionView(
        id=session.id,
        created_at=session.created_at,
        used_at=session.used_at,
        expires_at=session.expires_at,
        address=session.address,
        user_agent=session.user_agent,
        is_current=session.id == actor.session_id,
    )
