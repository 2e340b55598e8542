"""One policy on every read path: SQLite, Postgres with Valkey and memory against a model, step by step.

Security statement 33: nothing hidden shows through feeds, threads, lists, counts or look-ups.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from socialfeed.domain.graph import MuteOf
from socialfeed.domain.permissions import OPERATOR
from socialfeed.domain.post import Visibility
from socialfeed.testing.client import open_client
from tests.integration.visibility.backends import Backend, Public, Tagged, Trends, Way
from tests.integration.visibility.model import Comment, Model, Person, Post, Share

NAMES = ["ada", "bob", "cem", "dia"]
WORDS = ["alpha", "beta"]
TAGS = ["even", "odd"]
LANGUAGES = ["de", "en", "de-AT"]
WAYS: list[Way] = [Trends(), Tagged("odd"), Public(), Public("de")]
"""Four, for five who look in turn: each of them goes each way."""
EXAMPLES, STEPS = 15, 100
STEPS_AT_LEAST = 1_000
"""Each of the two tests takes so many that do something, of those it draws."""

people = st.integers(0, len(NAMES) - 1)
some_words = st.frozensets(st.sampled_from(WORDS), max_size=1)
numbers = st.integers(0, 10_000)

Urls = Callable[[int], dict[str, dict[str, Any]]]
"""Settings of each backend, empty, for the example of this number."""


class Machine(RuleBasedStateMachine):
    urls: Urls
    steps = 0
    _examples = count()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.model = Model([Person() for _ in NAMES])
        self.backends: list[Backend] = []
        self.turn = 0
        self.happened = False

    @initialize()
    def open(self) -> None:
        self.runner.run(self._open(next(self._examples)))

    async def _open(self, example: int) -> None:
        for name, chosen in type(self).urls(example).items():
            chosen = {"trending_actors": 1, **chosen}
            client = await self.stack.enter_async_context(open_client(**chosen))
            elsewhere = await self.stack.enter_async_context(open_client(**chosen)) if "redis_url" in chosen else None
            backend = Backend(name, client, elsewhere)
            await backend.populate(NAMES)
            self.backends.append(backend)

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def do(self, doing: Callable[[Backend], Awaitable[object]]) -> str | None:
        """On all backends, which must agree on whether it is refused."""
        type(self).steps += 1
        self.happened = True
        codes = {each.name: self.runner.run(each.code_of(doing(each))) for each in self.backends}
        assert len(set(codes.values())) == 1, codes
        return next(iter(codes.values()))

    def post_of(self, number: int) -> int | None:
        return number % len(self.model.posts) if self.model.posts else None

    # People write.

    @rule(author=people, visibility=st.sampled_from(Visibility), named=st.none() | people, words=some_words)
    def write(self, author: int, visibility: Visibility, named: int | None, words: frozenset[str]) -> None:
        if not self.model.people[author].active or len(self.model.posts) > 30:
            return
        number = len(self.model.posts)
        tag, language = TAGS[number % len(TAGS)], LANGUAGES[number % len(LANGUAGES)]
        content = " ".join(["Hello", f"#{tag}", *words, *([f"@{NAMES[named]}"] if named is not None else [])])

        async def writing(backend: Backend) -> None:
            actor = backend.actor(author)
            made = await backend.services.posts.create(actor, content=content, visibility=visibility, language=language)
            backend.posts.append(made.id)

        assert self.do(writing) is None
        mentioned = frozenset({named} if named is not None and self.model.people[named].active else set[int]())
        self.model.posts.append(Post(author, visibility, mentioned, words, tag, language))

    @precondition(lambda self: self.model.posts)
    @rule(number=numbers)
    def delete_or_restore_a_post(self, number: int) -> None:
        chosen = number % len(self.model.posts)
        post = self.model.posts[chosen]
        if not self.model.people[post.author].active:
            return

        async def turning(backend: Backend) -> None:
            act = backend.services.posts.restore if post.deleted else backend.services.posts.delete
            await act(backend.actor(post.author), backend.posts[chosen])

        assert self.do(turning) is None
        post.deleted = not post.deleted

    @precondition(lambda self: self.model.posts)
    @rule(author=people, number=numbers, words=some_words)
    def comment(self, author: int, number: int, words: frozenset[str]) -> None:
        chosen = number % len(self.model.posts)
        if not self.model.people[author].active or len(self.model.comments) > 60:
            return
        content = " ".join(["Indeed", *words])

        async def answering(backend: Backend) -> None:
            actor = backend.actor(author)
            made = await backend.services.comments.create(actor, backend.posts[chosen], content=content)
            backend.comments.append(made.id)

        code = self.do(answering)
        assert code == (None if self.model.sees(author, chosen) else "POST_NOT_FOUND")
        if code is None:
            self.model.comments.append(Comment(author, chosen, words))

    @precondition(lambda self: self.model.comments)
    @rule(number=numbers)
    def delete_a_comment(self, number: int) -> None:
        chosen = number % len(self.model.comments)
        comment = self.model.comments[chosen]
        if not self.model.people[comment.author].active:
            return
        code = self.do(
            lambda backend: backend.services.comments.delete(backend.actor(comment.author), backend.comments[chosen])
        )
        seen = not comment.deleted and self.model.sees(comment.author, comment.post)
        assert code == (None if seen else "COMMENT_NOT_FOUND")
        comment.deleted = comment.deleted or code is None

    @precondition(lambda self: self.model.posts)
    @rule(who=people, number=numbers, likes=st.booleans())
    def like(self, who: int, number: int, likes: bool) -> None:
        chosen = number % len(self.model.posts)
        if not self.model.people[who].active:
            return

        async def liking(backend: Backend) -> None:
            act = backend.services.engagement.like if likes else backend.services.engagement.unlike
            await act(backend.actor(who), backend.posts[chosen])

        code = self.do(liking)
        assert code == (None if self.model.sees(who, chosen) else "POST_NOT_FOUND")
        if code is None:
            self.model.likes.discard((who, chosen))
            if likes:
                self.model.likes.add((who, chosen))

    @precondition(lambda self: self.model.posts)
    @rule(who=people, number=numbers, shares=st.sampled_from([True, True, False]))
    def share(self, who: int, number: int, shares: bool) -> None:
        chosen = number % len(self.model.posts)
        if not self.model.people[who].active:
            return

        async def sharing(backend: Backend) -> None:
            act = backend.services.engagement.share if shares else backend.services.engagement.unshare
            await act(backend.actor(who), backend.posts[chosen])

        code = self.do(sharing)
        if not self.model.sees(who, chosen):
            assert code == "POST_NOT_FOUND"
        elif shares and not self.model.may_share(who, chosen):
            assert code == "NOT_SHAREABLE"
        else:
            assert code is None
            there = [share for share in self.model.shares if share[:2] == (who, chosen)]
            if shares and not there:
                self.model.shares.append(Share(who, chosen, len(self.model.posts)))
            for share in there if not shares else []:
                self.model.shares.remove(share)

    @precondition(lambda self: self.model.posts)
    @rule(who=people, number=numbers)
    def bookmark(self, who: int, number: int) -> None:
        chosen = number % len(self.model.posts)
        if not self.model.people[who].active:
            return
        code = self.do(lambda backend: backend.services.bookmarks.keep(backend.actor(who), backend.posts[chosen]))
        assert code == (None if self.model.sees(who, chosen) else "POST_NOT_FOUND")
        if code is None:
            self.model.bookmarks.add((who, chosen))

    # People meet.

    @rule(who=people, whom=people)
    def follow(self, who: int, whom: int) -> None:
        if not self.model.people[who].active or who == whom:
            return
        code = self.do(lambda backend: backend.services.graph.follow(backend.actor(who), backend.people[whom]))
        pair = (who, whom)
        if not self.model.looks_up(who, whom):
            assert code == "USER_NOT_FOUND"
        elif pair in self.model.blocks:
            assert code == "BLOCKED_BY_YOU"
        else:
            assert code is None
            if pair not in self.model.follows and self.model.people[whom].private:
                self.model.requests += [] if pair in self.model.requests else [pair]
            elif pair not in self.model.follows:
                self._begins(pair)

    @rule(who=people, whom=people)
    def unfollow(self, who: int, whom: int) -> None:
        if not self.model.people[who].active:
            return
        code = self.do(lambda backend: backend.services.graph.unfollow(backend.actor(who), backend.people[whom]))
        assert code == (None if self.model.looks_up(who, whom) else "USER_NOT_FOUND")
        if code is None:
            self._ends((who, whom))

    @precondition(lambda self: self.model.requests)
    @rule(number=numbers, approves=st.booleans())
    def answer_a_request(self, number: int, approves: bool) -> None:
        pair = self.model.requests[number % len(self.model.requests)]
        asking, target = pair
        if not self.model.people[target].active:
            return

        async def answering(backend: Backend) -> None:
            act = backend.services.graph.approve if approves else backend.services.graph.reject
            await act(backend.actor(target), backend.people[asking])

        code = self.do(answering)
        assert code == (None if not approves or self.model.looks_up(target, asking) else "USER_NOT_FOUND")
        if code is None:
            self.model.requests.remove(pair)
            if approves and pair not in self.model.follows:
                self._begins(pair)

    @rule(who=people, whom=people, puts=st.booleans())
    def put_on_a_list(self, who: int, whom: int, puts: bool) -> None:
        if not self.model.people[who].active:
            return

        async def putting(backend: Backend) -> None:
            act = backend.services.lists.add if puts else backend.services.lists.remove
            await act(backend.actor(who), backend.lists[who], backend.people[whom])

        code, pair = self.do(putting), (who, whom)
        if puts and not self.model.looks_up(who, whom):
            assert code == "USER_NOT_FOUND"
        elif puts and pair in self.model.blocks:
            assert code == "BLOCKED_BY_YOU"
        else:
            assert code is None
            if puts and pair not in self.model.listed:
                self.model.listed.append(pair)
            elif not puts and pair in self.model.listed:
                self.model.listed.remove(pair)

    @rule(who=people, fan=people)
    def remove_a_follower(self, who: int, fan: int) -> None:
        if not self.model.people[who].active:
            return
        code = self.do(lambda backend: backend.services.graph.remove_follower(backend.actor(who), backend.people[fan]))
        assert code is None
        if (fan, who) in self.model.follows:
            self.model.follows.remove((fan, who))

    def _begins(self, pair: tuple[int, int]) -> None:
        self.model.follows.append(pair)
        if pair in self.model.requests:
            self.model.requests.remove(pair)

    def _ends(self, pair: tuple[int, int]) -> None:
        for pairs in (self.model.follows, self.model.requests):
            if pair in pairs:
                pairs.remove(pair)

    # People part.

    @rule(who=people, whom=people)
    def block(self, who: int, whom: int) -> None:
        if not self.model.people[who].active or who == whom:
            return
        code = self.do(lambda backend: backend.services.boundaries.block(backend.actor(who), backend.people[whom]))
        assert code is None
        self.model.blocks.add((who, whom))
        self._ends((who, whom))
        self._ends((whom, who))

    @precondition(lambda self: self.model.blocks)
    @rule(number=numbers)
    def unblock(self, number: int) -> None:
        who, whom = sorted(self.model.blocks)[number % len(self.model.blocks)]
        if self.model.people[who].active:
            code = self.do(
                lambda backend: backend.services.boundaries.unblock(backend.actor(who), backend.people[whom])
            )
            assert code is None
            self.model.blocks.remove((who, whom))

    @rule(who=people, whom=people, mutes=st.sampled_from([MuteOf(0), MuteOf.POSTS, MuteOf.SHARES, MuteOf.ALL]))
    def mute(self, who: int, whom: int, mutes: MuteOf) -> None:
        if not self.model.people[who].active or who == whom:
            return

        async def muting(backend: Backend) -> None:
            actor, user_id = backend.actor(who), backend.people[whom]
            if mutes:
                await backend.services.boundaries.mute(actor, user_id, kinds=[mutes])
            else:
                await backend.services.boundaries.unmute(actor, user_id)

        code = self.do(muting)
        assert code == (None if not mutes or self.model.looks_up(who, whom) else "USER_NOT_FOUND")
        if code is None:
            for kind, pairs in ((MuteOf.POSTS, self.model.mutes), (MuteOf.SHARES, self.model.muted_shares)):
                pairs.discard((who, whom))
                if kind in mutes:
                    pairs.add((who, whom))

    @rule(who=people, word=st.sampled_from(WORDS), mutes=st.booleans())
    def mute_a_word(self, who: int, word: str, mutes: bool) -> None:
        if not self.model.people[who].active:
            return

        async def muting(backend: Backend) -> None:
            act = backend.services.boundaries.mute_word if mutes else backend.services.boundaries.unmute_word
            await act(backend.actor(who), word.upper())

        assert self.do(muting) is None
        self.model.people[who].words.discard(word)
        if mutes:
            self.model.people[who].words.add(word)

    # People hide, and are hidden.

    @rule(who=people, private=st.booleans())
    def be_private(self, who: int, private: bool) -> None:
        if not self.model.people[who].active:
            return
        code = self.do(
            lambda backend: backend.services.own_account.update_profile(backend.actor(who), is_private=private)
        )
        assert code is None
        self.model.people[who].private = private

    @rule(who=people)
    def ban_or_unban(self, who: int) -> None:
        """One at a time: who is banned does nothing."""
        who = next((number for number, person in enumerate(self.model.people) if not person.active), who)
        person = self.model.people[who]

        async def turning(backend: Backend) -> None:
            act = backend.services.members.ban if person.active else backend.services.members.unban
            await act(OPERATOR, backend.people[who])

        assert self.do(turning) is None
        person.active = not person.active

    # After every step that did something somebody looks, in turn.

    @invariant()
    def all_see_what_the_model_says(self) -> None:
        if not self.happened:
            return
        self.happened = False
        self.turn += 1
        turn = self.turn
        viewers = [None, *range(len(NAMES))]
        viewer, person = viewers[turn % len(viewers)], turn // 2 % len(NAMES)
        if viewer is not None and not self.model.people[viewer].active:
            viewer = None
        post, way = self.post_of(turn // 3), WAYS[turn % len(WAYS)]
        expected = self.expected(viewer, person, post, way)
        for backend in self.backends:
            seen = self.runner.run(backend.sight(viewer, person, post, way))
            missed = seen.pop("missed", {})
            assert viewer is None or self.model.catches_up(viewer, missed), (backend.name, missed)
            assert seen == expected, f"{backend.name}, as {'nobody' if viewer is None else NAMES[viewer]}"

    def expected(self, viewer: int | None, person: int, post: int | None, way: Way) -> dict[str, Any]:
        model = self.model
        page: list[int] | str | None = None
        if not model.looks_up(viewer, person):
            page = "USER_NOT_FOUND"
        elif viewer is not None and (viewer, person) in model.blocks:
            page = "BLOCKED_BY_YOU"
        elif not model.opens_page(viewer, person):
            page = "PRIVATE_ACCOUNT"
        seen: dict[str, Any] = {
            "posts": model.visible(viewer),
            "comments": model.threads(viewer),
            "page": model.page(viewer, person),
            "trending": model.trending(viewer),
            "trending count": len(model.trending(viewer)),
            "discovered": self.discovered(viewer, way),
            "found": {number for number in range(len(model.posts)) if model.discovers(viewer, number)},
            "people": {who for who in range(len(NAMES)) if model.looks_up(viewer, who)},
            "followers": page or model.followers(viewer, person),
            "following": page or model.following(viewer, person),
        }
        if post is not None:
            is_there = model.sees(viewer, post) is not None
            seen["thread"] = model.thread(viewer, post) if is_there else "POST_NOT_FOUND"
            seen["likers"] = model.likers(viewer, post) if is_there else "POST_NOT_FOUND"
        if viewer is not None:
            mutes = model.mutes | model.muted_shares
            muted = sorted(whom for who, whom in mutes if who == viewer and model.lists(viewer, whom))
            blocked = sorted(whom for who, whom in model.blocks if who == viewer and model.people[whom].active)
            home = model.home(viewer)
            seen |= {"home": list(home), "home count": len(home), "endless home": list(home.items())}
            seen["ranked home"] = home
            seen["bookmarks"] = {post for who, post in model.bookmarks if who == viewer and model.sees(viewer, post)}
            seen |= {"requests": model.asking(viewer), "blocked": blocked, "muted": muted}
            seen["suggested"] = model.suggested(viewer)
            seen |= {"list feed": model.list_feed(viewer), "on list": model.on_list(viewer)}
        return seen

    def discovered(self, viewer: int | None, way: Way) -> object:
        match way:
            case Trends():
                return self.model.trends(viewer)
            case Tagged(tag):
                return self.model.newest(viewer, tag=tag)
            case Public(language):
                return self.model.newest(viewer, language=language)


@pytest.fixture
def urls(migrated_file: Path, emptied: Callable[[], str], redis_url: str, tmp_path: Path) -> Urls:
    def fresh(example: int) -> dict[str, dict[str, Any]]:
        file = shutil.copy(migrated_file, tmp_path / f"{example}.sqlite3")
        return {
            "memory": {},
            "sqlite": {"database_url": f"sqlite:///{file}", "data_dir": tmp_path},
            "postgres+valkey": {
                "database_url": emptied(),
                "redis_url": redis_url.replace("prefix=", f"prefix=example-{example}-"),
                "data_dir": tmp_path,
            },
        }

    return fresh


@pytest.mark.long
@pytest.mark.parametrize("half", ["first", "second"])
def test_33_who_sees_what_is_the_same_on_every_read_path_and_storage(urls: Urls, half: str) -> None:
    class Half(Machine):
        steps = 0

    Half.urls = staticmethod(urls)
    run_state_machine_as_test(
        Half,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Half.steps >= STEPS_AT_LEAST
