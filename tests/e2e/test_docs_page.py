"""A newcomer's way through the page of the REST API: sign in, look up, send, copy."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.e2e.browser import Browser
from tests.e2e.docs_page import DocsPage
from tests.e2e.page import Explorer
from tests.e2e.server import serving

WILD = Path(__file__).with_name("wild_operation.json").read_text()
"""An OpenAPI document with one operation that uses what a generator has to cope with."""


@pytest.fixture
def docs(browser: Browser, address: str) -> DocsPage:
    return DocsPage.fresh(browser, address)


@pytest.fixture
def wild(docs: DocsPage) -> DocsPage:
    """The panel of an operation that this server does not have."""
    docs.browser.script(
        "const [{ openPanel }, { reader }, { Session }] = await Promise.all("
        "  ['panel', 'schema', 'session'].map((name) => import(`/api/docs/${name}.js`)));"
        "const place = document.createElement('div'); place.id = 'wild'; document.querySelector('main').append(place);"
        "const description = JSON.parse(arguments[0]);"
        "const [path, { patch }] = Object.entries(description.paths)[0];"
        "openPanel(place, { parameters: [], ...patch, path, method: 'PATCH' },"
        "  { session: new Session(), read: reader(description), base: '/api' });",
        WILD,
    )
    return docs


def test_every_operation_is_listed_with_its_method_path_and_first_sentence(docs: DocsPage) -> None:
    with urlopen(f"{docs.address}/api/openapi.json") as response:
        paths: dict[str, dict[str, Any]] = json.load(response)["paths"]
    told = [(method.upper(), path) for path, item in paths.items() for method in item]
    browser = docs.browser
    shown = zip(browser.texts(".operation .method"), browser.texts(".operation .path"), strict=True)
    assert sorted(shown) == sorted(told)
    assert browser.texts("#operations h2") == list(dict.fromkeys(path.split("/")[1] for path in paths))
    assert "Make an account that waits for its address to be proven." in browser.texts(".operation .about")


def test_someone_signs_in_and_sees_their_account(docs: DocsPage) -> None:
    docs.sign_in()
    docs.open("me")
    status, account = docs.send("me")
    assert status == "200 OK"
    assert account["username"] == "demo"
    assert "x-request-id" in docs.browser.texts("#me .answer dt")
    assert docs.browser.text("#me .answer .title").endswith(" ms")


def test_nothing_is_asked_of_another_host_and_the_console_stays_empty(docs: DocsPage) -> None:
    docs.sign_in()
    for operation in ("register", "me", "user"):
        docs.open(operation)
    docs.send("me")
    assert docs.browser.hosts() == {docs.address.removeprefix("http://")}
    assert docs.browser.console() == []


def test_a_refusal_shows_its_code_and_its_field(docs: DocsPage) -> None:
    docs.open("register")
    docs.fill("register", username="x", email="x@example.com", password="long enough words")
    status, problem = docs.send("register")
    assert status == "422 Unprocessable Entity"
    assert docs.browser.texts("#register .problem code") == [problem["code"], "username"]


def test_a_request_that_needs_a_viewer_is_refused_without_one(docs: DocsPage) -> None:
    docs.open("me")
    status, _ = docs.send("me")
    assert status == "401 Unauthorized"
    assert docs.browser.texts("#me .problem code") == ["UNAUTHENTICATED"]
    assert "www-authenticate" in docs.browser.texts("#me .answer dt")


def test_a_wrong_password_is_told_beside_the_button(docs: DocsPage) -> None:
    docs.browser.click("#sign-in [name=password]")
    docs.browser.press("Control+a")
    docs.browser.type("not-the-password\n")
    docs.browser.wait("a refusal is shown", lambda: docs.browser.text("#sign-in [role=alert]"))
    assert not docs.browser.is_shown("#signed-in")


def test_signing_out_ends_the_session_and_a_reload_forgets_it(docs: DocsPage) -> None:
    docs.sign_in()
    kept = docs.browser.script("return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert kept == '[{},{},""]'
    docs.open("me")
    docs.browser.click_text("#signed-in button", "Sign out")
    docs.browser.wait("nobody is signed in", lambda: docs.browser.is_shown("#sign-in"))
    assert docs.send("me")[0] == "401 Unauthorized"
    docs.sign_in()
    docs.browser.reload()
    docs.browser.wait("the page is there again", lambda: docs.browser.texts(".operation"))
    assert docs.browser.is_shown("#sign-in")


def test_a_token_that_the_server_no_longer_takes_is_dropped(docs: DocsPage) -> None:
    docs.sign_in()
    docs.open("logOut")
    assert docs.send("logOut")[0] == "204 No Content"
    docs.open("me")
    assert docs.send("me")[0] == "401 Unauthorized"
    assert docs.browser.text("#sign-in [role=alert]") == "The server no longer takes this token."


def test_the_command_is_what_is_sent_without_its_secrets(docs: DocsPage) -> None:
    docs.open("signIn")
    docs.fill("signIn", username="it's demo", password="demo-password")
    assert docs.browser.script("return document.querySelector('#signIn [type=password]').value") == "demo-password"
    assert docs.command("signIn") == [
        f"curl {docs.address}/api/auth/token \\",
        "  -H 'Content-Type: application/json' \\",
        """  --data-raw '{"username":"it'\\''s demo","password":"'"$PASSWORD"'"}'""",
    ]
    docs.sign_in()
    docs.open("me")
    assert docs.command("me") == [f"curl {docs.address}/api/users/me \\", '  -H "Authorization: Bearer $TOKEN"']


