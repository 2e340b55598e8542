"""How viewers stand to others, and the words they do not want to read: asked by every page, changed once a day."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from sys import getsizeof
from types import MappingProxyType
from typing import Final

from socialfeed.adapters.caching.copies import Copies
from socialfeed.adapters.caching.watch import Watch
from socialfeed.application.ports.cache import Cache
from socialfeed.application.ports.graph import Standings
from socialfeed.domain.graph import STRANGER, MutedWord, Relation
from socialfeed.domain.ids import UserId

PREFIX: Final = "standing:1:"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one viewer: of strangers that they are, of words None while nobody asked."""

    relations: Mapping[UserId, Relation] = field(default_factory=lambda: MappingProxyType({}))
    muted_words: Sequence[MutedWord] | None = None


_NOTHING: Final = Standing()


class CachedStandings:
    """Kept by this process alone, as copies that the watch vouches for. Both sides of what happens between two accounts
    are forgotten, by whoever changes it.
    """

    def __init__(
        self,
        graph: Standings,
        cache: Cache,
        watch: Watch,
        *,
        life: float,
        max_bytes: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._graph = graph
        self._cache = cache
        self._watch = watch
        self._copies = Copies[UserId, Standing](standing_size, max_bytes, life, now)
        watch.look_after(self)

    async def relations(self, viewer_id: UserId, user_ids: Sequence[UserId]) -> dict[UserId, Relation]:
        if not user_ids:
            return {}
        if not await self._watch.catch_up():
            return await self._graph.relations(viewer_id, user_ids)
        known = self._known(viewer_id).relations
        missing = [user_id for user_id in user_ids if user_id not in known]
        if missing:
            mark = self._watch.mark
            read = await self._graph.relations(viewer_id, missing)
            found = {user_id: read.get(user_id, STRANGER) for user_id in missing}
            if self._watch.mark == mark:
                standing = self._known(viewer_id)
                self._copies.put_many({viewer_id: replace(standing, relations={**standing.relations, **found})})
            known = {**known, **found}
        return {user_id: known[user_id] for user_id in user_ids}

    async def muted_words(self, viewer_id: UserId) -> Sequence[MutedWord]:
        if not await self._watch.catch_up():
            return await self._graph.muted_words(viewer_id)
        words = self._known(viewer_id).muted_words
        if words is None:
            mark = self._watch.mark
            words = await self._graph.muted_words(viewer_id)
            if self._watch.mark == mark:
                self._copies.put_many({viewer_id: replace(self._known(viewer_id), muted_words=words)})
        return words

    async def forget_standings(self, *user_ids: UserId) -> None:
        """After it returns nobody, in no process, gets what these viewers' standings were before. Raises `Unavailable`;
        then this process alone has forgotten.
        """
        keys = [f"{PREFIX}{user_id}" for user_id in user_ids]
        try:
            await self._cache.delete_many(keys)
        finally:
            self._watch.drop(keys)

    def drop(self, keys: Iterable[str]) -> None:
        self._copies.drop([UserId(int(key[len(PREFIX) :])) for key in keys if key.startswith(PREFIX)])

    def clear(self) -> None:
        self._copies.clear()

    def _known(self, viewer_id: UserId) -> Standing:
        return self._copies.get_many([viewer_id])[0].get(viewer_id, _NOTHING)


class StoredStandings:
    """Where nothing is cached."""

    def __init__(self, graph: Standings) -> None:
        self._graph = graph

    async def relations(self, viewer_id: UserId, user_ids: Sequence[UserId]) -> dict[UserId, Relation]:
        return await self._graph.relations(viewer_id, user_ids)

    async def muted_words(self, viewer_id: UserId) -> Sequence[MutedWord]:
        return await self._graph.muted_words(viewer_id)

    async def forget_standings(self, *user_ids: UserId) -> None:
        return None


def standing_size(standing: Standing) -> int:
    """Bytes of memory, roughly and rather too many: a mute is an object of its own, strangers are all the same one."""
    friends = sum(relation is not STRANGER for relation in standing.relations.values())
    muted = sum(relation.mute is not None for relation in standing.relations.values())
    words = sum(150 + getsizeof(word.phrase) for word in standing.muted_words or ())
    return 200 + 140 * len(standing.relations) + 130 * friends + 300 * muted + words
