"""The page of the REST API in the words of someone who uses it."""

import json
from typing import Any

from tests.e2e.browser import Browser


class DocsPage:
    """Operations are named by their ids in the OpenAPI document: `me`, `signIn`."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address

    @classmethod
    def fresh(cls, browser: Browser, address: str, fragment: str = "") -> "DocsPage":
        """The page as someone sees it who never was here, on a wide screen."""
        browser.screen(1280, 900)
        browser.go(f"{address}/explorer/icon.svg")
        browser.script("localStorage.clear(); sessionStorage.clear();")
        browser.console()
        browser.hosts()
        browser.go(f"{address}/api/docs{fragment}")
        browser.wait("the operations are listed", lambda: browser.texts(".operation"))
        return cls(browser, address)

    def sign_in(self) -> None:
        self.browser.click("#sign-in [type=submit]")
        self.browser.wait("demo is signed in", lambda: self.browser.is_shown("#signed-in"))

    def open(self, operation: str) -> None:
        self.browser.click(f"#{operation} > summary")
        self.browser.wait(f"{operation} is open", lambda: self.browser.is_shown(f"#{operation} form"))

    def fill(self, operation: str, **texts: str) -> None:
        """Types into the inputs with these labels."""
        for label, text in texts.items():
            found = self.browser.script(
                "const [panel, name] = [document.getElementById(arguments[0]), arguments[1]];"
                "const label = [...panel.querySelectorAll('.field-head > label')]"
                ".find((each) => each.textContent === name);"
                "if (!label) return false; label.control.focus(); label.control.select(); return true;",
                operation,
                label,
            )
            assert found, f"{operation} has no input {label!r}"
            self.browser.type(text)

    def labels(self, operation: str) -> list[str]:
        return self.browser.texts(f"#{operation} .field-head > label:first-child")

    def command(self, operation: str) -> list[str]:
        """The lines of the curl command."""
        return self.browser.texts(f"#{operation} .command")[0].splitlines()

    def send(self, operation: str) -> tuple[str, Any]:
        """Presses Send; the status, and the answer as it is shown, read back."""
        self.browser.script(f"document.querySelector('#{operation} .answer').replaceChildren()")
        self.browser.click(f"#{operation} [type=submit]")
        self.browser.wait("an answer is shown", lambda: self.browser.texts(f"#{operation} .answer .status"))
        shown = self.browser.script(
            "const copy = document.querySelector(arguments[0])?.cloneNode(true);"
            "for (const preview of copy?.querySelectorAll('.preview') ?? []) preview.remove();"
            "return copy?.textContent ?? 'null'",
            f"#{operation} .answer .json",
        )
        return self.browser.text(f"#{operation} .answer .status"), json.loads(shown)
