"""Who may do what with somebody else's post, beyond what permissions say."""

from socialfeed.domain.ids import UserId
from socialfeed.domain.post import Post, ReplyPolicy, Visibility


def may_reply(post: Post, actor_id: UserId, *, author_follows: bool) -> bool:
    """Whether the post's reply policy lets somebody who sees the post comment on it. A lock is another matter."""
    if actor_id == post.author_id or post.reply_policy is ReplyPolicy.EVERYONE:
        return True
    if post.reply_policy is ReplyPolicy.NOBODY:
        return False
    return actor_id in post.mentions or (post.reply_policy is ReplyPolicy.FOLLOWED and author_follows)


def may_share(post: Post, actor_id: UserId, *, author_is_private: bool) -> bool:
    """Whether somebody who sees the post may show it around, alone or with words: what is for some only is not passed
    on by others than its author.
    """
    if actor_id == post.author_id:
        return True
    return not author_is_private and post.visibility in (Visibility.PUBLIC, Visibility.UNLISTED)
