"""Media: files that people upload."""

from http import HTTPStatus

from socialfeed.domain.errors import (
    Forbidden,
    MediaNotFound,
    MediaTooLarge,
    QuotaExceeded,
    TooManyPending,
)
from socialfeed.domain.ids import parse_media_id
from socialfeed.entrypoints.rest import models
from socialfeed.entrypoints.rest.operations import Operations, Upload, Visit

OPERATIONS = Operations()


@OPERATIONS.serve(
    "POST",
    "/media",
    success=HTTPStatus.ACCEPTED,
    needs_viewer=True,
    refuses=(Forbidden, MediaTooLarge, QuotaExceeded, TooManyPending),
)
async def upload_media(visit: Visit, form: Upload) -> models.Media:
    """Upload a picture or a video. It is processed soon after; ask for it until it is ready."""
    return models.media(await visit.services.media.upload(visit.actor, form.file, alt_text=form.alt_text))


@OPERATIONS.serve("GET", "/media/{id}", refuses=(MediaNotFound,))
async def media(visit: Visit, id: str) -> models.Media:
    """A file of the viewer's own, or of a post that the viewer may see."""
    return models.media(await visit.services.media.require(visit.actor, parse_media_id(id)))


@OPERATIONS.serve(
    "DELETE", "/media/{id}", success=HTTPStatus.NO_CONTENT, needs_viewer=True, refuses=(Forbidden, MediaNotFound)
)
async def delete_media(visit: Visit, id: str) -> None:
    """Delete a file. Its post has it no more."""
    await visit.services.media.delete(visit.actor, parse_media_id(id))
