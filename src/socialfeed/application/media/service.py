"""Media: uploading, reading, describing and deleting them. What jobs and time do is in `media_work`."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.guard import Guard
from socialfeed.application.media.intake import Intake
from socialfeed.application.ports.media import MediaProcessor, MediaStore
from socialfeed.application.ports.media_items import MediaReader
from socialfeed.application.posts.service import Posts
from socialfeed.application.views import MediaView, RenditionView
from socialfeed.domain.activity import Action
from socialfeed.domain.errors import MediaNotFound, SocialFeedError, TooManyPending, Unavailable
from socialfeed.domain.events import MediaRemoved, MediaUploaded
from socialfeed.domain.ids import MediaId, PostId, UserId
from socialfeed.domain.media import Allowance, Media, MediaKind, MediaStatus
from socialfeed.domain.permissions import Actor, Permission

AT_ONCE, AT_ONCE_OF_ONE = 64, 4
"""Uploads that one process receives at the same time, of all and of one user: each takes room on its disk."""


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """Bytes of one picture and of one video, and what one account may keep."""

    image: int
    video: int
    allowance: Allowance

    def of(self, kind: MediaKind) -> int:
        return self.image if kind is MediaKind.IMAGE else self.video


class MediaLibrary:
    """`new_key` makes names that nobody can guess, of characters that keys may have."""

    def __init__(
        self,
        commands: Commands,
        media: MediaReader,
        store: MediaStore,
        processor: MediaProcessor,
        posts: Posts,
        new_key: Callable[[], str],
        limits: MediaLimits,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._media = media
        self._store = store
        self._processor = processor
        self._posts = posts
        self._new_key = new_key
        self._limits = limits
        self._guard = guard
        self._receiving: Counter[UserId] = Counter()

    @property
    def largest(self) -> int:
        """Bytes of the largest file that may come."""
        return max(self._limits.image, self._limits.video if self._processor.takes_video else 0)

    @asynccontextmanager
    async def receiving(self, actor: Actor) -> AsyncIterator[Intake]:
        """Room for a file that comes in pieces, before anybody has sent any. Raises `Unauthenticated`, `Forbidden` and
        `Unavailable`; every other refusal is the intake's.
        """
        owner_id = self._guard.require(actor, Permission.MEDIA_UPLOAD)
        if self._receiving.total() >= AT_ONCE:
            raise Unavailable
        async with self._processor.scratch() as scratch:
            intake = Intake(scratch, self._processor, self._limits.of)
            if self._receiving[owner_id] >= AT_ONCE_OF_ONE:
                intake.refuse(TooManyPending(field="file"))
            self._receiving[owner_id] += 1
            try:
                yield intake
            finally:
                self._receiving[owner_id] -= 1
                self._receiving += Counter()  # drops those of zero

    @regenerates_ids
    async def upload(self, actor: Actor, intake: Intake, *, alt_text: str = "") -> MediaView:
        """What came in, to be processed by a job. Its bytes are reserved before it is stored, and no file is stored
        that no row tells of. Raises `Invalid`, `QuotaExceeded`, `TooManyPending`.
        """
        owner_id = self._guard.require(actor, Permission.MEDIA_UPLOAD)
        header = await intake.header()
        media = Media.receive(
            self._commands.ids.media(),
            owner_id,
            header,
            intake.size,
            key=self._new_key(),
            alt_text=alt_text,
            at=self._commands.clock.now(),
        )
        async with self._commands.uow() as tx:
            await tx.media.add(media, self._limits.allowance)
        try:
            await self._store.put(media.incoming_key, intake.chunks())
            async with self._commands.transaction() as tx:
                if await tx.media.locked(media.id) != media:
                    raise Unavailable  # it took so long that it was given up
                await tx.media.save(media.received())
                await self._commands.publish(tx, MediaUploaded(media.id))
                details = {"type": media.content_type, "bytes": str(media.bytes)}
                await self._commands.record(tx, actor, Action.MEDIA_UPLOAD, media.id, details=details)
        except BaseException:
            await self._give_up(media)
            raise
        return media_view(media.received())

    async def by_ids(self, actor: Actor, ids: Sequence[MediaId]) -> dict[MediaId, MediaView]:
        """The viewer's own, and those of posts that the viewer may see."""
        found = {media.id: media for media in (await self._media.media_by_ids(ids)).values() if media.is_shown}
        posts = {
            media.post_id for media in found.values() if media.post_id is not None and not self._owns(actor, media)
        }
        seen = await self._posts.by_ids(actor, sorted(posts)) if posts else {}
        return {
            media_id: media_view(media)
            for media_id, media in found.items()
            if self._owns(actor, media) or media.post_id in seen
        }

    async def of_posts(self, post_ids: Sequence[PostId]) -> dict[PostId, Sequence[MediaView]]:
        """Of posts that the viewer was shown, in their order."""
        found = await self._media.media_of_posts(post_ids)
        return {
            post_id: [media_view(media) for media in found.get(post_id, ()) if media.is_shown] for post_id in post_ids
        }

    async def require(self, actor: Actor, media_id: MediaId) -> MediaView:
        """Raises `MediaNotFound` where the viewer sees none."""
        view = (await self.by_ids(actor, [media_id])).get(media_id)
        if view is None:
            raise MediaNotFound(field="media_id")
        return view

    async def describe(self, actor: Actor, media_id: MediaId, *, alt_text: str) -> MediaView:
        """Raises `MediaNotFound`, `Forbidden`, `Invalid`."""
        self._guard.require(actor, Permission.MEDIA_UPLOAD)
        await self.require(actor, media_id)
        async with self._commands.transaction() as tx:
            media = await tx.media.locked(media_id)
            if media is None or not media.is_shown:
                raise MediaNotFound(field="media_id")
            self._guard.check_owns(actor, media.owner_id, Permission.MEDIA_UPLOAD, object_id=media_id)
            described = media.described(alt_text)
            if described != media:
                await tx.media.save(described)
                await self._commands.record(tx, actor, Action.MEDIA_UPDATE, media_id)
        return media_view(described)

    async def delete(self, actor: Actor, media_id: MediaId) -> None:
        """Its post has it no more, and a job deletes its files. Raises `MediaNotFound`, `Forbidden`."""
        self._guard.require(actor, Permission.MEDIA_UPLOAD)
        await self.require(actor, media_id)
        async with self._commands.transaction() as tx:
            media = await tx.media.locked(media_id)
            if media is None or not media.is_shown:
                raise MediaNotFound(field="media_id")
            own, anybodys = Permission.MEDIA_UPLOAD, Permission.MEDIA_DELETE_ANY
            self._guard.check_owns(actor, media.owner_id, own, anybodys, object_id=media_id)
            await tx.media.save(media.removed(self._commands.clock.now()))
            await self._commands.publish(tx, MediaRemoved(media_id))
            await self._commands.record(tx, actor, Action.MEDIA_DELETE, media_id)

    def _owns(self, actor: Actor, media: Media) -> bool:
        return actor.user_id == media.owner_id

    async def _give_up(self, media: Media) -> None:
        """Upkeep deletes what may be stored already; it would find out by itself, but an hour later."""
        try:
            async with self._commands.uow() as tx:
                await tx.media.save(media.removed(self._commands.clock.now()))
        except SocialFeedError:
            return


def media_view(media: Media) -> MediaView:
    is_ready = media.status is MediaStatus.READY
    return MediaView(
        id=media.id,
        kind=media.kind.name,
        status=media.status.name,
        url=_url(media.file_key) if is_ready else None,
        width=media.width or None,
        height=media.height or None,
        duration=None if media.duration_ms is None else media.duration_ms / 1000,
        content_type=media.content_type,
        blurhash=media.blurhash,
        alt_text=media.alt_text,
        renditions=[
            RenditionView(_url(media.rendition_key(width)), width, height, "image/webp")
            for width, height in media.renditions
        ],
        failure=media.failure,
        created_at=media.created_at,
    )


def _url(key: str) -> str:
    return f"/media/{key}"
