"""A newcomer's way through the page: sign in, run, change, look up."""

import re
from pathlib import Path

import pytest

from tests.e2e.browser import Browser
from tests.e2e.page import EDITOR, HEADERS, VARIABLES, Explorer
from tests.e2e.server import serving

EXAMPLES = Path("src/socialfeed/entrypoints/graphql/explorer/examples")
ADMINISTRATION = set(re.findall(r"(?:^|\n\n)# ([^\n]*)", (EXAMPLES / "administration.graphql").read_text()))
NEEDS_MORE = {
    "A file of mine",
    "Say what a file of mine shows",
    "Delete a file of mine",
    "Verify the code",
    "Refresh the tokens",
    "Prove the new address",
    "Change a comment of mine",
    "Delete a comment of mine",
    "Plan a post",
    "Change a draft",
    "Publish a draft",
    "Delete a draft",
    "Hide a comment under my post",
    "Show a hidden comment again",
    "Let somebody follow me",
    "Refuse a request",
}
"""They need what a mail, a sign-in or another answer gave."""
LEAVES = {"Log out everywhere", "Hide my account", "Delete my account"}


def test_the_home_feed_is_ready_to_run_after_one_click(page: Explorer) -> None:
    assert page.operation.startswith("query UserFeed {")
    page.sign_in()
    items = page.run()["data"]["userFeed"]["items"]
    assert len(items) == 10
    assert page.facts()[0] == "200 OK"
    assert page.facts()[1].endswith(" ms")
    assert page.facts()[2].endswith(" kB")
    assert "X-Request-ID" in page.browser.texts("#answer-headers dt")


def test_nothing_is_asked_of_another_host_and_the_policy_has_nothing_to_refuse(page: Explorer) -> None:
    page.sign_in()
    page.run()
    page.wait_for_schema()
    assert page.browser.hosts() == {page.address.removeprefix("http://")}
    assert page.browser.console() == []


def test_a_feed_without_a_sign_in_says_what_to_do_and_does_it(page: Explorer) -> None:
    assert page.run()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "UNAUTHENTICATED" in page.browser.texts("#problems .code")
    page.browser.click_text("#problems button", "Sign in as demo and run again")
    page.browser.wait("the feed is there", lambda: page.answer().get("data"))
    assert "demo" in page.browser.texts("#account b")


def test_a_wrong_password_is_told_in_the_dialog(page: Explorer) -> None:
    page.browser.click_text("#account button", "Other account")
    page.browser.script("document.querySelector('#sign-in [name=password]').value = 'not-the-password'")
    page.browser.press("Enter")
    page.browser.wait("a refusal is shown", lambda: page.browser.text("#sign-in [role=alert]"))
    assert page.browser.is_shown("#sign-in")
    page.browser.press("Escape")
    assert not page.browser.is_shown("#sign-in")


def test_the_token_stays_in_the_tab_until_sign_out(page: Explorer) -> None:
    page.sign_in()
    page.open()
    assert "demo" in page.browser.texts("#account b")
    token = page.browser.script("return JSON.parse(sessionStorage.getItem('socialfeed.session')).token")
    assert token not in page.browser.script("return JSON.stringify({ ...localStorage })")
    page.browser.click_text("#account button", "Sign out")
    assert page.browser.script("return sessionStorage.length") == 0


def test_a_token_that_the_server_no_longer_takes_is_dropped(page: Explorer) -> None:
    page.sign_in()
    page.browser.script(
        "const session = JSON.parse(sessionStorage.getItem('socialfeed.session'));"
        "session.token += 'x'; sessionStorage.setItem('socialfeed.session', JSON.stringify(session));"
    )
    page.open()
    assert "errors" in page.run()
    assert page.facts()[0] == "401 Unauthorized"
    assert page.browser.texts("#account .notice") == ["The server no longer takes this token."]
    page.browser.click_text("#problems button", "Sign in as demo and run again")
    page.browser.wait("the feed is there", lambda: page.answer().get("data"))


def test_an_expired_token_is_not_sent(page: Explorer) -> None:
    page.sign_in()
    page.browser.script(
        "const session = JSON.parse(sessionStorage.getItem('socialfeed.session'));"
        "session.expiresAt = Date.now() - 1; sessionStorage.setItem('socialfeed.session', JSON.stringify(session));"
    )
    page.open()
    assert page.browser.texts("#account .notice") == ["Your session has expired."]
    assert page.browser.script("return sessionStorage.length") == 0


