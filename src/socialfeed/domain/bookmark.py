"""Posts that somebody keeps for later, in folders. Nobody else ever learns of it."""

from dataclasses import dataclass
from datetime import datetime

from socialfeed.domain import text
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import EventId, PostId, UserId

FOLDER_MAX = 50
FOLDERS_MAX = 100
"""For each user, beside the default one."""

DEFAULT_FOLDER = ""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """At most one per user and post. Keeping one is an event, and has the id of one: later ones have a greater `id`."""

    id: EventId
    user_id: UserId
    post_id: PostId
    folder: str
    created_at: datetime

    @classmethod
    def keep(cls, bookmark_id: EventId, user_id: UserId, post_id: PostId, folder: str, *, at: datetime) -> "Bookmark":
        """Raises `Invalid`."""
        return cls(bookmark_id, user_id, post_id, clean_folder(folder, "folder"), at)


@dataclass(frozen=True, slots=True, order=True)
class Folder:
    """`count` is of all its bookmarks, those of posts that the user does not see any more included."""

    name: str
    count: int


def clean_folder(name: str, field: str) -> str:
    """At most 50 characters; the empty name is the default folder's. Raises `Invalid`."""
    return text.clean(name, field, maximum=FOLDER_MAX)


def clean_own_folder(name: str, field: str) -> str:
    """As `clean_folder`, of a folder that the user made. Raises `Invalid`."""
    cleaned = clean_folder(name, field)
    if cleaned == DEFAULT_FOLDER:
        raise Invalid("The default folder has no name, and stays.", code="DEFAULT_FOLDER", field=field)
    return cleaned
