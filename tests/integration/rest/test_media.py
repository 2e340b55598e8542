"""Uploading by a form, over REST."""

from socialfeed.testing.client import Client
from tests.integration.rest.calls import get, problem, sign_in, sign_up
from tests.uploads import picture, png_of


async def ada(client: Client) -> Client:
    await sign_up(client)
    return (await sign_in(client))[0]


async def test_a_picture_is_taken_asked_for_and_deleted(client: Client) -> None:
    viewer = await ada(client)
    taken = await viewer.form("/api/media", {"altText": "A café"}, {"file": picture(size=(400, 200))})
    assert (taken.status, taken.headers["cache-control"]) == (202, "no-store")
    pending = taken.json()
    assert (pending["kind"], pending["status"], pending["url"], pending["altText"]) == (
        "IMAGE",
        "PENDING",
        None,
        "A café",
    )

    await client.settle()

    ready = (await get(viewer, f"/media/{pending['id']}")).json()
    assert (ready["status"], ready["width"], ready["height"]) == ("READY", 400, 200)
    assert [(each["width"], each["contentType"]) for each in ready["renditions"]] == [(320, "image/webp")]
    assert (await client.request("GET", ready["url"])).status == 200
    assert problem(await get(client, f"/media/{pending['id']}")) == (404, "MEDIA_NOT_FOUND", "mediaId")
    deleted = await viewer.request("DELETE", f"/api/media/{pending['id']}")
    assert (deleted.status, deleted.body) == (204, b"")
    assert problem(await get(viewer, f"/media/{pending['id']}")) == (404, "MEDIA_NOT_FOUND", "mediaId")


async def test_what_may_not_be_uploaded_is_a_problem(client: Client) -> None:
    viewer = await ada(client)
    cases = [
        ({}, b"<svg/>", (422, "MEDIA_TYPE_NOT_ALLOWED", "file")),
        ({}, b"", (422, "MEDIA_TYPE_NOT_ALLOWED", "file")),
        ({}, png_of(50_000, 50_000), (422, "MEDIA_TOO_MANY_PIXELS", "file")),
        ({}, picture() + bytes(10_000_001), (413, "MEDIA_TOO_LARGE", "file")),
        ({"altText": "x" * 1_501}, picture(), (422, "TOO_LONG", "altText")),
        ({"ownerId": "1"}, picture(), (422, "UNKNOWN_FIELD", "ownerId")),
    ]
    for fields, content, expected in cases:
        assert problem(await viewer.form("/api/media", fields, {"file": content})) == expected
    assert problem(await viewer.form("/api/media", {"altText": "Nothing"}, {})) == (422, "MISSING_FIELD", "file")
    assert problem(await viewer.form("/api/media", {"file": "text"}, {})) == (422, "MISSING_FIELD", "file")
    assert problem(await viewer.request("POST", "/api/media", json={"file": "text"})) == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        None,
    )


async def test_nobody_in_particular_uploads_nothing_and_is_told_before_the_file_is_read(client: Client) -> None:
    refused = await client.form("/api/media", {}, {"file": picture()})
    assert problem(refused) == (401, "UNAUTHENTICATED", None)
    assert refused.headers["connection"] == "close"


async def test_an_id_of_something_else_is_no_id_of_a_file(client: Client) -> None:
    viewer = await ada(client)
    for media_id in (viewer.user_id, "0", "x", "9" * 30):
        assert problem(await get(viewer, f"/media/{media_id}")) == (422, "INVALID_ID", None)
