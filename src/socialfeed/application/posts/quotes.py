"""Quotes: posts about another post, each of which shares it, too."""

from typing import NamedTuple

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.counters import Counters
from socialfeed.application.guard import Guard
from socialfeed.application.idempotency import Once
from socialfeed.application.posts.publishing import Publisher
from socialfeed.application.posts.service import Posts, with_counts
from socialfeed.application.views import PostView
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.ids import PostId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.post import Post, clean_content


class Quoted(NamedTuple):
    """The new post, and the one it quotes with its new counts, unless that was hidden meanwhile."""

    quote: PostView
    post: PostView | None


class Quotes:
    def __init__(
        self, commands: Commands, posts: Posts, publisher: Publisher, once: Once, counters: Counters, guard: Guard
    ) -> None:
        self._commands = commands
        self._posts = posts
        self._publisher = publisher
        self._once = once
        self._counters = counters
        self._guard = guard

    @regenerates_ids
    async def quote(self, actor: Actor, post_id: PostId, *, content: str, idempotency_key: str | None = None) -> Quoted:
        """A public post, as long and as free as any other: it stays when what it quotes is gone or hidden, and deleting
        it takes the share back. Raises `PostNotFound`, `NotShareable`, `Invalid`, `IdempotencyKeyReused`.
        """
        self._guard.require(actor, Permission.POST_SHARE)
        author_id = self._guard.require(actor, Permission.POST_CREATE)
        await self._posts.require_share(actor, post_id)
        named = await self._publisher.named_in(clean_content(content))
        quote = Post.write(
            self._commands.ids.post(),
            author_id,
            content=content,
            tags=named.tags,
            mentions=named.mentions,
            quote_of=post_id,
            at=self._commands.clock.now(),
        )
        request = {"quote_of": post_id, "content": content}
        counts = None
        async with self._commands.transaction() as tx:
            made = await self._once.made_before(tx, author_id, idempotency_key, request, quote.id)
            if made is None:
                counts = await self._publisher.publish(tx, actor, quote)
        await self._publisher.published(author_id)
        if counts is not None:
            await self._counters.changed(post_id, counts)
        quote_id = quote.id if made is None else PostId(made)
        found = await self._posts.by_ids(actor, [post_id, quote_id])
        if quote_id not in found:
            raise PostNotFound(field="post_id")
        post = found.get(post_id)
        return Quoted(found[quote_id], post and with_counts(post, counts) if counts else post)
