"""Drafts, and posts that are planned. To everybody but its author a draft is not there."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from socialfeed.application.accounts.authorities import Authorities
from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.guard import Guard
from socialfeed.application.idempotency import Once
from socialfeed.application.paging import Cursors, check_size
from socialfeed.application.ports.keeping import DraftReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.posts.publishing import Publisher
from socialfeed.application.posts.service import Posts
from socialfeed.application.views import ConnectionView, PostView
from socialfeed.domain.activity import Action
from socialfeed.domain.draft import DRAFTS_MAX, Draft
from socialfeed.domain.errors import DraftNotFound, Forbidden, Invalid, MediaAttached, MediaFailed, MediaNotFound
from socialfeed.domain.ids import DraftId, MediaId, PostId, UserId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.post import Post, PostChanges, PostOptions, clean_content

log = logging.getLogger(__name__)

_DUE_AT_ONCE = 100

_FOR_ITS_AUTHOR = (Invalid, Forbidden, MediaNotFound, MediaAttached, MediaFailed)
"""Why a draft is not published that trying again does not change."""


class Drafts:
    def __init__(
        self,
        commands: Commands,
        reader: DraftReader,
        posts: Posts,
        publisher: Publisher,
        once: Once,
        authorities: Authorities,
        cursors: Cursors,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._reader = reader
        self._posts = posts
        self._publisher = publisher
        self._once = once
        self._authorities = authorities
        self._cursors = cursors
        self._guard = guard

    @regenerates_ids
    async def create(
        self,
        actor: Actor,
        *,
        media_ids: Sequence[MediaId] = (),
        scheduled_at: datetime | None = None,
        idempotency_key: str | None = None,
        **options: Unpack[PostOptions],
    ) -> Draft:
        """With a moment it is published then, give or take a minute. With a key, a request that is sent again gets the
        draft of the first. Raises `Invalid` (INVALID_SCHEDULE, TOO_MANY_DRAFTS, …), as `MediaItems.hold`,
        `IdempotencyKeyReused`, and `DraftNotFound` where that draft is gone.
        """
        author_id = self._guard.require(actor, Permission.POST_CREATE)
        draft_id, now = self._commands.ids.draft(), self._commands.clock.now()
        request = {**options, "media": media_ids, "scheduled_at": scheduled_at and scheduled_at.isoformat()}
        async with self._commands.transaction() as tx:
            # First of all: a request that is sent again late must not fail because its moment is too near by now.
            made = await self._once.made_before(tx, author_id, idempotency_key, request, draft_id)
            if made is None:
                draft = Draft.write(
                    draft_id, author_id, **options, media_ids=media_ids, scheduled_at=scheduled_at, at=now
                )
                await self._make_room(tx, author_id)
                await tx.drafts.add(draft)
                if media_ids:
                    await tx.media.hold(draft_id, author_id, media_ids)
                await self._commands.record(tx, actor, Action.DRAFT_CREATE, draft_id)
                return draft
        return await self._require(author_id, DraftId(made))

    async def update(
        self,
        actor: Actor,
        draft_id: DraftId,
        *,
        media_ids: Sequence[MediaId] | None = None,
        scheduled_at: datetime | None = None,
        is_planned: bool = True,
        **changes: Unpack[PostChanges],
    ) -> Draft:
        """See `Draft.edited`. Raises `DraftNotFound`, `Invalid`, and as `MediaItems.hold`."""
        author_id = self._guard.require(actor, Permission.POST_CREATE)
        now = self._commands.clock.now()
        async with self._commands.transaction() as tx:
            draft = await _owned(tx, author_id, draft_id)
            edited = draft.edited(
                **changes, media_ids=media_ids, scheduled_at=scheduled_at, is_planned=is_planned, at=now
            )
            await tx.drafts.save(edited)
            # Who plans it anew learns now, and not when it is due, that some of them are gone.
            if media_ids is not None or scheduled_at is not None:
                await tx.media.hold(draft_id, author_id, edited.media_ids)
            await self._commands.record(tx, actor, Action.DRAFT_UPDATE, draft_id)
        return edited

    async def delete(self, actor: Actor, draft_id: DraftId) -> None:
        """Also for whoever may not post any more. Its media are in no draft any more. Raises `DraftNotFound`."""
        author_id = actor.signed_in
        async with self._commands.transaction() as tx:
            await _owned(tx, author_id, draft_id)
            await tx.media.hold(draft_id, author_id, ())
            await tx.drafts.remove(draft_id)
            await self._commands.record(tx, actor, Action.DRAFT_DELETE, draft_id)

    @regenerates_ids
    async def publish(self, actor: Actor, draft_id: DraftId) -> PostView:
        """Now, whenever it was planned for. Once, however often it is asked for. Raises `DraftNotFound`, `Invalid`,
        and as `MediaItems.attach`.
        """
        author_id = self._guard.require(actor, Permission.POST_CREATE)
        async with self._commands.transaction() as tx:
            draft = await _owned(tx, author_id, draft_id)
            post_id = await self._publish(tx, actor, draft)
        await self._publisher.published(author_id)
        return await self._posts.require(actor, post_id)

    async def by_ids(self, actor: Actor, ids: Sequence[DraftId]) -> dict[DraftId, Draft]:
        """The actor's own."""
        found = await self._reader.drafts_by_ids(ids) if actor.user_id is not None else {}
        return {draft_id: draft for draft_id, draft in found.items() if draft.author_id == actor.user_id}

    async def page(
        self, actor: Actor, *, scheduled: bool | None = None, first: int, after: str | None = None
    ) -> ConnectionView[Draft]:
        """The actor's own, newest first: those that are planned, those that are not, or all. Raises `Invalid`."""
        author_id = actor.signed_in
        check_size(first, "first")
        listing = self._cursors.of("drafts", author_id, "" if scheduled is None else str(scheduled))
        position = listing.position(after)
        before = None if position is None else DraftId(position)
        found = await self._reader.page(author_id, scheduled=scheduled, limit=first + 1, before=before)
        return listing.connection(found[:first], has_next=len(found) > first, after=after)

    async def publish_due(self) -> int:
        """Publishes what is due, each once in any number of processes; returns how many. What cannot be published stays
        with the reason; what failed for want of a service is due the next time, and holds up nothing else.
        """
        published, tried = 0, set[DraftId]()
        while True:
            due = await self._reader.due(self._commands.clock.now(), limit=_DUE_AT_ONCE + len(tried))
            untried = [draft for draft in due if draft.id not in tried]
            if not untried:
                return published
            for draft in untried:
                tried.add(draft.id)
                try:
                    published += await self._publish_planned(draft.id, draft.author_id)
                except Exception as error:
                    log.warning("draft %d is not published yet: %s", draft.id, type(error).__name__)

    @regenerates_ids
    async def _publish_planned(self, draft_id: DraftId, author_id: UserId) -> bool:
        """False where it is not due any more, or failed."""
        async with self._commands.transaction() as tx:
            author = await tx.users.get(author_id)
            draft = await tx.drafts.locked(draft_id)
            # Its author, or another process, may have been faster.
            if author is None or draft is None or not draft.is_due(self._commands.clock.now()):
                return False
            actor = Actor(author_id, (await self._authorities.of(author)).permissions)
            try:
                if Permission.POST_CREATE not in actor.permissions:
                    raise Forbidden
                await self._publish(tx, actor, draft)
            except _FOR_ITS_AUTHOR as error:
                await tx.drafts.save(draft.failed(error.code))
                await self._commands.record(tx, actor, Action.DRAFT_FAIL, draft_id, details={"code": error.code})
                return False
        await self._publisher.published(author_id)
        return True

    async def _publish(self, tx: Transaction, actor: Actor, draft: Draft) -> PostId:
        """Makes a post of the draft, which is locked: a new one, as its place in feeds goes by when it is published.
        Where it is refused, nothing is written.
        """
        named = await self._publisher.named_in(clean_content(draft.content))
        post = Post.write(
            self._commands.ids.post(),
            draft.author_id,
            **draft.options,
            tags=named.tags,
            mentions=named.mentions,
            at=self._commands.clock.now(),
        )
        if draft.media_ids:
            await tx.media.attach(post.id, draft.author_id, draft.media_ids, draft_id=draft.id)
        await tx.drafts.remove(draft.id)
        await self._publisher.publish(tx, actor, post)
        return post.id

    async def _make_room(self, tx: Transaction, author_id: UserId) -> None:
        await tx.users.get(author_id)  # The lock that all wait for who add one.
        if await tx.drafts.count_of(author_id) >= DRAFTS_MAX:
            raise Invalid(f"At most {DRAFTS_MAX} drafts, please.", code="TOO_MANY_DRAFTS")

    async def _require(self, author_id: UserId, draft_id: DraftId) -> Draft:
        draft = (await self._reader.drafts_by_ids([draft_id])).get(draft_id)
        if draft is None or draft.author_id != author_id:
            raise DraftNotFound(field="draft_id")
        return draft


async def _owned(tx: Transaction, author_id: UserId, draft_id: DraftId) -> Draft:
    """The draft, locked. Raises `DraftNotFound`, of somebody else's too."""
    draft = await tx.drafts.locked(draft_id)
    if draft is None or draft.author_id != author_id:
        raise DraftNotFound(field="draft_id")
    return draft
