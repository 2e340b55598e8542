"""The tables, as the newest migration leaves them.

Rows that change with every reaction are apart from the rows that they count for: a like never rewrites, locks or
bloats a post. That row of counters is also what proves that the post (or the user) exists, so likes, shares,
comments and follows carry no foreign keys: the check would take a shared lock on the hottest rows there are.
"""

from socialfeed.adapters.sql.tables.accounts import (
    codes,
    codes_of_last_release,
    grants,
    has_special_roles,
    is_not_active,
    is_proven,
    is_to_be_erased,
    revocations,
    roles,
    sessions,
    user_counters,
    users,
)
from socialfeed.adapters.sql.tables.activity import activity, activity_chains, has_object, in_chain
from socialfeed.adapters.sql.tables.base import metadata
from socialfeed.adapters.sql.tables.content import (
    comment_counters,
    comment_likes,
    comments,
    counter_deltas,
    is_deleted,
    is_quote,
    is_restricted,
    likes,
    post_counters,
    post_edits,
    post_tags,
    posts,
    shares,
)
from socialfeed.adapters.sql.tables.graph import blocks, follow_requests, follows, muted_words, mutes
from socialfeed.adapters.sql.tables.keeping import bookmarks, drafts, is_planned, pins
from socialfeed.adapters.sql.tables.media import is_attached, is_lagging, is_orphaned, is_removed, media, media_usage
from socialfeed.adapters.sql.tables.search import post_search, user_search
from socialfeed.adapters.sql.tables.work import (
    id_nodes,
    idempotency_keys,
    inbox,
    outbox,
    timeline_entries,
    timelines,
    trending_scores,
)

__all__ = [
    "activity",
    "activity_chains",
    "blocks",
    "bookmarks",
    "codes",
    "codes_of_last_release",
    "comment_counters",
    "comment_likes",
    "comments",
    "counter_deltas",
    "drafts",
    "follow_requests",
    "follows",
    "grants",
    "has_object",
    "has_special_roles",
    "id_nodes",
    "idempotency_keys",
    "in_chain",
    "inbox",
    "is_attached",
    "is_deleted",
    "is_lagging",
    "is_not_active",
    "is_orphaned",
    "is_planned",
    "is_proven",
    "is_quote",
    "is_removed",
    "is_restricted",
    "is_to_be_erased",
    "likes",
    "media",
    "media_usage",
    "metadata",
    "muted_words",
    "mutes",
    "outbox",
    "pins",
    "post_counters",
    "post_edits",
    "post_search",
    "post_tags",
    "posts",
    "revocations",
    "roles",
    "sessions",
    "shares",
    "timeline_entries",
    "timelines",
    "trending_scores",
    "user_counters",
    "user_search",
    "users",
]
