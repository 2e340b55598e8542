"""Posts that are not out yet."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from socialfeed.domain.draft import DRAFTS_MAX, Draft
from socialfeed.domain.ids import UserId
from socialfeed.domain.user import ERASED_AFTER
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import PASSWORD, Client, open_client
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.waiting import eventually
from tests.integration.product.conftest import BACKENDS, backend
from tests.integration.product.test_members import BAN, moderator
from tests.integration.product.test_social import contents, follow

CREATE = """mutation ($c: String!, $t: DateTime, $v: Visibility! = PUBLIC, $w: String) {
  createDraft(content: $c, scheduledAt: $t, visibility: $v, contentWarning: $w) {
    draft { id content scheduledAt failure visibility contentWarning } success errors { code field }
  }
}"""
UPDATE = """mutation ($i: ID!, $c: String, $t: DateTime, $u: Boolean! = false) {
  updateDraft(draftId: $i, content: $c, scheduledAt: $t, unschedule: $u) {
    draft { id content scheduledAt failure } success errors { code field }
  }
}"""
DELETE = "mutation ($i: ID!) { deleteDraft(draftId: $i) { success errors { code field } } }"
PUBLISH = """mutation ($i: ID!) {
  publishDraft(draftId: $i) { post { id content visibility contentWarning tags } success errors { code field } }
}"""
LIST = """query ($s: Boolean, $n: Int! = 20, $a: String) {
  drafts(scheduled: $s, first: $n, after: $a) { nodes { content failure } pageInfo { hasNextPage endCursor } }
}"""
PLAN = """mutation ($c: String!, $t: DateTime, $k: String) {
  createPost(content: $c, scheduledAt: $t, idempotencyKey: $k) {
    post { id } draft { id content scheduledAt } success message errors { code field }
  }
}"""
NO_DRAFT = [{"code": "DRAFT_NOT_FOUND", "field": "draftId"}]
REFUSED = [{"code": "INVALID_SCHEDULE", "field": "scheduledAt"}]

Timed = tuple[Client, FixedClock]


@pytest.fixture(params=BACKENDS)
async def timed(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Timed]:
    clock = FixedClock()
    async with open_client(clock=clock, data_dir=tmp_path, **await backend(request.param, request, tmp_path)) as client:
        yield client, clock


async def create(client: Client, content: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(CREATE, {"c": content, **options}))["createDraft"]
    return answer


async def update(client: Client, draft: str, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(UPDATE, {"i": draft, **changes}))["updateDraft"]
    return answer


async def publish(client: Client, draft: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(PUBLISH, {"i": draft}))["publishDraft"]
    return answer


async def plan(client: Client, content: str, moment: str, key: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(PLAN, {"c": content, "t": moment, "k": key}))["createPost"]
    return answer


async def drafts(client: Client, scheduled: bool | None = None) -> list[str]:
    nodes = (await client.run(LIST, {"s": scheduled}))["drafts"]["nodes"]
    return [node["content"] for node in nodes]


async def posts(client: Client, author: Client) -> list[str]:
    data = await client.run("query ($u: ID!) { postsByUser(userId: $u) { items { content } } }", {"u": author.user_id})
    return [item["content"] for item in data["postsByUser"]["items"]]


def ahead(clock: FixedClock, **by: int) -> str:
    return at(clock.now() + timedelta(**by))


def at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class TestDrafts:
    async def test_a_draft_is_written_changed_listed_and_deleted(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        first = (await create(ada, ""))["draft"]["id"]
        second = (await create(ada, "second", v="FOLLOWERS", w="Spiders"))["draft"]
        assert (second["visibility"], second["contentWarning"], second["scheduledAt"]) == ("FOLLOWERS", "Spiders", None)

        assert (await update(ada, first, c=" first "))["draft"]["content"] == "first"

        assert await drafts(ada) == ["second", "first"]
        page = (await ada.run(LIST, {"n": 1}))["drafts"]
        assert page["pageInfo"]["hasNextPage"]
        rest = (await ada.run(LIST, {"n": 1, "a": page["pageInfo"]["endCursor"]}))["drafts"]
        assert ([node["content"] for node in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (["first"], False)
        assert (await ada.run(DELETE, {"i": first}))["deleteDraft"]["success"]
        assert (await ada.run(DELETE, {"i": first}))["deleteDraft"]["errors"] == NO_DRAFT
        assert await drafts(ada) == ["second"]
        assert await posts(client, ada) == []

    async def test_publishing_makes_a_post_of_all_that_the_draft_says_once(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await follow(bob, ada)
        draft = (await create(ada, "Look at #this", w="Spiders"))["draft"]["id"]

        answers = await asyncio.gather(*(publish(ada, draft) for _ in range(20)))

        (done,) = [answer for answer in answers if answer["success"]]
        assert all(answer["errors"] == NO_DRAFT for answer in answers if answer is not done)
        assert {**done["post"], "id": ""} == {
            "id": "",
            "content": "Look at #this",
            "visibility": "PUBLIC",
            "contentWarning": "Spiders",
            "tags": ["this"],
        }
        await client.settle()
        assert await contents(bob) == ["Look at #this"]
        assert await posts(client, ada) == ["Look at #this"]
        assert await drafts(ada) == []

    async def test_an_empty_draft_is_not_published(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        draft = (await create(ada, ""))["draft"]["id"]
        assert (await publish(ada, draft))["errors"] == [{"code": "TOO_SHORT", "field": "content"}]
        assert await drafts(ada) == [""]
        assert await posts(ada, ada) == []

    async def test_to_others_a_draft_is_not_there(self, client: Client) -> None:
        ada, mia = await client.sign_up("ada"), await moderator(client)
        draft = (await create(ada, "secret"))["draft"]["id"]
        for other in (await client.sign_up("bob"), mia):
            assert (await update(other, draft, c="mine"))["errors"] == NO_DRAFT
            assert (await publish(other, draft))["errors"] == NO_DRAFT
            assert (await other.run(DELETE, {"i": draft}))["deleteDraft"]["errors"] == NO_DRAFT
            assert await drafts(other) == []
        assert (await client.graphql(LIST)).codes == ["UNAUTHENTICATED"]
        assert await drafts(ada) == ["secret"]

    async def test_there_are_at_most_so_many_also_when_many_are_made_at_once(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        assert ada.user_id is not None
        make, author_id = Builder(node=9), UserId(int(ada.user_id))
        async with client.app.storage.uow() as tx:
            for n in range(DRAFTS_MAX - 5):
                await tx.drafts.add(Draft.write(make.ids.draft(), author_id, content=str(n), at=make.clock.now()))
        made = await asyncio.gather(*(create(ada, str(n)) for n in range(10)))
        refused = [answer["errors"] for answer in made if not answer["success"]]
        assert refused == [[{"code": "TOO_MANY_DRAFTS", "field": None}]] * 5
        gone = next(answer for answer in made if answer["success"])["draft"]["id"]
        await ada.run(DELETE, {"i": gone})
        assert (await create(ada, "one more"))["success"]


class TestPlanned:
    async def test_a_planned_post_appears_at_its_moment_once(self, timed: Timed) -> None:
        client, clock = timed
        bob, ada = await client.sign_up("bob"), await client.sign_up("ada")
        await follow(bob, ada)
        planned = await plan(ada, "later #x", ahead(clock, minutes=5))
        assert (planned["post"], planned["draft"]["content"], planned["message"]) == (None, "later #x", "Planned.")
        await plan(ada, "much later", ahead(clock, minutes=10))
        by_hand = (await create(ada, "by hand"))["draft"]["id"]
        publish_due = client.app.services.drafts.publish_due

        clock.advance(timedelta(minutes=5) - timedelta(seconds=1))
        assert await publish_due() == 0
        assert await drafts(ada, True) == ["much later", "later #x"]
        assert await drafts(ada, False) == ["by hand"]
        assert await posts(client, ada) == []

        clock.advance(timedelta(seconds=1))
        assert sum(await asyncio.gather(*(publish_due() for _ in range(5)))) == 1
        await client.settle()
        assert await posts(client, ada) == ["later #x"]
        assert await contents(bob) == ["later #x"]
        assert await drafts(ada) == ["by hand", "much later"]
        clock.advance(timedelta(minutes=5))
        assert await publish_due() == 1
        assert await posts(client, ada) == ["much later", "later #x"]
        log = await ada.run("{ myActivity { nodes { action } } }")
        assert [node["action"] for node in log["myActivity"]["nodes"]].count("post:create") == 2
        assert (await publish(ada, by_hand))["success"]

    async def test_posts_that_are_due_at_once_are_published_once_by_several_processes(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> None:
        settings, clock = await backend("postgres+valkey", request, tmp_path), FixedClock()
        async with open_client(clock=clock, **settings) as one, open_client(clock=clock, **settings) as other:
            ada = await one.sign_up("ada")
            for n in range(20):
                await plan(ada, str(n), ahead(clock, minutes=1))
            clock.advance(timedelta(minutes=1))
            done = await asyncio.gather(*(app.app.services.drafts.publish_due() for app in (one, other) * 3))
            assert sum(done) == 20
            found = await one.run(
                "query ($u: ID!) { postsByUser(userId: $u, itemsPerPage: 50) { items { content } } }",
                {"u": ada.user_id},
            )
            assert sorted(int(post["content"]) for post in found["postsByUser"]["items"]) == list(range(20))

    async def test_a_process_publishes_what_is_due_by_itself(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> None:
        settings, clock = await backend("sqlite", request, tmp_path), FixedClock()
        async with open_client(clock=clock, data_dir=tmp_path, **settings) as client:
            ada = await client.sign_up("ada")
            await plan(ada, "later", ahead(clock, minutes=1))
        clock.advance(timedelta(minutes=2))
        async with open_client(clock=clock, data_dir=tmp_path, relay=True, **settings) as client:

            async def is_out() -> bool:
                return await posts(client, ada) == ["later"]

            await eventually(is_out)

    async def test_a_plan_is_changed_and_dropped(self, timed: Timed) -> None:
        client, clock = timed
        ada = await client.sign_up("ada")
        draft = (await plan(ada, "later", ahead(clock, minutes=2)))["draft"]["id"]
        moved = (await update(ada, draft, t=ahead(clock, minutes=4), c="even later"))["draft"]
        assert moved["content"] == "even later"
        clock.advance(timedelta(minutes=3))
        assert await client.app.services.drafts.publish_due() == 0
        dropped = (await update(ada, draft, u=True))["draft"]
        assert dropped["scheduledAt"] is None
        clock.advance(timedelta(minutes=10))
        assert await client.app.services.drafts.publish_due() == 0
        assert await drafts(ada, False) == ["even later"]
        assert (await publish(ada, draft))["success"]

    @pytest.mark.parametrize("ahead_by", [{"seconds": 59}, {"minutes": -5}, {"days": 366}])
    async def test_other_moments_are_refused(self, timed: Timed, ahead_by: dict[str, int]) -> None:
        client, clock = timed
        ada = await client.sign_up("ada")
        draft = (await create(ada, "first"))["draft"]["id"]
        moment = ahead(clock, **ahead_by)
        assert (await plan(ada, "x", moment))["errors"] == REFUSED
        assert (await create(ada, "x", t=moment))["errors"] == REFUSED
        assert (await update(ada, draft, t=moment))["errors"] == REFUSED
        assert await drafts(ada) == ["first"]

    async def test_fault_10_a_planned_post_that_is_sent_again_is_planned_once(self, timed: Timed) -> None:
        client, clock = timed
        ada, moment = await client.sign_up("ada"), ahead(clock, seconds=90)
        answers = await asyncio.gather(*(plan(ada, "later", moment, "key") for _ in range(50)))
        assert answers[0]["success"]
        assert all(answer == answers[0] for answer in answers)
        clock.advance(timedelta(seconds=45))  # The moment is too near for a new plan by now.
        assert await plan(ada, "later", moment, "key") == answers[0]
        assert (await plan(ada, "later", ahead(clock, hours=1), "key"))["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
        assert await drafts(ada) == ["later"]
        clock.advance(timedelta(seconds=45))
        assert await client.app.services.drafts.publish_due() == 1
        assert (await plan(ada, "later", moment, "key"))["errors"] == NO_DRAFT
        assert await posts(client, ada) == ["later"]


class TestWhoMayNotPostAnyMore:
    async def test_a_banned_author_keeps_the_draft_with_the_reason_and_others_are_published(self, timed: Timed) -> None:
        client, clock = timed
        mia, bob, ada = await moderator(client), await client.sign_up("bob"), await client.sign_up("ada")
        draft = (await plan(ada, "ada's", ahead(clock, minutes=1)))["draft"]["id"]
        await plan(bob, "bob's", ahead(clock, minutes=1))
        await mia.run(BAN, {"u": ada.user_id})

        clock.advance(timedelta(minutes=1))
        assert await client.app.services.drafts.publish_due() == 1
        assert await client.app.services.drafts.publish_due() == 0

        assert await posts(client, bob) == ["bob's"]
        await mia.run("mutation ($u: ID!) { unbanUser(userId: $u) { success } }", {"u": ada.user_id})
        assert await client.app.services.drafts.publish_due() == 0
        ada = await client.sign_in("ada")
        assert (await ada.run(LIST))["drafts"]["nodes"] == [{"content": "ada's", "failure": "FORBIDDEN"}]
        assert await posts(client, ada) == []
        again = (await update(ada, draft, t=ahead(clock, minutes=1)))["draft"]
        assert again["failure"] is None
        clock.advance(timedelta(minutes=1))
        assert await client.app.services.drafts.publish_due() == 1
        assert await posts(client, ada) == ["ada's"]

    async def test_a_deactivated_author_publishes_nothing(self, timed: Timed) -> None:
        client, clock = timed
        ada = await client.sign_up("ada")
        await plan(ada, "later", ahead(clock, minutes=1))
        await ada.run("mutation ($p: String!) { deactivateAccount(currentPassword: $p) { success } }", {"p": PASSWORD})
        clock.advance(timedelta(minutes=1))
        assert await client.app.services.drafts.publish_due() == 0
        ada = await client.sign_in("ada")
        assert (await ada.run(LIST))["drafts"]["nodes"] == [{"content": "later", "failure": "FORBIDDEN"}]

    async def test_nothing_that_an_erased_account_had_in_mind_is_left(self, timed: Timed) -> None:
        client, clock = timed
        ada = await client.sign_up("ada")
        await create(ada, "secret plans")
        await plan(ada, "later", ahead(clock, days=30))
        await ada.run("mutation ($p: String!) { deleteAccount(currentPassword: $p) { success } }", {"p": PASSWORD})
        clock.advance(ERASED_AFTER)
        assert await client.app.services.own_account.erase_due() == 1
        assert await client.app.storage.drafts.page(UserId(int(ada.user_id or 0)), limit=10) == []
        clock.advance(timedelta(days=30))
        assert await client.app.services.drafts.publish_due() == 0