def test_a_shell_makes_of_the_command_what_the_page_sends(docs: DocsPage) -> None:
    docs.open("signIn")
    docs.fill("signIn", username="""a"b'c $HOME \\ `x`""", password="demo-password")
    command = "\n".join(docs.command("signIn")).replace("curl", "printf '%s\\n'", 1)
    words = subprocess.run(
        ["bash", "-c", command], env={"PASSWORD": "s e c"}, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert words[0] == f"{docs.address}/api/auth/token"
    assert json.loads(words[-1]) == {"username": """a"b'c $HOME \\ `x`""", "password": "s e c"}


def test_the_command_is_copied(docs: DocsPage) -> None:
    docs.open("me")
    docs.browser.devtools(
        "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"], origin=docs.address
    )
    docs.browser.click_text("#me button", "Copy")
    docs.browser.wait("it is said", lambda: docs.browser.text("#announcer") == "Copied")
    assert docs.browser.script("return navigator.clipboard.readText()") == "\n".join(docs.command("me"))


def test_an_optional_field_is_sent_once_it_is_typed_and_left_out_when_it_is_unticked(docs: DocsPage) -> None:
    docs.open("register")
    assert docs.labels("register") == ["username", "email", "password", "firstName", "lastName", "bio"]
    body = docs.command("register")[-1]
    assert "bio" not in body
    assert "username" in body
    docs.fill("register", bio="Hello")
    assert '"bio":"Hello"' in docs.command("register")[-1]
    docs.browser.click("#register [aria-label='Send bio']")
    assert "bio" not in docs.command("register")[-1]
    docs.browser.click("#register [aria-label='Send lastName']")
    assert '"lastName":""' in docs.command("register")[-1]


def test_a_body_that_may_be_left_out_is_left_out_until_it_is_chosen(docs: DocsPage) -> None:
    docs.open("logOut")
    assert docs.command("logOut") == [f"curl -X POST {docs.address}/api/auth/logout"]
    docs.browser.click("#logOut legend ~ .given input")
    docs.fill("logOut", refreshToken="secret")
    assert docs.command("logOut")[-1] == """  --data-raw '{"refreshToken":"'"$REFRESH_TOKEN"'"}'"""


def test_a_name_in_the_path_is_needed_and_encoded(docs: DocsPage) -> None:
    docs.open("user")
    docs.browser.click("#user [type=submit]")
    assert docs.browser.script("return document.querySelector('#user .field input').validity.valueMissing")
    assert docs.browser.texts("#user .answer .status") == []
    docs.fill("user", username="a/../me?x")
    assert docs.command("user") == [f"curl {docs.address}/api/users/a%2F..%2Fme%3Fx"]
    docs.fill("user", username="demo")
    assert docs.send("user")[1]["username"] == "demo"


def test_limits_and_responses_are_told_in_words(docs: DocsPage) -> None:
    docs.open("register")
    hints = docs.browser.texts("#register .hint")
    assert "string · 8 to 256 characters · password" in hints
    assert "string · at most 254 characters · email" in hints
    assert docs.browser.texts("#register h4 + .response .status") == ["201"]
    docs.browser.click("#register .schema summary")
    docs.browser.wait(
        "the account is shown", lambda: "createdAt" in docs.browser.texts("#register .schema .schema code")
    )


def test_any_operation_gets_a_form(wild: DocsPage) -> None:
    assert wild.labels("wild") == ["id", "tag", "name", "pin", "age", "kind", "isOpen", "links", "parent"]
    hints = wild.browser.texts("#wild .field .hint")
    assert "string or null · at most 5 characters · empty: null" in hints
    assert "integer · 1 to 150 · else 18" in hints
    assert 'Kind · "big", "small"' in hints
    assert "list of string · at most 3 items" in hints
    assert wild.browser.script("return document.querySelectorAll('#wild [type=password]').length") == 1
    wild.fill("wild", id="7", tag='["a b","c"]', name="", pin="1234", age="21", links='["x"]')
    wild.browser.click("#wild [aria-label='Send name']")
    wild.browser.click("#wild [aria-label='Send isOpen']")
    words = shlex.split(" ".join(line.removesuffix("\\") for line in wild.command("wild")))
    assert words[:4] == ["curl", "-X", "PATCH", f"{wild.address}/api/things/7?tag=a%20b&tag=c"]
    assert json.loads(words[-1]) == {
        "name": None,
        "pin": "$PIN",
        "age": 21,
        "kind": "big",
        "isOpen": True,
        "links": ["x"],
    }


