"""Whatever a client sends, it gets a clear answer: a 4xx or a coded error, no traceback, nothing half-written."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from socialfeed.testing.client import Client, Response, open_client

CREATE = (
    "mutation ($c: String!, $i: String) { createPost(content: $c, imageUrl: $i) { success errors { code field } } }"
)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with open_client() as client:
        yield client


@pytest.fixture
async def ada(client: Client) -> Client:
    return await client.sign_up("ada")


def code_of(response: Response) -> str:
    """The one error's code; the answer must hold nothing else."""
    body = response.json()
    assert list(body) == ["errors"]
    text = response.body.decode()
    assert "Traceback" not in text
    assert 'File "' not in text
    return str(body["errors"][0]["extensions"]["code"])


async def send(client: Client, body: bytes, content_type: str = "application/json") -> Response:
    return await client.request("POST", "/graphql", body=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="broken JSON"),
        pytest.param(b'{"query": "{ me { id } }"} x', id="a tail"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"{ me { id } }"', id="a string"),
        pytest.param(b'[{"query": "{ me { id } }"}]', id="a batch"),
        pytest.param(b"{}", id="no query"),
        pytest.param(b'{"query": 7}', id="a number for a query"),
        pytest.param(b'{"query": "  "}', id="a blank query"),
        pytest.param(b'{"query": "{ me { id } }", "variables": []}', id="a list for variables"),
        pytest.param(b'{"query": "{ me { id } }", "operationName": {}}', id="an object for a name"),
        pytest.param(b'{"query": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"query": "\\ud800"}', id="a lone surrogate"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100,000 brackets deep"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="100,000 objects deep"),
        pytest.param(
            b'{"query": "{ me { id } }", "variables": {"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}", id="deep"
        ),
    ],
)
async def test_a_body_that_is_no_operation_is_a_400(client: Client, body: bytes) -> None:
    response = await send(client, body)

    assert response.status == 400
    assert code_of(response) == "BAD_REQUEST"


async def test_another_media_type_is_a_415(client: Client) -> None:
    response = await send(client, b'{"query": "{ me { id } }"}', "application/xml")

    assert (response.status, code_of(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_body_of_30_megabytes_is_a_413(client: Client) -> None:
    body = json.dumps({"query": "{ me { id } }", "variables": {"a": "x" * 30_000_000}}).encode()

    response = await send(client, body)

    assert (response.status, code_of(response)) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{ me { id }", id="syntax"),
        pytest.param("{ nothing }", id="an unknown field"),
        pytest.param("{ me }", id="no selection"),
        pytest.param("{ post { id } }", id="a missing argument"),
        pytest.param('{ post(id: "1", more: 2) { id } }', id="an unknown argument"),
        pytest.param("{ post(id: 1.5) { id } }", id="a fraction for an id"),
        pytest.param('{ userFeed(page: "1") { totalItems } }', id="a string for a number"),
        pytest.param("{ userFeed(page: null) { totalItems } }", id="null for a number"),
        pytest.param("{ userFeed(page: 99999999999) { totalItems } }", id="more than 32 bits"),
        pytest.param("query ($a: Int!) { userFeed(page: $a) { totalItems } }", id="a missing variable"),
        pytest.param("query A { me { id } } query B { me { id } }", id="two operations and no name"),
        pytest.param("subscription { me }", id="no such operation type"),
        pytest.param("{ me {" + "id " * 2_000 + "} }", id="too many tokens"),
        pytest.param("{" + "a{" * 490 + "a" + "}" * 491, id="490 levels deep"),
        pytest.param("query ($a: [" + "[" * 200 + "Int" + "]" * 200 + "]) { me { id } }", id="a deep type"),
    ],
)
async def test_an_operation_that_does_not_fit_is_a_400_and_nothing_runs(client: Client, query: str) -> None:
    answer = await client.graphql(query)

    assert answer.status == 400
    assert answer.data == {}
    assert set(answer.codes) <= {"BAD_REQUEST", "TOO_DEEP"}


async def test_an_operation_name_that_is_not_there_is_a_400(client: Client) -> None:
    answer = await client.graphql("query A { me { id } }", operationName="B")

    assert (answer.status, answer.codes) == (400, ["BAD_REQUEST"])


@pytest.mark.parametrize("value", [["a"], {"a": 1}, 7, True, None])
async def test_a_variable_of_the_wrong_type_is_a_400(ada: Client, value: Any) -> None:
    answer = await ada.graphql(CREATE, {"c": value})

    assert (answer.status, answer.codes) == (400, ["BAD_REQUEST"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "TOO_SHORT"),
        (" \n\t ", "TOO_SHORT"),
        ("x" * 5_001, "TOO_LONG"),
        ("x" * 500_000, "TOO_LONG"),
        ("a\x00b", "INVALID_CHARACTER"),
        ("a\x1b[31mb", "INVALID_CHARACTER"),
        ("a\x85b", "INVALID_CHARACTER"),
    ],
)
async def test_content_that_breaks_a_rule_is_refused_in_the_payload_and_leaves_nothing(
    ada: Client, content: str, code: str
) -> None:
    data = await ada.run(CREATE, {"c": content})

    assert data["createPost"] == {"success": False, "errors": [{"code": code, "field": "content"}]}
    assert (await ada.run("{ userFeed { totalItems } }"))["userFeed"]["totalItems"] == 0


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "ftp://example.com/a", "//example.com/a", "http://", "http://a:b@c/"],
)
async def test_an_image_address_that_is_not_plain_http_is_refused(ada: Client, url: str) -> None:
    data = await ada.run(CREATE, {"c": "Hello", "i": url})

    assert data["createPost"]["errors"] == [{"code": "INVALID_URL", "field": "imageUrl"}]


