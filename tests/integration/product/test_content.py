"""Security statements 37 and 41: what people write does nothing when it is read, in a page or in the log."""

import io
import logging
import re
from collections.abc import Iterator
from logging.config import dictConfig
from pathlib import Path

import pytest

from socialfeed.entrypoints.cli.runtime import log_config
from socialfeed.settings import Settings
from socialfeed.testing.client import Client, open_client
from tests.unit.markup import Page

POST = "mutation ($c: String!) { createPost(content: $c) { post { id content contentHtml } errors { code } } }"
COMMENT = (
    "mutation ($i: ID!, $c: String!) {"
    " createComment(postId: $i, content: $c) { comment { id content contentHtml } errors { code } } }"
)
ANSWER = 'mutation ($i: ID!, $p: ID!) { createComment(postId: $i, content: "hm", parentId: $p) { success } }'
READ = "query ($i: ID!) { post(id: $i) { content contentHtml } comments(postId: $i) { nodes { content contentHtml } } }"

SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</p><svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'https://example.org/"onmouseover="alert(1)',
    "https://example.org/'onmouseover='alert(1)",
    "#tag\"onclick='alert(1)'",
    '@ada"><iframe src=//example.org>',
    "&lt;script&gt;",
    "<!--<p>-->",
    "<![CDATA[<b>]]>",
    "{{7*7}}${7*7}",
)


async def write(writer: Client, content: str) -> tuple[str, list[str]]:
    """A post and a comment that say so: the post's id, and the HTML of both."""
    post = (await writer.run(POST, {"c": content}))["createPost"]["post"]
    comment = (await writer.run(COMMENT, {"i": post["id"], "c": content}))["createComment"]["comment"]
    assert post["content"] == comment["content"] == content
    return post["id"], [post["contentHtml"], comment["contentHtml"]]


async def test_tags_people_and_addresses_become_links(client: Client) -> None:
    ada = await client.sign_up("ada")
    post, written = await write(ada, "Hi @Bob!\n#日本語 & https://example.org/a?b=1&c=2.\n\nBye")

    rel = 'rel="nofollow noopener noreferrer ugc"'
    expected = (
        f'<p dir="auto">Hi <a href="/@bob" {rel}>@Bob</a>!<br>'
        f'<a href="/tags/%E6%97%A5%E6%9C%AC%E8%AA%9E" {rel}>#日本語</a> &amp; '
        f'<a href="https://example.org/a?b=1&amp;c=2" {rel}>https://example.org/a?b=1&amp;c=2</a>.</p>'
        '<p dir="auto">Bye</p>'
    )
    read = await client.run(READ, {"i": post})
    assert written == [expected] * 2
    assert read["post"]["contentHtml"] == read["comments"]["nodes"][0]["contentHtml"] == expected


async def test_41_script_comes_back_inert(client: Client) -> None:
    ada = await client.sign_up("ada")
    for content in (*SCRIPTS, "\n".join(SCRIPTS)):
        for html in (await write(ada, content))[1]:
            page = Page(html)
            assert {tag for tag, _ in page.tags} <= {"p", "br", "a"}, html
            assert {name for _, attributes in page.tags for name in attributes} <= {"dir", "href", "rel"}, html
            assert all(re.match(r"https?://|/tags/|/@", href) for href in page.values("href")), html


async def test_41_right_to_left_text_is_kept_and_what_would_turn_other_text_around_comes_back_inert(
    client: Client,
) -> None:
    ada = await client.sign_up("ada")
    trick = "pay \u202ehttps://example.org/ \u2067now \u202d@bob"
    _, written = await write(ada, trick)
    _, honest = await write(ada, "שלום @bob\u200f!")

    for html in written:
        assert not re.search("[\u202a-\u202e\u2066-\u206f]", html)
        assert "https://example.org/</a> now" in html
    for html in honest:
        assert html.startswith('<p dir="auto">שלום <a href="/@bob"')
        assert html.endswith("</a>\u200f!</p>")


@pytest.mark.parametrize("control", ["\0", "\x07", "\x08", "\x1b[31m", "\x7f", "\x85", "\r", "\x9b31m"])
async def test_41_control_characters_are_refused(control: str) -> None:
    async with open_client() as client:
        ada = await client.sign_up("ada")
        post, _ = await write(ada, "fine")

        for operation, variables in ((POST, {}), (COMMENT, {"i": post})):
            answer = await ada.run(operation, {**variables, "c": f"a{control}b"})
            (payload,) = answer.values()
            assert payload["errors"] == [{"code": "INVALID_CHARACTER"}]


