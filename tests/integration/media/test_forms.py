"""Forms with files, as the GraphQL multipart request specification says, and as it does not."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from socialfeed.entrypoints.forms import PARTS_MAX
from socialfeed.entrypoints.graphql.protocol import PREFLIGHT
from socialfeed.testing.client import Client, Response, open_client
from tests.uploads import picture

ONE = "mutation ($f: Upload!) { uploadMedia(file: $f) { media { id } success errors { code } } }"
PREFLIGHTED = {"graphql-preflight": "1"}

Parts = Sequence[tuple[str, bytes]]


@pytest.fixture
async def ada() -> AsyncIterator[Client]:
    async with open_client() as client:
        yield await client.sign_up("ada")


def operation(query: str = ONE, **variables: Any) -> bytes:
    return json.dumps({"query": query, "variables": variables or {"f": None}}).encode()


def parts(operations: bytes = operation(), places: object = None, *files: tuple[str, bytes]) -> Parts:
    where = {"0": ["variables.f"]} if places is None else places
    said = where if isinstance(where, bytes) else json.dumps(where).encode()
    sent = files or (("0", picture()),)
    return [
        ('name="operations"', operations),
        ('name="map"', said),
        *((f'name="{name}"; filename="a.png"', content) for name, content in sent),
    ]


def body(form: Parts, boundary: bytes = b"edge", end: bytes = b"--") -> bytes:
    written = [
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (boundary, head.encode(), content)
        for head, content in form
    ]
    return b"".join(written) + b"--" + boundary + end + b"\r\n"


async def post(client: Client, content: bytes, *, boundary: str = "; boundary=edge", **headers: str) -> Response:
    sent = {"content-type": f"multipart/form-data{boundary}", **PREFLIGHTED, **headers}
    return await client.request("POST", "/graphql", body=content, headers=sent)


def refusal(response: Response) -> tuple[int, str]:
    return response.status, response.json()["errors"][0]["extensions"]["code"]


async def test_a_file_takes_the_place_of_a_null(ada: Client) -> None:
    taken = (await post(ada, body(parts()))).json()
    assert taken["data"]["uploadMedia"]["success"]


async def test_several_files_come_with_one_operation(ada: Client) -> None:
    query = (
        "mutation ($a: Upload!, $b: Upload!) { one: uploadMedia(file: $a) { media { id width } success }"
        " two: uploadMedia(file: $b) { media { id width } success } }"
    )
    places = {"x": ["variables.a"], "y": ["variables.b"]}
    files = (("x", picture(size=(10, 10))), ("y", picture(size=(20, 20))))
    done = (await post(ada, body(parts(operation(query, a=None, b=None), places, *files)))).json()["data"]
    assert [done[name]["media"]["width"] for name in ("one", "two")] == [10, 20]


async def test_one_file_may_stand_in_two_places_and_in_a_list(ada: Client) -> None:
    query = "query ($a: Upload, $b: [Upload]) { __typename @include(if: true) me { id } }"
    places = {"0": ["variables.a", "variables.b.1"]}
    answer = await post(ada, body(parts(operation(query, a=None, b=[None, None]), places)))
    assert refusal(answer) == (400, "BAD_REQUEST")  # neither variable is used; but they are of the right type
    assert "never used" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("header", PREFLIGHT)
async def test_14_a_form_needs_a_header_that_no_other_site_may_send(ada: Client, header: str) -> None:
    for value in (None, ""):
        sent = {} if value is None else {header: value}
        refused = await ada.request(
            "POST",
            "/graphql",
            body=body(parts()),
            headers={"content-type": "multipart/form-data; boundary=edge", **sent},
        )
        assert refusal(refused) == (400, "PREFLIGHT_REQUIRED")
    taken = await ada.request(
        "POST",
        "/graphql",
        body=body(parts()),
        headers={"content-type": "multipart/form-data; boundary=edge", header: "1"},
    )
    assert taken.json()["data"]["uploadMedia"]["success"]


async def test_a_refused_file_is_told_in_the_payload_and_ends_the_connection(ada: Client) -> None:
    refused = await post(ada, body(parts(operation(), None, ("0", b"<svg/>" + bytes(500)))))
    assert refused.json()["data"]["uploadMedia"]["errors"] == [{"code": "MEDIA_TYPE_NOT_ALLOWED"}]
    assert refused.headers["connection"] == "close"


async def test_a_file_inside_the_operation_is_none(ada: Client) -> None:
    for query, variables in (
        (ONE, {"f": "text"}),
        (ONE, {"f": {"name": "x"}}),
        ('mutation { uploadMedia(file: "x") { success } }', {}),
    ):
        assert (await ada.graphql(query, variables)).status == 400


MALFORMED: dict[str, bytes] = {
    "no operations": body(parts()[1:]),
    "no map": body([parts()[0], parts()[2]]),
    "an operation that is no JSON": body(parts(b"{")),
    "a batch": body(parts(b"[%b]" % operation())),
    "a deep one": body(parts(b"[" * 100_000)),
    "a map that is no JSON": body(parts(operation(), b"{")),
    "a map of something else": body(parts(operation(), {"0": "variables.f"})),
    "a map of a list": body(parts(operation(), ["variables.f"])),
    "a file that has no place": body(parts(operation(), {"1": ["variables.f"]})),
    "a place that has no file": body(parts(operation(), {"0": ["variables.f"], "1": ["variables.g"]})),
    "a place outside of the variables": body(parts(operation(), {"0": ["query"]})),
    "a place that is the variables": body(parts(operation(), {"0": ["variables"]})),
    "a place that is not there": body(parts(operation(), {"0": ["variables.f.g"]})),
    "a place with something in it": body(parts(operation(f="text"), {"0": ["variables.f"]})),
    "a place beyond a list": body(parts(operation(f=[None]), {"0": ["variables.f.7"]})),
    "a place of a long number": body(parts(operation(f=[None]), {"0": ["variables.f." + "9" * 5_000]})),
    "a place in dunders": body(parts(operation(), {"0": ["variables.__class__"]})),
    "a thousand places": body(parts(operation(), {"0": ["variables.f"] * 1_000})),
    "no end": body(parts(), end=b""),
    "cut off": body(parts())[:-60],
    "another boundary": body(parts(), b"cliff"),
    "nothing": b"",
    "no form": b"{}",
    "a part without a name": body([("", b"x"), *parts()]),
    "two operations": body([parts()[0], *parts()]),
    "many parts": body([*parts(), *((f'name="f{n}"', b"") for n in range(PARTS_MAX))]),
    "many files": body(parts(operation(), None, *((str(n), picture()) for n in range(5)))),
    "a field more": body([*parts(), ('name="more"', b"x")]),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_form_that_makes_no_sense_is_refused(ada: Client, name: str) -> None:
    refused = await post(ada, MALFORMED[name])
    assert refusal(refused) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=" + "x" * 300])
async def test_a_form_without_a_sensible_boundary_is_refused(ada: Client, boundary: str) -> None:
    assert refusal(await post(ada, body(parts()), boundary=boundary)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "content",
    [
        body(parts(operation(f=None, more="x" * 1_000_000))),
        b"x" * 1_000_100 + body(parts()),
        body(parts()) + b"x" * 1_000_100,
        b"--edge\r\n" + b"X-Header: " + b"x" * 1_000_100,
        b"--edge\r\n" + b"X-Header: x\r\n" * 100_000,
    ],
    ids=["field", "before", "after", "header", "headers"],
)
async def test_13_what_is_no_file_is_limited_as_other_bodies_are(ada: Client, content: bytes) -> None:
    assert refusal(await post(ada, content))[0] in (400, 413)


async def test_a_body_that_says_it_is_too_large_is_not_read(ada: Client) -> None:
    refused = await post(ada, b"", **{"content-length": "2000000000"})
    assert refusal(refused) == (413, "BODY_TOO_LARGE")
    assert refused.headers["connection"] == "close"


async def test_nobody_in_particular_is_refused_before_a_file_is_read() -> None:
    async with open_client() as client:
        refused = await post(client, body(parts()))
        assert refusal(refused) == (401, "UNAUTHENTICATED")
        assert refused.headers["connection"] == "close"
        assert refused.headers["www-authenticate"] == "Bearer"


async def test_other_operations_may_come_in_a_form_without_files(ada: Client) -> None:
    form = parts(operation("{ me { username } }", x=1), {})[:2]
    assert (await post(ada, body(form))).json() == {"data": {"me": {"username": "ada"}}}
