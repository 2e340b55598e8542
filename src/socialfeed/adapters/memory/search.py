"""The search index as an inverted one: each word with the posts that have it."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from itertools import islice

from socialfeed.application.ports.search import (
    RANKED,
    PostDocument,
    PostHit,
    PostQuery,
    UserDocument,
    UserHit,
)
from socialfeed.domain import names
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.matching import best, matches
from socialfeed.domain.search import MARK, Phrase


class MemorySearch:
    """No method suspends, so each is atomic."""

    def __init__(self) -> None:
        self._posts: dict[PostId, PostDocument] = {}
        self._by_word: dict[str, set[PostId]] = {}
        self._vocabulary: list[str] = []
        self._by_author: dict[UserId, set[PostId]] = {}
        self._users: dict[UserId, UserDocument] = {}
        self._by_trigram: dict[str, set[UserId]] = {}

    async def put_posts(self, documents: Sequence[PostDocument]) -> None:
        for document in documents:
            self._remove_post(document.post_id)
            self._posts[document.post_id] = document
            self._by_author.setdefault(document.author_id, set()).add(document.post_id)
            for word in _entries(document):
                if word not in self._by_word:
                    self._by_word[word] = set()
                    insort(self._vocabulary, word)
                self._by_word[word].add(document.post_id)

    async def remove_posts(self, ids: Sequence[PostId]) -> None:
        for post_id in ids:
            self._remove_post(post_id)

    async def remove_posts_of(self, author_id: UserId) -> None:
        for post_id in list(self._by_author.get(author_id, ())):
            self._remove_post(post_id)

    async def put_users(self, documents: Sequence[UserDocument]) -> None:
        for document in documents:
            self._remove_user(document.user_id)
            self._users[document.user_id] = document
            for trigram in _trigrams(document.names):
                self._by_trigram.setdefault(trigram, set()).add(document.user_id)

    async def remove_users(self, ids: Sequence[UserId]) -> None:
        for user_id in ids:
            self._remove_user(user_id)

    async def users_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, UserDocument]:
        return {user_id: self._users[user_id] for user_id in ids if user_id in self._users}

    async def post_ids_after(self, after: int, *, limit: int) -> list[PostId]:
        return sorted(post_id for post_id in self._posts if post_id > after)[:limit]

    async def newest_posts(self, query: PostQuery, *, limit: int) -> list[PostId]:
        return list(islice(self._newest(query), limit))

    async def best_posts(self, query: PostQuery, *, limit: int, after: PostHit | None = None) -> list[PostHit]:
        newest = list(islice(self._newest(query), RANKED))
        found = ((post_id, self._posts[post_id].words) for post_id in newest)
        return [PostHit(*pair) for pair in best(query.query, found, limit=limit, after=after)]

    async def users(self, wanted: Sequence[str], *, limit: int, after: UserHit | None = None) -> list[UserHit]:
        trigrams = _trigrams(names.meant(wanted))
        alike = set[UserId]().union(*(self._by_trigram.get(trigram, ()) for trigram in trigrams))
        candidates = ((user_id, self._users[user_id].names) for user_id in alike)
        return [UserHit(*pair) for pair in names.best(wanted, candidates, limit=limit, after=after)]

    def _newest(self, query: PostQuery) -> Iterator[PostId]:
        """Those that match, looked for among the posts with the rarest thing that is wanted."""
        among = min(
            (
                *(self._posts_with(phrase) for phrase in query.query.wanted),
                *(self._by_word.get(name, set()) for name in query.labels),
            ),
            key=len,
        )
        for post_id in sorted(among, reverse=True):
            document = self._posts[post_id]
            if (
                query.above < post_id < query.below
                and query.labels <= document.labels
                and matches(query.query, document.words)
            ):
                yield post_id

    def _posts_with(self, phrase: Phrase) -> set[PostId]:
        """Posts with the last word of the phrase, the one that may be a prefix."""
        last = phrase.words[-1]
        if not phrase.is_prefix:
            return self._by_word.get(last, set())
        first = bisect_left(self._vocabulary, last)
        begun = (word for word in islice(self._vocabulary, first, None))
        found: set[PostId] = set()
        for word in begun:
            if not word.startswith(last):
                break
            found |= self._by_word[word]
        return found

    def _remove_post(self, post_id: PostId) -> None:
        document = self._posts.pop(post_id, None)
        if document is None:
            return
        self._by_author[document.author_id].discard(post_id)
        for word in _entries(document):
            posts = self._by_word[word]
            posts.discard(post_id)
            if not posts:
                del self._by_word[word]
                del self._vocabulary[bisect_left(self._vocabulary, word)]

    def _remove_user(self, user_id: UserId) -> None:
        document = self._users.pop(user_id, None)
        for trigram in _trigrams(document.names) if document else ():
            self._by_trigram[trigram].discard(user_id)


def _entries(document: PostDocument) -> set[str]:
    return ({*document.words} - {MARK}) | document.labels


def _trigrams(words: Sequence[str]) -> set[str]:
    return set[str]().union(*map(names.trigrams, words))
