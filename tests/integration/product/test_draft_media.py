"""Drafts, and posts that are planned, with what was uploaded for them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from socialfeed.application.views import MediaView
from socialfeed.domain.ids import MediaId
from socialfeed.domain.media import ORPHANED_AFTER
from socialfeed.domain.permissions import Actor
from socialfeed.testing.client import Client, open_client
from socialfeed.testing.clock import FixedClock
from tests.integration.product.conftest import BACKENDS, backend
from tests.integration.product.test_drafts import DELETE, ahead, publish
from tests.integration.product.test_media import collect, delete, shown
from tests.integration.product.test_post_media import CREATE, create, pictures

BEGIN = """mutation ($m: [ID!]! = []) {
  createDraft(content: "Look", mediaIds: $m) { draft { id media { id } } success errors { code field } }
}"""
CHANGE = """mutation ($i: ID!, $m: [ID!], $c: String, $t: DateTime) {
  updateDraft(draftId: $i, mediaIds: $m, content: $c, scheduledAt: $t) {
    draft { content failure media { id } } success errors { code field }
  }
}"""
SAID = "content image media { id } visibility sensitive contentWarning language replyPolicy"
ALL = """mutation ($m: [ID!]!, $t: DateTime!) {
  createPost(
    content: "Look", imageUrl: "https://example.org/a.png", mediaIds: $m, visibility: FOLLOWERS, sensitive: true,
    contentWarning: "Spiders", language: "de", replyPolicy: NOBODY, scheduledAt: $t, idempotencyKey: "once"
  ) { draft { SAID } success errors { code field } }
}""".replace("SAID", SAID)
DRAFTS = "{ drafts(first: 100) { nodes { id failure media { id altText } } } }"
POSTS = "query ($u: ID!) { postsByUser(userId: $u, itemsPerPage: 50) { items { media { id } } } }"

Timed = tuple[Client, FixedClock]


async def begin(client: Client, media: list[str]) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(BEGIN, {"m": media}))["createDraft"]
    return answer


async def change(client: Client, draft: str, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(CHANGE, {"i": draft, **changes}))["updateDraft"]
    return answer


async def posted(client: Client, author: Client) -> list[list[str]]:
    """What each of the author's posts has, the newest first."""
    items = (await client.run(POSTS, {"u": author.user_id}))["postsByUser"]["items"]
    return [[media["id"] for media in item["media"]] for item in items]


async def kept(client: Client) -> list[tuple[str | None, list[str]]]:
    nodes = (await client.run(DRAFTS))["drafts"]["nodes"]
    return [(node["failure"], [media["id"] for media in node["media"]]) for node in nodes]


def named(*media: str) -> list[dict[str, str]]:
    return [{"id": one} for one in media]


