"""Media."""

import json

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.media import Media, MediaKind, MediaStatus, Rendition

_m = tables.media.c

MEDIA = (
    _m.id,
    _m.owner_id,
    _m.kind,
    _m.status,
    _m.content_type,
    _m.width,
    _m.height,
    _m.bytes,
    _m.key,
    _m.alt_text,
    _m.created_at,
    _m.duration_ms,
    _m.blurhash,
    _m.renditions,
    _m.failure,
    _m.post_id,
    _m.position,
    _m.removed_at,
    _m.draft_id,
)


def media_from_row(row: Row) -> Media:
    (
        id_,
        owner_id,
        kind,
        status,
        content_type,
        width,
        height,
        size,
        key,
        alt_text,
        created_at,
        duration_ms,
        blurhash,
        renditions,
        failure,
        post_id,
        position,
        removed_at,
        draft_id,
    ) = row
    return Media(
        id_,
        owner_id,
        MediaKind(kind),
        MediaStatus(status),
        content_type,
        width,
        height,
        size,
        key,
        alt_text,
        to_datetime(created_at),
        duration_ms,
        blurhash,
        tuple(Rendition(*sides) for sides in json.loads(renditions)),
        failure,
        post_id,
        position,
        None if removed_at is None else to_datetime(removed_at),
        draft_id,
    )


def media_values(media: Media) -> Values:
    return {
        "id": media.id,
        "owner_id": media.owner_id,
        "kind": media.kind.value,
        "status": media.status.value,
        "content_type": media.content_type,
        "width": media.width,
        "height": media.height,
        "bytes": media.bytes,
        "key": media.key,
        "alt_text": media.alt_text,
        "created_at": media.created_at,
        "duration_ms": media.duration_ms,
        "blurhash": media.blurhash,
        "renditions": json.dumps(media.renditions, separators=(",", ":")),
        "failure": media.failure,
        "post_id": media.post_id,
        "position": media.position,
        "removed_at": media.removed_at,
        "draft_id": media.draft_id,
    }