def test_a_form_with_a_file_becomes_parts_in_the_command(docs: DocsPage) -> None:
    command = docs.browser.script(
        "const { curl } = await import('/api/docs/request.js');"
        "const body = new FormData(); body.append('alt', 'A cat'); body.append('password', 'never shown');"
        "body.append('file', new File(['x'], 'cat.png'));"
        "return curl({ method: 'POST', path: '/media' }, { origin: location.origin, base: '/api', values: [], body,"
        "  mediaType: 'multipart/form-data', secrets: [] });"
    )
    lines = [f"curl {docs.address}/api/media", "  -F 'alt=A cat'", '  -F "password=$PASSWORD"', "  -F file=@cat.png"]
    assert command == " \\\n".join(lines)


def test_a_schema_that_holds_itself_opens_step_by_step(wild: DocsPage) -> None:
    steps = "#wild .schema details"
    assert len(wild.browser.texts(steps)) == 1

    def goes_on() -> bool:
        wild.browser.script("[...document.querySelectorAll(arguments[0])].at(-1).open = true", steps)
        return len(wild.browser.texts(steps)) > 3

    wild.browser.wait("three steps are open", goes_on)


def test_nothing_that_the_server_sends_becomes_markup(wild: DocsPage) -> None:
    assert "<img src=x onerror=document.title=1>" in wild.browser.text("#wild .description")
    assert wild.browser.script("return document.querySelectorAll('main img').length") == 0


def test_a_link_opens_the_operation_that_it_names(browser: Browser, address: str) -> None:
    docs = DocsPage.fresh(browser, address, "#resetPassword")
    assert docs.browser.is_shown("#resetPassword form")
    assert not docs.browser.is_shown("#me form")


def test_the_keyboard_is_enough(docs: DocsPage) -> None:
    docs.browser.script("document.querySelector('#sign-in [name=password]').focus()")
    docs.browser.press("Enter")
    docs.browser.wait("demo is signed in", lambda: docs.browser.is_shown("#signed-in"))
    docs.browser.script("document.querySelector('#me > summary').focus()")
    docs.browser.press("Enter")
    docs.browser.wait("the form is there", lambda: docs.browser.is_shown("#me form"))
    docs.browser.press("Tab")
    docs.browser.wait(
        "the button has the focus", lambda: docs.browser.script("return document.activeElement.type") == "submit"
    )
    docs.browser.press("Enter")
    docs.browser.wait("the account is shown", lambda: "200 OK" in docs.browser.texts("#me .answer .status"))


def test_every_input_has_a_label(docs: DocsPage) -> None:
    docs.browser.script("for (const each of document.querySelectorAll('.operation')) each.open = true")
    docs.browser.wait(
        "all are open", lambda: len(docs.browser.texts(".panel form")) == len(docs.browser.texts(".operation"))
    )
    unnamed = docs.browser.script(
        "return [...document.querySelectorAll('input, select, textarea')]"
        ".filter((each) => !each.labels?.length && !each.ariaLabel).map((each) => each.outerHTML)"
    )
    assert unnamed == []


def test_a_server_that_is_gone_is_told_in_a_sentence(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        docs = DocsPage.fresh(browser, address)
        docs.open("me")
    docs.browser.click("#me [type=submit]")
    docs.browser.wait("the failure is told", lambda: docs.browser.texts("#me .answer .problem"))
    assert docs.browser.text("#me .answer") == "The server does not answer."
    docs.browser.console()


@pytest.mark.parametrize("width", [360, 400, 800])
def test_nothing_is_cut_off_on_a_smaller_screen(wild: DocsPage, width: int) -> None:
    wild.browser.screen(width, 800)
    wild.open("register")
    wild.open("resetPassword")
    wild.send("resetPassword")
    assert wild.browser.script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_enough_contrast(wild: DocsPage, dark: bool) -> None:
    wild.browser.screen(1280, 900, dark=dark)
    wild.sign_in()
    for operation in ("me", "register", "user"):
        wild.open(operation)
    wild.send("me")
    wild.send("register")
    wild.browser.wait("colours have settled", lambda: not wild.browser.script("return document.getAnimations().length"))
    assert wild.browser.script(Path(__file__).with_name("contrast.js").read_text()) == []


def test_the_explorer_leads_here_and_back(page: Explorer) -> None:
    page.browser.click_text("a", "REST API")
    page.browser.wait("the operations are listed", lambda: page.browser.texts(".operation"))
    page.browser.click_text("a", "GraphQL")
    page.browser.wait("the explorer is there", lambda: page.operation)
