"""What every page that the product serves promises without a browser: nothing foreign, nothing inline."""

import re
from html.parser import HTMLParser


class Page(HTMLParser):
    """The tags of a page, each with its attributes, and the text within scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style") and data.strip():
            self.inline.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]

    def acting_attributes(self) -> set[str]:
        """The names of attributes that hold a script, a style or a target."""
        names = {name for _, attributes in self.tags for name in attributes}
        return {name for name in names if name.startswith("on") or name in ("style", "srcdoc", "action")}


def text_made_active(script: str) -> list[str]:
    """Where a script turns text into markup, or runs it."""
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML"
        r"|\beval\(|new Function|javascript:|set(?:Timeout|Interval)\(\s*[\"'`]"
    )
    return re.findall(forbidden, script)


def addresses(text: str) -> set[str]:
    """Everything that looks like an address on a host."""
    return set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`)]*", text))
