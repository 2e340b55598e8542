"""The search index: which posts say what, and which accounts are called what.

It is kept by jobs, a moment behind what it tells of, and may be thrown away and built anew at any time. It holds words
as `socialfeed.domain.search` makes them, so that every adapter finds the same; whoever reads its answers asks the
visibility policy, which has the last word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from socialfeed.domain.ids import MAX_ID, PostId, UserId
from socialfeed.domain.search import Query

RANKED = 500
"""The order of relevance is that of so many matches, the newest ones; older ones are not part of it."""


@dataclass(frozen=True, slots=True)
class PostDocument:
    """A post as it is found. `words` are those of `domain.search.indexed`, `labels` those of `domain.search.label`."""

    post_id: PostId
    author_id: UserId
    words: tuple[str, ...]
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UserDocument:
    """An account as it is found; `names` are those of `domain.names.name_words`. `has_posts` says that its posts are
    in the index as far as they may be found: it is set last and taken back first.
    """

    user_id: UserId
    names: tuple[str, ...]
    has_posts: bool = True


@dataclass(frozen=True, slots=True)
class PostQuery:
    """Posts that match, carry every label and have an id above `above` and below `below`."""

    query: Query
    labels: frozenset[str] = frozenset()
    above: int = 0
    below: int = MAX_ID


class PostHit(NamedTuple):
    """`score` is higher for the better; it can be compared with those of the same query and adapter only."""

    post_id: PostId
    score: int


class UserHit(NamedTuple):
    """`score` is that of `domain.names.likeness`, the same in every adapter."""

    user_id: UserId
    score: int


class SearchIndex(Protocol):
    async def put_posts(self, documents: Sequence[PostDocument]) -> None:
        """Puts each in place of what was there of the same post; all of them at once. Idempotent."""

    async def remove_posts(self, ids: Sequence[PostId]) -> None:
        """Idempotent."""

    async def remove_posts_of(self, author_id: UserId) -> None:
        """Idempotent."""

    async def put_users(self, documents: Sequence[UserDocument]) -> None:
        """As `put_posts`."""

    async def remove_users(self, ids: Sequence[UserId]) -> None:
        """Idempotent."""

    async def users_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, UserDocument]:
        """What is there of these accounts."""

    async def post_ids_after(self, after: int, *, limit: int) -> list[PostId]:
        """The posts that are in it, by ascending id, those past `after`."""

    async def newest_posts(self, query: PostQuery, *, limit: int) -> list[PostId]:
        """The newest that match, newest first."""

    async def best_posts(self, query: PostQuery, *, limit: int, after: PostHit | None = None) -> list[PostHit]:
        """The best of the newest `RANKED` that match, the best first, equal ones by newest; those behind `after`.

        The score of a post depends on the post and the query alone: with the same `below`, pages neither repeat nor
        miss a post while others are written.
        """

    async def users(self, wanted: Sequence[str], *, limit: int, after: UserHit | None = None) -> list[UserHit]:
        """Accounts with names like the words of `domain.names.parse_name`, the best first, equal ones by the oldest;
        those behind `after`. At least the 200 most alike are compared.
        """