async def test_a_draft_has_its_media_until_it_is_a_post(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    first, second, third = await pictures(ada, 3)
    draft = (await begin(ada, [second, first]))["draft"]
    assert draft["media"] == named(second, first)
    assert (await change(ada, draft["id"], c="Hm"))["draft"]["media"] == named(second, first)
    assert (await change(ada, draft["id"], m=[]))["draft"]["media"] == []
    assert (await change(ada, draft["id"], m=[third, first]))["draft"]["media"] == named(third, first)
    assert await shown(bob, third) is None
    assert (await create(ada, [third]))["errors"] == [{"code": "MEDIA_ATTACHED", "field": "mediaIds"}]
    assert (await begin(ada, [third]))["errors"] == [{"code": "MEDIA_ATTACHED", "field": "mediaIds"}]
    assert (await create(ada, [second]))["success"]

    answers = await asyncio.gather(*(publish(ada, draft["id"]) for _ in range(5)))

    assert [answer["success"] for answer in answers].count(True) == 1
    assert await posted(bob, ada) == [[third, first], [second]]
    assert (await shown(bob, third))["status"] == "PENDING"
    assert await kept(ada) == []


async def test_what_a_draft_may_not_have_is_refused_and_no_draft_is_made(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    (theirs,) = await pictures(bob, 1)
    mine = await pictures(ada, 5)
    for media, code in (
        ([mine[0], theirs], "MEDIA_NOT_FOUND"),
        ([mine[0], mine[0]], "DUPLICATE_MEDIA"),
        (mine, "TOO_MANY_MEDIA"),
        (["1"], "INVALID_ID"),
    ):
        assert (await begin(ada, media))["errors"] == [{"code": code, "field": "mediaIds"}]
    assert await kept(ada) == []
    draft = (await begin(ada, mine[:1]))["draft"]["id"]
    assert (await change(ada, draft, m=[theirs]))["errors"] == [{"code": "MEDIA_NOT_FOUND", "field": "mediaIds"}]
    assert await kept(ada) == [(None, mine[:1])]


async def test_a_file_that_was_deleted_is_missed_before_the_draft_is_published(client: Client) -> None:
    ada = await client.sign_up("ada")
    gone, there = await pictures(ada, 2)
    draft = (await begin(ada, [gone, there]))["draft"]["id"]
    await delete(ada, gone)
    assert await kept(ada) == [(None, [there])]
    assert (await publish(ada, draft))["errors"] == [{"code": "MEDIA_NOT_FOUND", "field": "mediaIds"}]
    assert await posted(ada, ada) == []
    assert await kept(ada) == [(None, [there])]
    await change(ada, draft, m=[there])
    assert (await publish(ada, draft))["success"]
    assert await posted(ada, ada) == [[there]]


async def test_a_planned_post_has_its_media_at_its_moment_once(timed: Timed) -> None:
    client, clock = timed
    ada = await client.sign_up("ada")
    media = await pictures(ada, 2)
    moment = ahead(clock, minutes=5)
    answers = await asyncio.gather(*(create(ada, media, t=moment, k="key") for _ in range(10)))
    assert answers[0]["success"]
    assert all(answer == answers[0] for answer in answers)
    assert (await create(ada, media[:1], t=moment, k="key"))["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await kept(ada) == [(None, media)]

    clock.advance(timedelta(minutes=5))
    assert sum(await asyncio.gather(*(client.app.services.drafts.publish_due() for _ in range(5)))) == 1

    assert await posted(client, ada) == [media]
    assert await kept(ada) == []


async def test_a_post_may_be_planned_with_all_that_there_is_to_say(timed: Timed) -> None:
    client, clock = timed
    ada = await client.sign_up("ada")
    media = await pictures(ada, 1)
    planned = await ada.run(ALL, {"m": media, "t": ahead(clock, minutes=1)})
    assert planned["createPost"]["success"]
    clock.advance(timedelta(minutes=1))
    assert await client.app.services.drafts.publish_due() == 1
    mine = f"query ($u: ID!) {{ postsByUser(userId: $u) {{ items {{ {SAID} }} }} }}"
    (post,) = (await ada.run(mine, {"u": ada.user_id}))["postsByUser"]["items"]
    assert post == {**planned["createPost"]["draft"], "media": named(*media)}
    assert (post["image"], post["visibility"]) == ("https://example.org/a.png", "FOLLOWERS")


async def test_a_planned_post_whose_file_is_gone_stays_with_the_reason_and_is_no_post(timed: Timed) -> None:
    client, clock = timed
    ada = await client.sign_up("ada")
    gone, there = await pictures(ada, 2)
    draft = (await create(ada, [there, gone], t=ahead(clock, minutes=1)))["draft"]["id"]
    await create(ada, [], t=ahead(clock, minutes=1))
    await delete(ada, gone)
    clock.advance(timedelta(minutes=1))
    assert await client.app.services.drafts.publish_due() == 1
    assert await client.app.services.drafts.publish_due() == 0
    assert await posted(client, ada) == [[]]
    assert await kept(ada) == [("MEDIA_NOT_FOUND", [there])]
    again = ahead(clock, minutes=1)
    assert (await change(ada, draft, t=again))["errors"] == [{"code": "MEDIA_NOT_FOUND", "field": "mediaIds"}]
    assert (await change(ada, draft, t=again, m=[there]))["draft"]["failure"] is None
    clock.advance(timedelta(minutes=1))
    assert await client.app.services.drafts.publish_due() == 1
    assert await posted(client, ada) == [[there], []]


async def test_planned_posts_with_media_are_published_once_by_two_processes(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings, clock = await backend("postgres+valkey", request, tmp_path), FixedClock()
    settings["data_dir"] = tmp_path
    async with open_client(clock=clock, **settings) as one, open_client(clock=clock, **settings) as other:
        ada = await one.sign_up("ada")
        media = [await pictures(ada, 2) for _ in range(5)]
        for pair in media:
            await create(ada, pair, t=ahead(clock, minutes=1))
        clock.advance(timedelta(minutes=1))
        done = await asyncio.gather(*(app.app.services.drafts.publish_due() for app in (one, other) * 3))
        assert sum(done) == 5
        assert sorted(await posted(one, ada)) == sorted(media)


@pytest.mark.parametrize("name", BACKENDS)
async def test_only_what_no_draft_holds_any_more_is_collected(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    clock = FixedClock(datetime.now(UTC))
    async with open_client(
        clock=clock, data_dir=tmp_path, media_url="", **await backend(name, request, tmp_path)
    ) as client:
        ada = await client.sign_up("ada")
        held, planned, dropped, let_go = await pictures(ada, 4)
        dropping = (await begin(ada, [held, dropped]))["draft"]["id"]
        deleting = (await begin(ada, [let_go]))["draft"]["id"]
        await ada.run(CREATE, {"m": [planned], "t": ahead(clock, days=30)})
        await client.settle()
        clock.advance(ORPHANED_AFTER + timedelta(minutes=1))
        ada = await client.sign_in("ada")
        assert await collect(client) == 0
        await change(ada, dropping, m=[held])
        await ada.run(DELETE, {"i": deleting})
        assert await collect(client) == 2
        alive = [await shown(ada, media) is not None for media in (held, planned, dropped, let_go)]
        assert alive == [True, True, False, False]


async def test_the_media_of_a_page_of_drafts_are_one_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await client.sign_up("ada")
    first, second, third = await pictures(ada, 3)
    for media in ([first], [third, second], []):
        await begin(ada, media)
    library, asked = client.app.services.media, list[list[MediaId]]()
    by_ids = library.by_ids

    async def noted(actor: Actor, ids: Sequence[MediaId]) -> dict[MediaId, MediaView]:
        asked.append(list(ids))
        return await by_ids(actor, ids)

    monkeypatch.setattr(library, "by_ids", noted)
    assert await kept(ada) == [(None, []), (None, [third, second]), (None, [first])]
    assert asked == [[int(media) for media in (third, second, first)]]
