"""Uploading pictures, showing, describing and deleting them, and what is collected."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from socialfeed.domain.events import MediaRemoved
from socialfeed.domain.ids import MediaId, PostId, UserId
from socialfeed.domain.media import FORGOTTEN_AFTER, ORPHANED_AFTER, TRIED_AGAIN_AFTER, MediaStatus
from socialfeed.domain.post import RESTORABLE
from socialfeed.domain.user import ERASED_AFTER
from socialfeed.testing import FixedClock
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import PASSWORD, Client, open_client
from tests.integration.product.conftest import BACKENDS, backend
from tests.uploads import animation, opened, picture, png_of

UPLOAD = """
mutation ($file: Upload!, $alt: String! = "") {
  uploadMedia(file: $file, altText: $alt) { media { id status url } success message errors { code field } }
}
"""
MEDIA = """
query ($id: ID!) {
  media(id: $id) {
    id kind status url contentType width height duration blurhash altText failure createdAt
    renditions { url width height contentType }
  }
}
"""
DAY = timedelta(days=1)
make = Builder()


async def upload(client: Client, content: bytes, alt: str = "") -> str:
    """The id of what was taken."""
    result = (await client.run(UPLOAD, {"alt": alt}, files={"file": content}))["uploadMedia"]
    assert result["success"], result
    return str(result["media"]["id"])


async def refused(client: Client, content: bytes, **variables: Any) -> list[tuple[str, str | None]]:
    result = (await client.run(UPLOAD, variables, files={"file": content}))["uploadMedia"]
    assert not result["success"]
    assert result["media"] is None
    return [(error["code"], error["field"]) for error in result["errors"]]


async def shown(client: Client, media_id: str) -> Any:
    return (await client.run(MEDIA, {"id": media_id}))["media"]


async def delete(client: Client, media_id: str) -> Any:
    answer = await client.graphql(
        "mutation ($id: ID!) { deleteMedia(mediaId: $id) { success errors { code } } }", {"id": media_id}
    )
    return answer.codes or [error["code"] for error in answer.data["deleteMedia"]["errors"]]


async def post_with(client: Client, *media_ids: str) -> str:
    created = await client.run('mutation { createPost(content: "Look") { post { id } } }')
    post_id: str = created["createPost"]["post"]["id"]
    async with client.app.storage.uow() as tx:
        owner_id = UserId(int(client.user_id or 0))
        await tx.media.attach(PostId(int(post_id)), owner_id, [MediaId(int(media_id)) for media_id in media_ids])
    return post_id


async def test_a_picture_is_pending_then_ready_then_served(client: Client) -> None:
    ada = await client.sign_up("ada")
    content = picture("image/jpeg", (1_000, 500))
    media_id = await upload(ada, content, "A slope")
    pending = await shown(ada, media_id)
    assert (pending["status"], pending["url"], pending["blurhash"], pending["renditions"]) == (
        "PENDING",
        None,
        None,
        [],
    )
    assert (pending["width"], pending["height"]) == (1_000, 500)

    await client.settle()

    ready = await shown(ada, media_id)
    assert (ready["kind"], ready["status"], ready["contentType"]) == ("IMAGE", "READY", "image/jpeg")
    assert (ready["altText"], ready["failure"], ready["duration"]) == ("A slope", None, None)
    assert len(ready["blurhash"]) == 28
    assert [(r["width"], r["height"], r["contentType"]) for r in ready["renditions"]] == [
        (320, 160, "image/webp"),
        (640, 320, "image/webp"),
    ]
    for url, size in [
        (ready["url"], (1_000, 500)),
        *((r["url"], (r["width"], r["height"])) for r in ready["renditions"]),
    ]:
        served = await client.request("GET", url)
        assert served.status == 200
        assert opened(served.body).size == size


async def test_an_animation_says_how_long_it_is(client: Client) -> None:
    ada = await client.sign_up("ada")
    media_id = await upload(ada, animation(frames=5))
    await client.settle()
    ready = await shown(ada, media_id)
    assert (ready["contentType"], ready["duration"]) == ("image/webp", 0.2)


async def test_processing_it_again_changes_nothing(client: Client) -> None:
    ada = await client.sign_up("ada")
    media_id = await upload(ada, picture())
    async with client.app.storage.outbox.claim(10) as claimed:
        [envelope] = [each for each in claimed.envelopes if each.event.name == "media_uploaded"]
    await client.settle()
    ready = await shown(ada, media_id)
    await asyncio.gather(*(client.app.jobs_table["process_media"].handler(envelope) for _ in range(3)))
    assert await shown(ada, media_id) == ready
    assert (await client.request("GET", ready["url"])).status == 200


async def test_what_cannot_be_processed_fails_for_good(client: Client) -> None:
    ada = await client.sign_up("ada")
    media_id = await upload(ada, png_of(700, 600))
    await client.settle()
    failed = await shown(ada, media_id)
    assert (failed["status"], failed["failure"], failed["url"]) == ("FAILED", "MEDIA_BROKEN", None)
    assert await client.app.storage.outbox.backlog() == 0


async def test_what_is_no_picture_is_refused(client: Client) -> None:
    ada = await client.sign_up("ada")
    assert await refused(ada, b"<svg/>") == [("MEDIA_TYPE_NOT_ALLOWED", "file")]
    assert await refused(ada, b"") == [("MEDIA_TYPE_NOT_ALLOWED", "file")]
    assert await refused(ada, png_of(50_000, 50_000)) == [("MEDIA_TOO_MANY_PIXELS", "file")]
    assert await refused(ada, picture(), alt="x" * 1_501) == [("TOO_LONG", "altText")]
    assert await refused(ada, picture(), alt="a\0b") == [("INVALID_CHARACTER", "altText")]


async def test_a_description_is_changed_by_its_owner_alone(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    media_id = await upload(ada, picture())
    describe = (
        "mutation ($id: ID!, $alt: String!) { updateMedia(mediaId: $id, altText: $alt)"
        " { media { altText } success errors { code field } } }"
    )
    done = (await ada.run(describe, {"id": media_id, "alt": " A café\r\nby night "}))["updateMedia"]
    assert done["media"] == {"altText": "A café\nby night"}
    hidden = (await bob.run(describe, {"id": media_id, "alt": "Mine"}))["updateMedia"]
    assert hidden["errors"] == [{"code": "MEDIA_NOT_FOUND", "field": "mediaId"}]
    await post_with(ada, media_id)
    assert (await bob.graphql(describe, {"id": media_id, "alt": "Mine"})).codes == ["FORBIDDEN"]


async def test_others_are_shown_what_is_in_a_post_that_they_see(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    media_id = await upload(ada, picture())
    assert await shown(bob, media_id) is None
    assert await shown(client, media_id) is None
    await post_with(ada, media_id)
    assert (await shown(bob, media_id))["id"] == media_id
    await ada.run("mutation { updateProfile(isPrivate: true) { success } }")
    assert await shown(bob, media_id) is None
    assert (await shown(ada, media_id))["id"] == media_id


async def test_a_deleted_one_is_gone_and_so_are_its_files(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    media_id = await upload(ada, picture(size=(400, 300)))
    post_id = await post_with(ada, media_id)
    await client.settle()
    ready = await shown(ada, media_id)
    urls = [ready["url"], *(rendition["url"] for rendition in ready["renditions"])]
    assert await delete(bob, media_id) == ["FORBIDDEN"]

    assert await delete(ada, media_id) == []

    assert await shown(ada, media_id) is None
    assert await client.app.storage.media.media_of_posts([PostId(int(post_id))]) == {}
    assert await delete(ada, media_id) == ["MEDIA_NOT_FOUND"]
    await client.settle()
    assert [(await client.request("GET", url)).status for url in urls] == [404, 404]


async def test_one_deleted_while_it_waits_leaves_no_file(client: Client, tmp_path: Path) -> None:
    ada = await client.sign_up("ada")
    media_id = await upload(ada, picture(size=(400, 300)))
    assert await delete(ada, media_id) == []
    await client.settle()
    [media] = await client.app.storage.media.removed(None, limit=9)
    assert [key for key in media.every_key() if await client.app.media.get(key) is not None] == []


async def test_one_deleted_while_it_is_processed_leaves_no_file(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await client.sign_up("ada")
    media_id = await upload(ada, picture(size=(400, 300)))
    put = client.app.media.put
    deleted: list[object] = []

    async def put_late(key: str, chunks: AsyncIterator[bytes]) -> int:
        if not deleted:
            deleted.append(await delete(ada, media_id))
            await client.app.jobs_table["delete_media"].handler(make.envelope(MediaRemoved(MediaId(int(media_id)))))
        return await put(key, chunks)

    monkeypatch.setattr(client.app.media, "put", put_late)
    await client.settle()
    assert deleted == [[]]
    [media] = await client.app.storage.media.removed(None, limit=9)
    assert [key for key in media.every_key() if await client.app.media.get(key) is not None] == []


async def test_what_was_uploaded_described_and_deleted_stands_in_the_log(client: Client) -> None:
    ada = await client.sign_up("ada")
    media_id = await upload(ada, picture())
    await ada.run(f'mutation {{ updateMedia(mediaId: "{media_id}", altText: "Hm") {{ success }} }}')
    await delete(ada, media_id)
    log = await ada.run("{ myActivity(first: 3) { nodes { action objectId } } }")
    assert log["myActivity"]["nodes"] == [
        {"action": f"media:{action}", "objectId": media_id} for action in ("delete", "update", "upload")
    ]


@pytest.fixture(params=BACKENDS)
def small(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_40_two_at_once_do_not_share_the_last_free_bytes(
    small: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    content = picture()
    settings = await backend(small, request, tmp_path)
    async with open_client(data_dir=tmp_path, media_quota=3 * len(content), **settings) as client:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        results = [
            (await asyncio.gather(*(ada.run(UPLOAD, files={"file": content}) for _ in range(3)))) for _ in range(2)
        ]
        answers = [result["uploadMedia"] for batch in results for result in batch]
        taken = [answer["media"]["id"] for answer in answers if answer["success"]]
        assert len(taken) == 3
        codes = [error["code"] for answer in answers for error in answer["errors"]]
        assert codes == ["QUOTA_EXCEEDED"] * 3
        await upload(bob, content)

        await delete(ada, taken[0])

        await upload(ada, content)
        assert await refused(ada, content) == [("QUOTA_EXCEEDED", None)]


async def test_40_so_many_may_wait_and_no_more(tmp_path: Path) -> None:
    async with open_client(data_dir=tmp_path, media_pending=2) as client:
        ada = await client.sign_up("ada")
        for _ in range(2):
            await upload(ada, picture())
        assert await refused(ada, picture()) == [("TOO_MANY_PENDING", None)]
        await client.settle()
        await upload(ada, picture())


async def test_what_no_post_has_after_a_day_is_collected_and_later_forgotten(
    small: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    clock = FixedClock(datetime.now(UTC))
    async with open_client(
        clock=clock, data_dir=tmp_path, media_url="", **await backend(small, request, tmp_path)
    ) as client:
        ada = await client.sign_up("ada")
        kept, orphan, waiting = [await upload(ada, picture(size=(400, 300))) for _ in range(3)]
        await post_with(ada, kept)
        await client.settle()
        assert len(files(tmp_path)) == 6

        clock.advance(ORPHANED_AFTER - timedelta(minutes=1))
        assert await collect(client) == 0
        clock.advance(timedelta(minutes=2))
        assert await collect(client) == 2

        assert len(files(tmp_path)) == 2
        ada = await client.sign_in("ada")
        assert [await shown(ada, media_id) is None for media_id in (kept, orphan, waiting)] == [False, True, True]
        assert len(await client.app.storage.media.removed(None, limit=9)) == 2
        clock.advance(FORGOTTEN_AFTER + timedelta(minutes=1))
        assert await collect(client) == 0
        assert await client.app.storage.media.removed(None, limit=9) == []


async def test_the_media_of_an_erased_account_go_with_it(
    small: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    clock = FixedClock(datetime.now(UTC))
    async with open_client(
        clock=clock, data_dir=tmp_path, media_url="", **await backend(small, request, tmp_path)
    ) as client:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await post_with(ada, await upload(ada, picture(), "My face"))
        await post_with(bob, await upload(bob, picture()))
        await client.settle()
        delete_account = "mutation ($p: String!) { deleteAccount(currentPassword: $p) { success } }"
        assert (await ada.run(delete_account, {"p": PASSWORD}))["deleteAccount"]["success"]
        clock.advance(ERASED_AFTER + timedelta(minutes=1))
        await client.app.services.own_account.erase_due()
        await collect(client)
        assert len(files(tmp_path)) == 1
        [media] = await client.app.storage.media.removed(None, limit=9)
        assert (media.owner_id, media.alt_text) == (int(ada.user_id or 0), "")


async def test_the_media_of_a_purged_post_go_with_it(
    small: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    clock = FixedClock(datetime.now(UTC))
    async with open_client(
        clock=clock, data_dir=tmp_path, media_url="", **await backend(small, request, tmp_path)
    ) as client:
        ada = await client.sign_up("ada")
        post_id = await post_with(ada, await upload(ada, picture()))
        await client.settle()
        await ada.run("mutation ($id: ID!) { deletePost(postId: $id) { success } }", {"id": post_id})
        await collect(client)
        assert len(files(tmp_path)) == 1  # it may be restored
        clock.advance(RESTORABLE + timedelta(minutes=1))
        assert await client.app.services.posts.purge_due() == 1
        await collect(client)
        assert files(tmp_path) == []


async def test_an_upload_whose_process_died_is_given_up(tmp_path: Path) -> None:
    clock = FixedClock(datetime.now(UTC))
    async with open_client(clock=clock, data_dir=tmp_path, media_url="") as client:
        ada = await client.sign_up("ada")
        media_id = MediaId(int(await upload(ada, picture())))
        async with client.app.storage.uow() as tx:  # as it was between the two transactions of an upload
            media = await tx.media.locked(media_id)
            assert media is not None
            await tx.media.save(replace(media, status=MediaStatus.RECEIVING))
        assert await shown(ada, str(media_id)) is None
        clock.advance(timedelta(hours=1, minutes=1))
        assert await collect(client) == 1
        assert files(tmp_path) == []


async def test_one_whose_job_was_lost_is_tried_again(
    small: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    clock = FixedClock(datetime.now(UTC))
    async with open_client(clock=clock, data_dir=tmp_path, **await backend(small, request, tmp_path)) as client:
        ada = await client.sign_up("ada")
        media_id = await upload(ada, picture())
        async with client.app.storage.outbox.claim(10) as claimed:
            for envelope in claimed.envelopes:
                claimed.done(envelope)  # as a broker says that is emptied later
        clock.advance(TRIED_AGAIN_AFTER - timedelta(minutes=1))
        await collect(client)
        await client.settle()
        ada = await client.sign_in("ada")
        assert (await shown(ada, media_id))["status"] == "PENDING"
        clock.advance(timedelta(minutes=2))
        await collect(client)
        await client.settle()
        assert (await shown(ada, media_id))["status"] == "READY"


async def test_one_that_was_never_processed_fails_in_the_end(tmp_path: Path) -> None:
    clock = FixedClock(datetime.now(UTC))
    async with open_client(clock=clock, data_dir=tmp_path, media_url="") as client:
        ada = await client.sign_up("ada")
        media_id = await upload(ada, picture())
        await post_with(ada, media_id)
        clock.advance(DAY + timedelta(minutes=1))
        assert await collect(client) == 1
        ada = await client.sign_in("ada")
        failed = await shown(ada, media_id)
        assert (failed["status"], failed["failure"]) == ("FAILED", "MEDIA_TIMED_OUT")
        assert files(tmp_path) == []
        await client.settle()
        assert (await shown(ada, media_id))["status"] == "FAILED"


async def collect(client: Client) -> int:
    return await client.app.media_work.collect()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "media").rglob("*") if path.is_file())