@pytest.mark.parametrize(
    "post_id", ["1", "0", "-1", "abc", "", "9" * 19, "9" * 400, "１２３", "1e3", "\x00", "' OR 1=1"]
)
async def test_what_is_not_the_id_of_a_post_is_told_so(ada: Client, post_id: str) -> None:
    read = await ada.graphql("query ($i: ID!) { post(id: $i) { id } }", {"i": post_id})
    write = await ada.run(
        "mutation ($i: ID!) { likePost(postId: $i) { success errors { code field } } }", {"i": post_id}
    )

    assert (read.status, read.codes, read.data) == (200, ["INVALID_ID"], {"post": None} if read.data else {})
    assert write["likePost"] == {"success": False, "errors": [{"code": "INVALID_ID", "field": "postId"}]}


async def test_the_id_of_another_noun_is_refused(ada: Client) -> None:
    answer = await ada.graphql("query ($i: ID!) { post(id: $i) { id } }", {"i": ada.user_id})

    assert answer.codes == ["INVALID_ID"]


async def test_an_id_may_be_written_as_a_string_or_as_an_integer(ada: Client) -> None:
    created = await ada.run('mutation { createPost(content: "Hello") { post { id } } }')
    post_id = created["createPost"]["post"]["id"]

    assert (await ada.run(f"{{ post(id: {post_id}) {{ id }} }}"))["post"]["id"] == post_id
    assert (await ada.run(f'{{ post(id: "{post_id}") {{ id }} }}'))["post"]["id"] == post_id
    assert (await ada.run("query ($i: ID!) { post(id: $i) { id } }", {"i": int(post_id)}))["post"]["id"] == post_id


@pytest.mark.parametrize("size", [0, -1, 101])
async def test_a_page_holds_1_to_100(ada: Client, size: int) -> None:
    page = await ada.graphql("query ($n: Int!) { userFeed(itemsPerPage: $n) { totalItems } }", {"n": size})
    connection = await ada.graphql("query ($n: Int!) { homeFeed(first: $n) { nodes { id } } }", {"n": size})

    assert page.codes == connection.codes == ["INVALID_PAGE_SIZE"]


