"""How a post comes into the world, whoever wrote it and when: alone, about another post, or planned before."""

from collections.abc import Sequence
from typing import NamedTuple

from socialfeed.application.commands import Commands
from socialfeed.application.ports.readers import UserReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain import markup
from socialfeed.domain.activity import Action
from socialfeed.domain.engagement import Counts
from socialfeed.domain.events import PostPublished, PostShared
from socialfeed.domain.ids import MediaId, UserId
from socialfeed.domain.permissions import Actor
from socialfeed.domain.post import Post


class Named(NamedTuple):
    """The tags of a text, and the accounts that it mentions, in its order."""

    tags: tuple[str, ...] = ()
    mentions: tuple[UserId, ...] = ()


class Publisher:
    def __init__(self, commands: Commands, users: UserReader, freshness: Freshness) -> None:
        self._commands = commands
        self._users = users
        self._freshness = freshness

    async def named_in(self, content: str) -> Named:
        """What a clean text names: active accounts only. One read, and none where nobody is mentioned."""
        names = markup.mentioned(content)
        found = await self._users.user_ids_by_usernames(names) if names else {}
        return Named(markup.tags(content), tuple(found[name] for name in names if name in found))

    async def publish(
        self, tx: Transaction, actor: Actor, post: Post, media_ids: Sequence[MediaId] = ()
    ) -> Counts | None:
        """Stores the post with its media and tells who has to know. The last thing that a transaction does. Returns as
        `Posts.add` does, and raises as `MediaItems.attach`.
        """
        if media_ids:
            # Before the author's counters, which all wait for: a draft that is published takes them in this order, too.
            await tx.media.attach(post.id, post.author_id, media_ids)
        quoted = await tx.posts.add(post)
        await self._commands.publish(tx, PostPublished(post.id, post.author_id))
        await self.share_by(tx, post, 1)
        await self._commands.record(tx, actor, Action.POST_CREATE, post.id, by=post.author_id)
        return quoted

    async def published(self, author_id: UserId) -> None:
        """After the commit: an author sees the own post at once."""
        await self._freshness.own_feed_changed(author_id)

    async def share_by(self, tx: Transaction, quote: Post, sign: int) -> None:
        """Says that a quote shares what it quotes (1), or no more (-1). Of other posts, nothing."""
        if quote.quote_of is not None:
            at_ms = round(quote.created_at.timestamp() * 1000)
            await self._commands.publish(tx, PostShared(quote.quote_of, quote.author_id, at_ms, sign=sign))
