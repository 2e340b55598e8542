"""Takes the README's picture anew: `python -m tests.e2e.picture docs/images/explorer.png`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.e2e.browser import chromium
from tests.e2e.page import Explorer
from tests.e2e.server import serving


def take(file: Path) -> None:
    """The page in light colours, the home feed of the demo user run, the schema beside it."""
    with (
        TemporaryDirectory() as folder,
        serving(Path(folder)) as address,
        chromium(Path(folder) / "profile") as browser,
    ):
        page = Explorer.fresh(browser, address)
        page.wait_for_schema()
        page.sign_in()
        page.run()
        page.run()  # the second time is what a reader sees all day: nothing is cold any more
        browser.script("document.activeElement.blur()")
        browser.picture(file)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