@pytest.mark.parametrize("cursor", ["", "x", "aTE=", "!!!", "\x00", "aTA", "é"])
async def test_a_cursor_of_somebody_elses_making_is_refused(ada: Client, cursor: str) -> None:
    answer = await ada.graphql("query ($a: String) { homeFeed(after: $a) { nodes { id } } }", {"a": cursor})

    assert answer.codes == ["INVALID_CURSOR"]


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer " + "x" * 5_000, "\x01"])
async def test_a_bad_authorization_header_is_a_401(client: Client, header: str) -> None:
    response = await client.request(
        "POST", "/graphql", json={"query": "{ me { id } }"}, headers={"Authorization": header}
    )

    assert response.status == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert code_of(response) == "INVALID_TOKEN"


async def test_a_token_of_another_key_is_a_401(client: Client) -> None:
    async with open_client(secret_key="another secret of at least 32 characters") as other:
        stranger = await other.sign_up("eve")

    response = await client.request(
        "POST", "/graphql", json={"query": "{ me { id } }"}, headers={"Authorization": f"Bearer {stranger.token}"}
    )

    assert (response.status, code_of(response)) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("username", "ab", "INVALID_USERNAME"),
        ("username", "a" * 31, "INVALID_USERNAME"),
        ("username", "ünïcode", "INVALID_USERNAME"),
        ("username", "new\nline", "INVALID_USERNAME"),
        ("email", "nobody", "INVALID_EMAIL"),
        ("email", "a@b@c.example", "INVALID_EMAIL"),
        ("email", "a@example.com\r\nBcc: b@example.com", "INVALID_CHARACTER"),
        ("password", "short", "PASSWORD_TOO_SHORT"),
        ("password", "x" * 257, "PASSWORD_TOO_LONG"),
        ("firstName", "x" * 51, "TOO_LONG"),
        ("bio", "\x07", "INVALID_CHARACTER"),
    ],
)
async def test_a_registration_that_breaks_a_rule_creates_nobody_and_mails_nothing(
    client: Client, field: str, value: str, code: str
) -> None:
    given = {"username": "ada", "email": "ada@example.com", "password": "securepassword", "firstName": "", "bio": ""}

    data = await client.run(
        "mutation ($username: String!, $email: String!, $password: String!, $firstName: String!, $bio: String!) {"
        " registerUser(username: $username, email: $email, password: $password, firstName: $firstName, bio: $bio) {"
        " user { id } success errors { code field } } }",
        given | {field: value},
    )
    await client.settle()

    assert data["registerUser"] == {"user": None, "success": False, "errors": [{"code": code, "field": field}]}
    assert client.mails == []


async def test_what_needs_a_viewer_says_so_at_the_top(client: Client) -> None:
    answer = await client.graphql('mutation { createPost(content: "Hello") { success } }')

    assert (answer.status, answer.codes) == (200, ["UNAUTHENTICATED"])


@pytest.mark.parametrize("path", ["/nothing", "/graphql/more", "/media/../../etc/passwd", "/media/%2e%2e/x", "/media/"])
async def test_an_unknown_path_is_a_404(client: Client, path: str) -> None:
    assert (await client.request("GET", path)).status == 404


async def test_a_method_that_is_not_offered_is_a_405(client: Client) -> None:
    assert (await client.request("DELETE", "/graphql")).status == 405


async def test_a_request_id_is_given_back_and_one_that_could_forge_a_log_line_is_not(client: Client) -> None:
    good = await client.request("GET", "/health/live", headers={"X-Request-ID": "abc-123"})
    bad = await client.request("GET", "/health/live", headers={"X-Request-ID": "abc\r\nforged"})

    assert good.headers["x-request-id"] == "abc-123"
    assert len(bad.headers["x-request-id"]) == 32
