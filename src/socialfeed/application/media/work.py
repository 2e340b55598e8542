"""What jobs and time do to media: processing, deleting files, and collecting what nobody will use any more."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from socialfeed.application.commands import Commands
from socialfeed.application.ports.media import MediaProcessor, MediaStore
from socialfeed.application.ports.media_items import MediaReader
from socialfeed.domain.errors import Invalid, MediaBroken
from socialfeed.domain.events import Envelope, MediaRemoved, MediaUploaded
from socialfeed.domain.ids import MediaId
from socialfeed.domain.media import (
    FORGOTTEN_AFTER,
    GIVEN_UP_AFTER,
    ORPHANED_AFTER,
    RECEIVED_WITHIN,
    TRIED_AGAIN_AFTER,
    Look,
    Media,
    MediaStatus,
)

log = logging.getLogger(__name__)

TIMED_OUT = "MEDIA_TIMED_OUT"

_BATCH = 100


class MediaWork:
    """Everything here may be done twice, and in any number of processes: files have the names that their row says, so
    whoever is late writes or deletes the same ones.
    """

    def __init__(self, commands: Commands, media: MediaReader, store: MediaStore, processor: MediaProcessor) -> None:
        self._commands = commands
        self._media = media
        self._store = store
        self._processor = processor

    async def process(self, envelope: Envelope) -> None:
        """Job: makes an upload ready, or says why it cannot be. A file that cannot be processed is not tried again."""
        event = envelope.event
        media = await self._found(event.media_id) if isinstance(event, MediaUploaded) else None
        if media is None or media.status is not MediaStatus.PENDING or media.is_removed:
            return
        try:
            look = await self._made_over(media)
        except Invalid as error:
            code = error.code
            await self._finish(media, lambda stored: stored.failed(code))
        else:
            await self._finish(media, lambda stored: stored.ready(look))

    async def delete_files(self, envelope: Envelope) -> None:
        """Job: what was removed is served no more."""
        event = envelope.event
        media = await self._found(event.media_id) if isinstance(event, MediaRemoved) else None
        if media is not None and media.is_removed:
            await self._delete_files(media)

    async def collect(self) -> int:
        """Removes what no post and no draft took in a day and what was never received; tries again what waits for an
        hour, and gives it up after a day; forgets what was removed an hour ago and more. Returns how many were removed
        or given up.
        """
        now = self._commands.clock.now()
        orphaned = partial(self._media.unattached, now - ORPHANED_AFTER)
        lost = partial(self._media.lagging, MediaStatus.RECEIVING, now - RECEIVED_WITHIN)
        stuck = partial(self._media.lagging, MediaStatus.PENDING, now - GIVEN_UP_AFTER)
        collected = await self._end_each(orphaned, lambda media: media.removed(now))
        collected += await self._end_each(lost, lambda media: media.removed(now))
        collected += await self._end_each(stuck, lambda media: media.failed(TIMED_OUT))
        await self._try_again(now - TRIED_AGAIN_AFTER)
        await self._forget(now)
        return collected

    async def _made_over(self, media: Media) -> Look:
        """What was made of the upload, its files stored. Raises `Invalid` and `Unavailable`."""
        original = await self._store.get(media.incoming_key)
        if original is None:
            raise MediaBroken
        async with self._processor.scratch() as file:
            async for chunk in original.chunks:
                await file.write(chunk)
            header = await self._processor.header(media.content_type, file)
            async with self._processor.process(header, file) as made:
                done = media.ready(made.look)
                await self._store.put(done.file_key, made.file.chunks())
                for width, rendition in made.renditions.items():
                    await self._store.put(done.rendition_key(width), rendition.chunks())
                return made.look

    async def _finish(self, media: Media, finished: Callable[[Media], Media]) -> None:
        """What was stored of one that was removed meanwhile is deleted again."""
        async with self._commands.transaction() as tx:
            stored = await tx.media.locked(media.id)
            is_wanted = stored is not None and not stored.is_removed
            if stored is not None and is_wanted and stored.status is MediaStatus.PENDING:
                await tx.media.save(finished(stored))
        if is_wanted:
            await self._store.delete(media.incoming_key)
        else:
            await self._delete_files(media)

    async def _end_each(self, due: Callable[..., Awaitable[list[Media]]], ended: Callable[[Media], Media]) -> int:
        """Ends each that is due, unless somebody changed it meanwhile, which makes it due no more."""
        count = 0
        while found := await due(limit=_BATCH):
            for media in found:
                async with self._commands.uow() as tx:
                    is_due = await tx.media.locked(media.id) == media
                    if is_due:
                        await tx.media.save(ended(media))
                if is_due:
                    await self._store.delete(media.incoming_key)
                    count += 1
        return count

    async def _try_again(self, before: datetime) -> None:
        """If its job is not lost after all, one of the two finds nothing to do."""
        waiting = await self._media.lagging(MediaStatus.PENDING, before, limit=_BATCH)
        if waiting:
            async with self._commands.transaction() as tx:
                for media in waiting:
                    await self._commands.publish(tx, MediaUploaded(media.id))

    async def _forget(self, now: datetime) -> None:
        """Deletes the files of everything that is removed, once more where a job did it already."""
        after: MediaId | None = None
        while found := await self._media.removed(after, limit=_BATCH):
            for media in found:
                await self._delete_files(media)
                if media.removed_at is not None and media.removed_at < now - FORGOTTEN_AFTER:
                    async with self._commands.uow() as tx:
                        await tx.media.forget(media.id)
            after = found[-1].id

    async def _delete_files(self, media: Media) -> None:
        for key in media.every_key():
            await self._store.delete(key)

    async def _found(self, media_id: MediaId) -> Media | None:
        return (await self._media.media_by_ids([media_id])).get(media_id)
