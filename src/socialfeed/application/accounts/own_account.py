"""What the owner of an account does with it: its profile, its address, leaving and coming back."""

from datetime import datetime

from socialfeed.application.accounts.credentials import CredentialLimits, OneTimeCodes
from socialfeed.application.accounts.service import Passwords, wrong_password
from socialfeed.application.accounts.sessions import Sessions
from socialfeed.application.commands import Commands
from socialfeed.application.feeds.present import own_view
from socialfeed.application.guard import Guard
from socialfeed.application.ports.readers import UserReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.views import UserView
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain.activity import Action, Outcome
from socialfeed.domain.errors import CodeRejected, Invalid, Unauthenticated
from socialfeed.domain.events import EmailChangeRequested, ProfileChanged
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import OPERATOR, Actor, Permission
from socialfeed.domain.user import ERASED_AFTER, CodePurpose, User

_BATCH = 100


class OwnAccount:
    def __init__(
        self,
        commands: Commands,
        users: UserReader,
        passwords: Passwords,
        codes: OneTimeCodes,
        sessions: Sessions,
        freshness: Freshness,
        limits: CredentialLimits,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._users = users
        self._passwords = passwords
        self._codes = codes
        self._sessions = sessions
        self._freshness = freshness
        self._limits = limits
        self._guard = guard

    async def update_profile(
        self,
        actor: Actor,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        bio: str | None = None,
        avatar_url: str | None = None,
        is_private: bool | None = None,
        locale: str | None = None,
    ) -> UserView:
        """None leaves a field as it is; an empty `avatar_url` removes the picture. Everybody sees the change on the
        next read. Raises `Invalid`, `Unauthenticated`.
        """
        user_id = self._guard.require(actor, Permission.ACCOUNT_UPDATE)
        async with self._commands.transaction() as tx:
            user = await _own(tx, user_id)
            changed = user.with_profile(
                first_name=first_name,
                last_name=last_name,
                bio=bio,
                avatar_url=avatar_url,
                is_private=is_private,
                locale=locale,
            )
            if changed != user:
                await tx.users.save(changed)
                await self._commands.publish(tx, ProfileChanged(user_id))
                await self._commands.record(tx, actor, Action.ACCOUNT_UPDATE, user_id)
        await self._freshness.profile_changed(user_id)
        return own_view(changed)

    async def change_email(self, actor: Actor, *, new_email: str, current_password: str) -> None:
        """Mails a code to the new address, and word of it to the old one. An address that belongs to another account
        gets the same answer. Raises `InvalidCredentials`, `Invalid`, `Unauthenticated`.
        """
        self._guard.require(actor, Permission.ACCOUNT_UPDATE)
        known = await self._passwords.confirm(actor, Action.ACCOUNT_REQUEST_EMAIL, current_password)
        if known.asking_for_email(new_email).new_email == known.email:
            raise Invalid("This is your address already.", code="SAME_EMAIL", field="new_email")
        async with self._commands.transaction() as tx:
            user = await _confirmed(tx, known)
            await tx.users.save(user.asking_for_email(new_email))
            await tx.codes.remove(user.id, CodePurpose.EMAIL)
            await self._commands.publish(tx, EmailChangeRequested(user.id))
            await self._commands.record(tx, actor, Action.ACCOUNT_REQUEST_EMAIL, user.id)

    async def confirm_email(self, actor: Actor, *, code: str) -> UserView:
        """Makes the new address the account's. Raises `CodeRejected`, `EmailTaken`, `Unauthenticated`."""
        user_id = self._guard.require(actor, Permission.ACCOUNT_UPDATE)
        await self._limits.spend(actor, Action.ACCOUNT_CHANGE_EMAIL, str(user_id))
        changed: User | None = None
        async with self._commands.uow() as tx:
            user = await _own(tx, user_id)
            if user.new_email is not None and await self._codes.use(tx, user, CodePurpose.EMAIL, code):
                changed = user.with_new_email()
                await tx.users.save(changed)
            outcome = Outcome.REFUSED if changed is None else Outcome.DONE
            await self._commands.record(tx, actor, Action.ACCOUNT_CHANGE_EMAIL, user_id, outcome=outcome)
        if changed is None:
            raise CodeRejected
        return own_view(changed)

    async def deactivate(self, actor: Actor, *, current_password: str) -> None:
        """Hides the account and all it wrote, and ends its sessions. Signing in brings it back. Raises
        `InvalidCredentials`, `Unauthenticated`.
        """
        self._guard.require(actor, Permission.ACCOUNT_DELETE)
        known = await self._passwords.confirm(actor, Action.ACCOUNT_DEACTIVATE, current_password)
        await self._leave(actor, known, Action.ACCOUNT_DEACTIVATE, None)

    async def delete(self, actor: Actor, *, current_password: str) -> datetime:
        """As `deactivate`, and erased after two weeks unless its owner signs in before. Returns that moment."""
        self._guard.require(actor, Permission.ACCOUNT_DELETE)
        known = await self._passwords.confirm(actor, Action.ACCOUNT_DELETE, current_password)
        erase_at = self._commands.clock.now() + ERASED_AFTER
        await self._leave(actor, known, Action.ACCOUNT_DELETE, erase_at)
        return erase_at

    async def erase_due(self) -> int:
        """Erases the accounts whose grace is over; returns how many. Safe in any number of processes."""
        erased = 0
        while due := await self._users.due_for_erasure(self._commands.clock.now(), limit=_BATCH):
            for user_id in due:
                erased += await self._erase(user_id)
        return erased

    async def _leave(self, actor: Actor, known: User, action: Action, erase_at: datetime | None) -> None:
        async with self._commands.transaction() as tx:
            user = await _confirmed(tx, known)
            await tx.users.save(user.deactivated(erase_at=erase_at))
            await self._sessions.end_all_in(tx, user.id)
            await self._commands.publish(tx, ProfileChanged(user.id))
            await self._commands.record(tx, actor, action, user.id)
        self._sessions.forget(known.id)
        await self._freshness.profile_changed(known.id)

    async def _erase(self, user_id: UserId) -> bool:
        async with self._commands.transaction() as tx:
            user = await tx.users.get(user_id)
            # Its owner, or another process, may have been faster.
            if user is None or user.erase_at is None or user.erase_at > self._commands.clock.now():
                return False
            await tx.users.save(user.erased())
            await tx.posts.blank_of(user_id)
            await tx.comments.blank_of(user_id)
            await tx.bookmarks.remove_of(user_id)
            await tx.pins.remove(user_id)
            await tx.drafts.remove_of(user_id)
            await tx.lists.remove_of(user_id)
            await tx.media.remove_of(user_id, self._commands.clock.now())
            for purpose in CodePurpose:
                await tx.codes.remove(user_id, purpose)
            await tx.grants.remove_of(user_id)
            await tx.muted_words.remove_of(user_id)
            await self._sessions.end_all_in(tx, user_id)
            await self._commands.publish(tx, ProfileChanged(user_id))
            await self._commands.record(tx, OPERATOR, Action.ACCOUNT_ERASE, user_id)
        self._sessions.forget(user_id)
        await self._freshness.profile_changed(user_id)
        return True


async def _own(tx: Transaction, user_id: UserId) -> User:
    user = await tx.users.get(user_id)
    if user is None or not user.is_active:
        raise Unauthenticated
    return user


async def _confirmed(tx: Transaction, known: User) -> User:
    """The account, if its password is still the one that was confirmed."""
    user = await _own(tx, known.id)
    if user.password_hash != known.password_hash:
        raise wrong_password()
    return user
