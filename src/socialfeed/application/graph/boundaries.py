"""Blocks, mutes, and words that somebody does not want to read."""

from collections.abc import Mapping, Sequence

from socialfeed.application.commands import Commands
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import user_views
from socialfeed.application.graph.service import Graph
from socialfeed.application.guard import Guard
from socialfeed.application.paging import Cursors, check_size
from socialfeed.application.ports.graph import GraphReader
from socialfeed.application.views import ConnectionView, UserView
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain.activity import Action
from socialfeed.domain.errors import Invalid
from socialfeed.domain.events import StandingChanged
from socialfeed.domain.graph import MUTED_WORDS_MAX, Block, Mute, MutedWord, MuteOf, clean_phrase
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Actor, Permission


class Boundaries:
    """What is lifted here may be lifted whether or not the account is still there."""

    def __init__(
        self,
        commands: Commands,
        graph: Graph,
        reader: GraphReader,
        hydrator: Hydrator,
        freshness: Freshness,
        cursors: Cursors,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._graph = graph
        self._reader = reader
        self._hydrator = hydrator
        self._freshness = freshness
        self._cursors = cursors
        self._guard = guard

    async def block(self, actor: Actor, user_id: UserId) -> None:
        """From the very next read on neither sees the other; follows and requests between the two end. Idempotent.
        Raises `UserNotFound`, `Invalid` (CANNOT_BLOCK_SELF).
        """
        blocker_id = self._guard.require(actor, Permission.USER_BLOCK)
        block = Block.start(blocker_id, user_id, at=self._commands.clock.now())
        # Somebody who blocks the viewer can be blocked, too, and must not be told apart from one who does not.
        async with self._commands.transaction() as tx:
            if not await tx.blocks.add(block):
                return
            for one, other in ((blocker_id, user_id), (user_id, blocker_id)):
                await tx.follows.remove(one, other)
                await tx.requests.remove(one, other)
            await self._commands.publish(tx, StandingChanged(blocker_id, user_id))
            await self._commands.record(tx, actor, Action.USER_BLOCK, user_id)
        await self._freshness.standing_changed(blocker_id, user_id)

    async def unblock(self, actor: Actor, user_id: UserId) -> None:
        """Idempotent. Nobody follows anybody again by it."""
        blocker_id = self._guard.require(actor, Permission.USER_BLOCK)
        async with self._commands.transaction() as tx:
            if await tx.blocks.remove(blocker_id, user_id):
                await self._commands.publish(tx, StandingChanged(blocker_id, user_id))
                await self._commands.record(tx, actor, Action.USER_UNBLOCK, user_id)
        await self._freshness.standing_changed(blocker_id, user_id)

    async def mute(
        self, actor: Actor, user_id: UserId, *, kinds: Sequence[MuteOf] = (MuteOf.ALL,), minutes: int | None = None
    ) -> UserView:
        """In place of an earlier mute. For `minutes`, or for good. Raises `UserNotFound`, `Invalid`."""
        muter_id = self._guard.require(actor, Permission.USER_MUTE)
        mute = Mute.start(muter_id, user_id, kinds, minutes=minutes, at=self._commands.clock.now())
        view = await self._graph.require(actor, user_id)
        async with self._commands.transaction() as tx:
            await tx.mutes.put(mute)
            await self._commands.publish(tx, StandingChanged(muter_id, user_id))
            await self._commands.record(tx, actor, Action.USER_MUTE, user_id)
        await self._freshness.standing_changed(muter_id, user_id)
        return view

    async def unmute(self, actor: Actor, user_id: UserId) -> None:
        """Idempotent."""
        muter_id = self._guard.require(actor, Permission.USER_MUTE)
        async with self._commands.transaction() as tx:
            if await tx.mutes.remove(muter_id, user_id):
                await self._commands.publish(tx, StandingChanged(muter_id, user_id))
                await self._commands.record(tx, actor, Action.USER_UNMUTE, user_id)
        await self._freshness.standing_changed(muter_id, user_id)

    async def mute_word(self, actor: Actor, phrase: str, *, minutes: int | None = None) -> MutedWord:
        """A word, a phrase, or a tag with its `#`; at most 200 at a time, those that are over not counted. Raises
        `Invalid` (TOO_MANY, INVALID_PHRASE, …).
        """
        user_id = self._guard.require(actor, Permission.USER_MUTE)
        now = self._commands.clock.now()
        word = MutedWord.mute(user_id, phrase, minutes=minutes, at=now)
        async with self._commands.transaction() as tx:
            others = [known for known in await tx.muted_words.of(user_id) if known.phrase != word.phrase]
            for known in others:
                if known.is_over(now):
                    await tx.muted_words.remove(user_id, known.phrase)
            if sum(not known.is_over(now) for known in others) >= MUTED_WORDS_MAX:
                raise Invalid(f"At most {MUTED_WORDS_MAX} words, please.", code="TOO_MANY", field="phrase")
            await tx.muted_words.put(word)
            await self._commands.publish(tx, StandingChanged(user_id, user_id))
            await self._commands.record(tx, actor, Action.WORD_MUTE)
        await self._freshness.standing_changed(user_id, user_id)
        return word

    async def unmute_word(self, actor: Actor, phrase: str) -> None:
        """Idempotent. Raises `Invalid`."""
        user_id = self._guard.require(actor, Permission.USER_MUTE)
        folded = clean_phrase(phrase)
        async with self._commands.transaction() as tx:
            if await tx.muted_words.remove(user_id, folded):
                await self._commands.publish(tx, StandingChanged(user_id, user_id))
                await self._commands.record(tx, actor, Action.WORD_UNMUTE)
        await self._freshness.standing_changed(user_id, user_id)

    async def muted_words(self, actor: Actor) -> list[MutedWord]:
        """In order of the phrase."""
        user_id = self._guard.require(actor, Permission.USER_MUTE)
        now = self._commands.clock.now()
        return [word for word in await self._reader.muted_words(user_id) if not word.is_over(now)]

    async def blocked(self, actor: Actor, *, first: int, after: str | None = None) -> ConnectionView[UserView]:
        """Whom the viewer blocks, the oldest accounts first."""
        blocker_id = self._guard.require(actor, Permission.USER_BLOCK)
        check_size(first, "first")

        async def read(limit: int, position: int | None) -> Sequence[UserId]:
            return await self._reader.blocked(blocker_id, limit=limit, after=_user(position))

        return await self._cursors.of("blocked", blocker_id).refilled(first, after, read, int, self._active)

    async def muted(self, actor: Actor, *, first: int, after: str | None = None) -> ConnectionView[UserView]:
        """Whom the viewer mutes, the oldest accounts first."""
        muter_id = self._guard.require(actor, Permission.USER_MUTE)
        check_size(first, "first")
        now = self._commands.clock.now()

        async def read(limit: int, position: int | None) -> Sequence[Mute]:
            return await self._reader.muted(muter_id, limit=limit, after=_user(position))

        async def keep(mutes: Sequence[Mute]) -> Mapping[UserId, UserView]:
            live = [mute.muted_id for mute in mutes if not mute.is_over(now)]
            return user_views(await self._hydrator.accounts(actor, live))

        listing = self._cursors.of("muted", muter_id)
        return await listing.refilled(first, after, read, lambda mute: mute.muted_id, keep)

    async def _active(self, user_ids: Sequence[UserId]) -> Mapping[UserId, UserView]:
        """One's own blocks are shown to the end, whoever blocks back: what is told is what the viewer did."""
        profiles = await self._hydrator.profiles(user_ids)
        return user_views({user_id: profile for user_id, profile in profiles.items() if profile.is_active})


def _user(position: int | None) -> UserId | None:
    return None if position is None else UserId(position)
