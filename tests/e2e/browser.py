"""A browser for tests: chromium, driven over the W3C WebDriver protocol with nothing but the standard library."""

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

PATIENCE = 15.0
"""Seconds until something that should happen in the page counts as not happening."""

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--lang=en-GB",
)
KEYS = {
    "Enter": "\ue007",
    "Tab": "\ue004",
    "Escape": "\ue00c",
    "Control": "\ue009",
    "Shift": "\ue008",
    "Alt": "\ue00a",
    "Space": " ",
    "Backspace": "\ue003",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Missing(RuntimeError):
    """A program that the end-to-end tests cannot do without is not installed."""


def program(*names: str, package: str) -> str:
    """The path of the first of `names` that is installed."""
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise Missing(f"{names[0]} is not installed: the end-to-end tests need it (on Debian: apt-get install {package})")


@contextmanager
def chromium(profile: Path) -> Iterator["Browser"]:
    """A browser with an empty profile in the folder `profile`; closed afterwards."""
    binary = program("chromium", "chromium-browser", "google-chrome", package="chromium")
    driver = program("chromedriver", package="chromium-driver")
    with subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = next(
                match[1] for line in process.stdout if (match := re.search(r"successfully on port (\d+)", line))
            )
            browser = Browser(f"http://127.0.0.1:{port}", binary, profile)
            try:
                yield browser
            finally:
                browser.quit()
        finally:
            process.terminate()


class Browser:
    """One window. Elements are named by CSS selectors; keys as `Control+Enter`."""

    def __init__(self, driver: str, binary: str, profile: Path) -> None:
        options = {"binary": binary, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        self._driver = driver
        session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{session['sessionId']}"

    def quit(self) -> None:
        self._send("DELETE", self._session)

    def go(self, url: str) -> None:
        self._command("POST", "/url", {"url": url})

    def reload(self) -> None:
        self._command("POST", "/refresh", {})

    def screen(self, width: int, height: int, *, dark: bool = False) -> None:
        """The window's size in CSS pixels, and what the reader's system prefers."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self._command("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def script(self, body: str, *arguments: Any) -> Any:
        """What the body of a function returns in the page; it may be async."""
        return self._command("POST", "/execute/sync", {"script": body, "args": list(arguments)})

    def text(self, selector: str) -> str:
        """The text of an element as it is shown."""
        return str(self._command("GET", f"/element/{self._find(selector)}/text"))

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements, shown or not."""
        found: list[str] = self.script(
            "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent)", selector
        )
        return found

    def value(self, selector: str) -> str:
        return str(self.script("return document.querySelector(arguments[0]).value", selector))

    def is_shown(self, selector: str) -> bool:
        return bool(self.script("return document.querySelector(arguments[0])?.checkVisibility() ?? false", selector))

    def click(self, selector: str) -> None:
        self._command("POST", f"/element/{self._find(selector)}/click", {})

    def click_text(self, selector: str, text: str) -> None:
        """Clicks the first shown element whose text is `text`."""
        found = self.script(
            "return [...document.querySelectorAll(arguments[0])]"
            ".find((each) => each.checkVisibility() && each.textContent.trim() === arguments[1])",
            selector,
            text,
        )
        assert found, f"nothing at {selector} says {text!r}: {self.texts(selector)}"
        self._command("POST", f"/element/{found[ELEMENT]}/click", {})

    def type(self, text: str) -> None:
        """Types into what has the focus."""
        self._keys([action for key in text for action in _press(key)])

    def press(self, *chords: str) -> None:
        """Presses keys one after the other, each alone or as a chord such as `Control+Enter`."""
        for chord in chords:
            keys = [KEYS.get(name, name) for name in chord.split("+")]
            down = [{"type": "keyDown", "value": key} for key in keys]
            up = [{"type": "keyUp", "value": key} for key in reversed(keys)]
            self._keys([*down, *up])

    def wait(self, what: str, condition: Callable[[], Any]) -> Any:
        """Waits until `condition` answers with something, which is returned."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = condition()
            if answer:
                return answer
            time.sleep(0.05)
        raise AssertionError(f"in {PATIENCE:.0f} s it did not come to this: {what}. Console: {self.console()}")

    def console(self) -> list[str]:
        """Errors and warnings of the page since the last call; refusals by its content policy are among them."""
        entries = self._command("POST", "/se/log", {"type": "browser"})
        return [f"{entry['level']} {entry['message']}" for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def hosts(self) -> set[str]:
        """The hosts that the window has asked for anything since the last call."""
        requested: list[str] = []
        for entry in self._command("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                requested.append(message["params"]["request"]["url"])
        return {urlsplit(url).netloc for url in requested if url.startswith(("http", "ws"))}

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._command("GET", "/screenshot")))

    def _find(self, selector: str) -> str:
        found = self._command("POST", "/element", {"using": "css selector", "value": selector})
        return str(found[ELEMENT])

    def _keys(self, actions: list[dict[str, str]]) -> None:
        self._command("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def _command(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._send(method, self._session + path, body)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._driver + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=60) as response:
                return json.load(response)["value"]
        except HTTPError as error:
            with error:
                refusal = json.load(error)["value"]
            raise AssertionError(f"{refusal['error']}: {refusal['message'].splitlines()[0]}") from None


def _press(key: str) -> list[dict[str, str]]:
    value = KEYS["Enter"] if key == "\n" else key
    return [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