async def test_41_a_tombstone_has_no_html(client: Client) -> None:
    ada = await client.sign_up("ada")
    post, _ = await write(ada, "<b>gone</b>")
    comment = (await ada.run("query ($i: ID!) { comments(postId: $i) { nodes { id } } }", {"i": post}))["comments"]
    gone = comment["nodes"][0]["id"]
    await ada.run(ANSWER, {"i": post, "p": gone})
    await ada.run("mutation ($i: ID!) { deleteComment(commentId: $i) { success } }", {"i": gone})

    assert (await client.run(READ, {"i": post}))["comments"]["nodes"] == [{"content": "", "contentHtml": ""}]


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What the log would show, at its most talkative, written as `socialfeed serve` writes it."""
    stream, root = io.StringIO(), logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    config = log_config(Settings(log_level="debug"))
    config["handlers"]["stderr"]["stream"] = stream
    dictConfig(config)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


FORGED = "2026-11-21 10:00:00,000 INFO    socialfeed.entrypoints.http  GET /forged 200"
EVENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ +[\w.]+  .*")


@pytest.mark.parametrize(
    "cut", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x1b[2K\x1b[1G", "\u202e"]
)
async def test_41_nothing_that_is_sent_forges_a_log_line(
    said: io.StringIO, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forging = f"x{cut}{FORGED}{cut}"
    async with open_client() as client:
        ada = await client.sign_up("ada")
        await client.graphql(
            "mutation ($u: String!, $p: String!) { registerUser(username: $u, email: $u, password: $p) { success } }",
            {"u": forging, "p": forging},
        )
        await client.graphql(
            'mutation ($u: String!) { tokenAuth(username: $u, password: "no") { success } }', {"u": forging}
        )
        await ada.graphql(POST, {"c": forging})
        await ada.graphql(f"{{ {forging} }}", operationName=forging)
        await client.request("GET", f"/{forging}", headers={"X-Request-ID": "a", "User-Agent": "a"})
        if cut.isascii() or cut == "\x85":
            for name in ("X-Request-ID", "User-Agent", "X-Forwarded-For", "Authorization", "Host", "traceparent"):
                await client.request("GET", "/api/users/me", headers={name: forging})

        async def fails(*_: object, **__: object) -> None:
            raise RuntimeError(forging)

        monkeypatch.setattr(type(client.app.services.posts), "create", fails)
        assert (await ada.graphql(POST, {"c": "a"})).codes == ["INTERNAL"]
        await client.settle()

    lines = re.split("[\n\r\x0b\x0c\x85\u2028\u2029]", said.getvalue().removesuffix("\n"))
    assert f"/x{cut[0]}".encode("unicode_escape").decode() in said.getvalue()
    assert any(line.startswith("    RuntimeError: x") for line in lines)
    assert [line for line in lines if not EVENT.fullmatch(line) and not line.startswith("    ")] == []
    assert [line for line in lines if line.startswith(FORGED)] == []
    assert not set("\x1b\u202e") & set(said.getvalue())


ACTIVE = (
    *("javascript:alert(1)", "JavaScript:alert(1)", "javascript://example.org/%0aalert(1)", " javascript:alert(1)"),
    *("java\nscript:alert(1)", "\x01javascript:alert(1)", "java\tscript:alert(1)", "javascript&colon;alert(1)"),
    *("data:image/png;base64,AAAA", "DATA:text/html,<script>alert(1)</script>", "data://example.org/,x"),
    *(
        "vbscript:msgbox(1)",
        "blob:https://example.org/a",
        "view-source:https://example.org",
        "\u200bjavascript:alert(1)",
    ),
)


@pytest.mark.parametrize("url", ACTIVE)
async def test_37_addresses_that_act_are_refused_for_images_and_pictures(tmp_path: Path, url: str) -> None:
    async with open_client(data_dir=tmp_path) as client:
        ada = await client.sign_up("ada")
        post, _ = await write(ada, "fine")
        created = await ada.run(
            'mutation ($u: String!) { createPost(content: "a", imageUrl: $u) { post { id } errors { field } } }',
            {"u": url},
        )
        updated = await ada.run(
            "mutation ($i: ID!, $u: String!) { updatePost(postId: $i, imageUrl: $u) { post { id } errors { field } } }",
            {"i": post, "u": url},
        )
        profile = await ada.run(
            "mutation ($u: String!) { updateProfile(avatarUrl: $u) { user { id } errors { field } } }", {"u": url}
        )
        rest = await ada.request("PATCH", "/api/users/me", json={"avatar": url})

        refused = {"post": None, "errors": [{"field": "imageUrl"}]}
        assert created["createPost"] == updated["updatePost"] == refused
        assert profile["updateProfile"] == {"user": None, "errors": [{"field": "avatarUrl"}]}
        assert rest.status in (400, 422)
        read = await ada.run("query ($i: ID!) { post(id: $i) { image } me { avatar } }", {"i": post})
        assert read == {"post": {"image": None}, "me": {"avatar": None}}