def test_every_example_runs_as_it_is_offered(page: Explorer) -> None:
    page.sign_in()
    page.wait_for_schema()
    titles = page.browser.script(
        "return [...document.querySelectorAll('#examples .entry')].map((each) => each.lastChild.textContent)"
    )
    assert len(titles) == sum(file.read_text().count("\n}\n") for file in EXAMPLES.glob("*.graphql"))
    for title in titles:
        page.choose(title)
        assert "" not in page.variables.values(), f"{title}: {page.variables}"
        assert page.browser.texts("#editor-status.is-wrong") == [], title
        answer = page.run()
        if title == "A file of mine":  # which the reader has none of
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_ID"], title
            continue
        if title in ADMINISTRATION:  # the reader whom everybody may be is no administrator
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"], title
            continue
        assert "errors" not in answer, f"{title}: {answer}"
        for payload in answer["data"].values():
            if title not in NEEDS_MORE:
                assert not isinstance(payload, dict) or payload.get("success", True), f"{title}: {payload}"
        if title in LEAVES:
            page.browser.script("sessionStorage.clear()")
            page.open()
            page.sign_in()
            page.wait_for_schema()


def test_a_refused_mutation_is_shown_as_such(page: Explorer) -> None:
    page.choose("Verify the code")
    payload = page.run()["data"]["verifyEmailOtp"]
    assert payload["success"] is False
    assert page.browser.texts("#problems .code") == [payload["errors"][0]["code"]]


def test_a_servers_error_leads_to_its_line(page: Explorer) -> None:
    page.write("{\n  me { id }\n  nothing\n}")
    page.run()
    assert page.facts()[0] == "400 Bad Request"
    page.browser.click_text("#problems button", "line 3")
    assert page.browser.script("return document.querySelector(arguments[0]).selectionStart", EDITOR) == 16


def test_the_operation_at_the_caret_runs_when_there_are_several(page: Explorer) -> None:
    page.write("query First { me { id } }\nquery Second { trendingPosts { totalItems } }")
    assert page.browser.texts("#operation-picker option") == ["query First", "query Second"]
    page.caret_behind("query Sec")
    page.browser.wait("the picker follows", lambda: page.browser.value("#operation-picker") == "Second")
    assert "trendingPosts" in page.run()["data"]
    page.caret_behind("query Fir")
    page.browser.wait("the picker follows", lambda: page.browser.value("#operation-picker") == "First")
    assert page.run() == {"data": {"me": None}}


def test_bad_variables_are_explained_and_not_sent(page: Explorer) -> None:
    page.browser.click(VARIABLES)
    page.browser.type('{"a": 1,')
    page.browser.press("Control+Enter")
    assert page.browser.text("#variables-message") == "Line 1: No comma may stand before the closing }"
    assert page.browser.texts("#facts .status") == []


def test_headers_of_ones_own_are_sent(page: Explorer) -> None:
    page.browser.click("#headers-tab")
    page.browser.click(HEADERS)
    page.browser.type('{"X-Request-ID": "chosen-by-me')
    page.run()
    assert "chosen-by-me" in page.browser.texts("#answer-headers dd")


def test_an_impossible_header_is_refused(page: Explorer) -> None:
    page.browser.click("#headers-tab")
    page.browser.click(HEADERS)
    page.browser.type('{"no spaces": "please')
    assert page.browser.text("#headers-message") == "no spaces cannot be sent as a header."


def test_entries_fold_to_their_content(page: Explorer) -> None:
    page.sign_in()
    page.run()
    page.browser.click_text("#result-actions button", "Fold entries")
    assert page.browser.script("return document.querySelectorAll('#answer .is-entry[open]').length") == 0
    assert "content: " in page.browser.text("#answer .is-entry summary")
    page.browser.click_text("#result-actions button", "Fold entries")
    assert page.browser.script("return document.querySelectorAll('#answer .is-entry[open]').length") == 10


def test_history_reopens_a_run_without_its_secrets(page: Explorer) -> None:
    page.write('mutation Secret($pass: String!) { tokenAuth(username: "demo", password: $pass) { success token } }')
    page.browser.click(VARIABLES)
    page.browser.type('{"pass": "demo-password')
    token = page.run()["data"]["tokenAuth"]["token"]
    page.choose("Who am I?")
    page.run()
    kept = page.browser.script("return localStorage.getItem('socialfeed.history')")
    assert "demo-password" not in kept
    assert token not in kept
    page.open()
    page.browser.click("#history-tab")
    assert [text.split("200")[0] for text in page.browser.texts("#history .entry > span:last-child")] == [
        "Me",
        "Secret",
    ]
    page.browser.click("#history li:nth-child(2) .entry")
    assert page.operation.startswith("mutation Secret")
    assert page.variables == {"pass": "•••••"}
    page.browser.click_text("#history button", "Clear history")
    assert page.browser.script("return localStorage.getItem('socialfeed.history')") is None


