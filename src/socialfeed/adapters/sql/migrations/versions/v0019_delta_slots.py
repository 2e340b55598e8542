"""Whoever counts looks for no free delta any more: each connection has one of its own. Expands only."""

from alembic import op

revision = "0019"
down_revision = "0018"

# By its process, which no other connection has as long as it lasts; below zero, where no delta of before is.
_COUNT_POST = """
CREATE OR REPLACE FUNCTION count_post(post bigint, more_likes integer, more_comments integer, more_shares integer)
RETURNS TABLE (likes integer, comments integer, shares integer, version bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
BEGIN
    -- Whoever removes the post takes this for itself, so that nothing is counted for a post that ends.
    PERFORM pg_advisory_xact_lock_shared(post);
    UPDATE post_counters SET likes = likes + more_likes, comments = comments + more_comments,
        shares = shares + more_shares, version = version + 1
    WHERE post_id = (SELECT post_id FROM post_counters WHERE post_id = post FOR NO KEY UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO counter_deltas AS d (post_id, id, likes, comments, shares, changes)
        SELECT post_id, -pg_backend_pid(), more_likes, more_comments, more_shares, 1
        FROM post_counters WHERE post_id = post
        ON CONFLICT (post_id, id) DO UPDATE SET likes = d.likes + more_likes, comments = d.comments + more_comments,
            shares = d.shares + more_shares, changes = d.changes + 1;
    END IF;
    RETURN QUERY
    SELECT (c.likes + d.likes)::integer, (c.comments + d.comments)::integer, (c.shares + d.shares)::integer,
        (c.version + d.changes)::bigint
    FROM post_counters AS c, (
        SELECT coalesce(sum(likes), 0) AS likes, coalesce(sum(comments), 0) AS comments,
            coalesce(sum(shares), 0) AS shares, coalesce(sum(changes), 0) AS changes
        FROM counter_deltas WHERE post_id = post
    ) AS d
    WHERE c.post_id = post;
END $$
"""


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(_COUNT_POST)


def downgrade() -> None:
    """The function stays: it counts in the same tables as the one before, and its places are folded like others."""
