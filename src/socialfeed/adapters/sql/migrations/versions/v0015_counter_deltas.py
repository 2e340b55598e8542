"""Counts kept aside while others have the row that counts a post, and the function that counts. Expands only."""

import sqlalchemy as sa
from alembic import op

from socialfeed.adapters.sql.columns import Id

revision = "0015"
down_revision = "0014"

# Each statement of a function sees what was committed before that statement, so the last one sees row and deltas as
# they are together. Statistics of a table that is empty now and then would have it read from end to end, hence the
# settings.
_COUNT_POST = """
CREATE FUNCTION count_post(post bigint, more_likes integer, more_comments integer, more_shares integer)
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
        UPDATE counter_deltas SET likes = likes + more_likes, comments = comments + more_comments,
            shares = shares + more_shares, changes = changes + 1
        WHERE post_id = post AND id = (
            SELECT id FROM counter_deltas WHERE post_id = post LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        );
        IF NOT FOUND THEN
            INSERT INTO counter_deltas (post_id, likes, comments, shares, changes)
            SELECT post_id, more_likes, more_comments, more_shares, 1 FROM post_counters WHERE post_id = post;
        END IF;
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
    op.create_table(
        "counter_deltas",
        sa.Column("post_id", Id, nullable=False),
        sa.Column("id", Id, sa.Identity(), nullable=False),
        sa.Column("likes", sa.Integer, nullable=False),
        sa.Column("comments", sa.Integer, nullable=False),
        sa.Column("shares", sa.Integer, nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("post_id", "id", name="pk_counter_deltas"),
        postgresql_with={"fillfactor": 10},
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute(_COUNT_POST)


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        # What is aside still is counted first.
        op.execute(
            "UPDATE post_counters AS c SET likes = c.likes + a.likes, comments = c.comments + a.comments,"
            " shares = c.shares + a.shares, version = c.version + a.changes"
            " FROM (SELECT post_id, sum(likes) AS likes, sum(comments) AS comments, sum(shares) AS shares,"
            " sum(changes) AS changes FROM counter_deltas GROUP BY post_id) AS a WHERE a.post_id = c.post_id"
        )
        op.execute("DROP FUNCTION count_post(bigint, integer, integer, integer)")
    op.drop_table("counter_deltas")