def test_the_schema_is_searched_and_walked_with_the_keys(page: Explorer) -> None:
    page.wait_for_schema()
    page.browser.press("Control+k")
    page.browser.type("likescount")
    page.browser.press("Enter")
    assert page.browser.texts("#schema-content .title") == ["Post object"]
    assert page.browser.texts(".member.is-target b") == ["likesCount"]
    page.browser.click_text("#schema-content .link", "User")
    assert page.browser.texts("#schema-content .title") == ["User object"]
    page.browser.click("#schema-back")
    page.browser.click("#schema-back")
    assert "userFeed" in page.browser.texts("#reference .row-name")


def test_a_field_of_the_reference_becomes_an_operation(page: Explorer) -> None:
    page.wait_for_schema()
    page.browser.click_text("#reference .row", "commentsCommentConnection!")
    page.browser.script(
        "[...document.querySelectorAll('.member')].find((each) => each.querySelector('b').textContent === 'comments')"
        ".querySelector('.button').click()"
    )
    assert page.operation.startswith("query Comments($postId: ID!) {")
    page.browser.wait("a real post is filled in", lambda: page.variables.get("postId"))
    assert "errors" not in page.run()


def test_markup_in_data_stays_text(page: Explorer) -> None:
    page.sign_in()
    page.write('mutation { createPost(content: "<img src=x onerror=document.title=1>") { post { content } } }')
    assert page.run()["data"]["createPost"]["post"]["content"] == "<img src=x onerror=document.title=1>"
    assert page.browser.script("return document.querySelectorAll('main img').length") == 0


def test_a_slow_run_can_be_stopped(page: Explorer) -> None:
    page.browser.devtools("Network.enable")
    slow = {"offline": False, "latency": 30_000, "downloadThroughput": -1, "uploadThroughput": -1}
    try:
        page.browser.devtools("Network.emulateNetworkConditions", **slow)
        page.browser.press("Control+Enter")
        assert page.browser.text("#run-label") == "Stop"
        page.browser.click("#run")
        page.browser.wait("it has stopped", lambda: page.facts() == ["Stopped"])
        assert page.browser.text("#run-label") == "Run"
    finally:
        page.browser.devtools("Network.emulateNetworkConditions", **slow | {"latency": 0})


def test_a_limit_says_when_to_come_back(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, rate_limit="5/minute") as address:
        page = Explorer.fresh(browser, address)
        page.choose("Sign in")
        statuses = [page.run() and page.facts()[0] for _ in range(7)]
        assert "429 Too Many Requests" in statuses
        assert any(text.startswith("Try again in ") for text in browser.texts("#problems p"))


def test_a_server_without_introspection_still_runs_operations(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, introspection="false") as address:
        page = Explorer.fresh(browser, address)
        browser.wait("the reason is told", lambda: "Introspection is off" in browser.text("#schema-content"))
        page.sign_in()
        assert len(page.run()["data"]["userFeed"]["items"]) == 10


def test_a_server_of_trusted_documents_says_so(browser: Browser, tmp_path: Path) -> None:
    manifest = tmp_path / "documents.json"
    manifest.write_text("{}")
    with serving(tmp_path, graphql_documents="trusted", graphql_manifest=str(manifest)) as address:
        page = Explorer.fresh(browser, address)
        browser.wait("it is told", lambda: "Only trusted documents run" in browser.text("#schema-content"))
        assert page.run()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


def test_a_server_that_is_gone_is_told_in_a_sentence(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        page = Explorer.fresh(browser, address)
    browser.press("Control+Enter")
    browser.wait("the failure is told", lambda: browser.texts("#problems p"))
    assert browser.text("#problems") == f"The server does not answer at {address}/graphql."
    browser.console()
    assert page.facts() == ["No answer"]


@pytest.mark.parametrize(("width", "height"), [(360, 740), (390, 844), (800, 900), (1024, 768)])
def test_nothing_is_cut_off_on_a_smaller_screen(page: Explorer, width: int, height: int) -> None:
    page.sign_in()
    page.browser.screen(width, height)
    page.run()
    for view in ("library", "operation", "result", "reference"):
        page.browser.script("document.querySelector(`[data-show=${arguments[0]}]`).click()", view)
        assert page.browser.is_shown(f"#{view}")
        wide = page.browser.script("return document.documentElement.scrollWidth")
        assert wide <= width, view


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_enough_contrast(page: Explorer, dark: bool) -> None:
    page.browser.screen(1440, 900, dark=dark)
    page.run()
    page.sign_in()
    page.browser.press("Control+k")
    page.browser.type("post")
    poor = page.browser.script(Path(__file__).with_name("contrast.js").read_text())
    assert poor == []
