"""The explorer page in the words of someone who uses it."""

import json
import re
from typing import Any

from tests.e2e.browser import Browser

EDITOR = "#operation .code-text"
VARIABLES = "#variables .code-text"
HEADERS = "#headers .code-text"


class Explorer:
    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address

    @classmethod
    def fresh(cls, browser: Browser, address: str) -> "Explorer":
        """The page as someone sees it who never was here, on a wide screen."""
        browser.screen(1440, 900)
        browser.go(f"{address}/explorer/icon.svg")
        browser.script("localStorage.clear(); sessionStorage.clear();")
        browser.console()
        browser.hosts()
        page = cls(browser, address)
        page.open()
        return page

    def open(self) -> None:
        self.browser.go(f"{self.address}/graphql")
        self.browser.wait("the first example is loaded", lambda: self.operation)

    @property
    def operation(self) -> str:
        return self.browser.value(EDITOR)

    @property
    def variables(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.browser.value(VARIABLES) or "{}")
        return found

    def write(self, text: str) -> None:
        """Replaces the operation by what is typed; the editor's own help is switched off by pasting."""
        self.browser.script("document.querySelector(arguments[0]).select()", EDITOR)
        self.browser.click(EDITOR)
        self.browser.press("Control+a")
        self.browser.devtools("Input.insertText", text=text)

    def caret_behind(self, text: str) -> None:
        self.browser.script(
            "const area = document.querySelector(arguments[0]);"
            "const at = area.value.indexOf(arguments[1]) + arguments[1].length;"
            "area.focus(); area.setSelectionRange(at, at);",
            EDITOR,
            text,
        )

    def sign_in(self) -> None:
        self.browser.click_text("#account button", "Sign in as demo")
        self.browser.wait("demo is signed in", lambda: "demo" in self.browser.texts("#account b"))

    def wait_for_schema(self) -> None:
        self.browser.wait("the schema is there", lambda: "userFeed" in self.browser.texts("#reference .row-name"))

    def choose(self, title: str) -> None:
        """Picks an example and waits until its variables, if it has any without a default, have values."""
        self.browser.click("#examples-tab")
        self.browser.script(
            "[...document.querySelectorAll('#examples .entry')]"
            ".find((each) => each.lastChild.textContent === arguments[0]).click()",
            title,
        )
        if re.search(r"\$\w+: [\w!\[\]]+[,)]", self.operation):
            self.browser.wait(f"{title}: variables are filled in", lambda: self.variables)

    def run(self) -> dict[str, Any]:
        """Runs with the keys and waits for the answer, which is returned as it is shown."""
        self.browser.script("document.getElementById('facts').replaceChildren()")
        self.browser.press("Control+Enter")
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """The answer, read back from the tree on the page."""
        self.browser.wait("an answer is shown", lambda: self.browser.texts("#facts .status"))
        shown = self.browser.script(
            "const copy = document.querySelector('#answer').cloneNode(true);"
            "for (const preview of copy.querySelectorAll('.preview')) preview.remove();"
            "return copy.textContent"
        )
        found: dict[str, Any] = json.loads(shown)
        return found

    def facts(self) -> list[str]:
        return self.browser.texts("#facts .fact")
