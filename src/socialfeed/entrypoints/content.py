"""What people wrote, as HTML, and where its links lead: the one place that knows the addresses of pages."""

from urllib.parse import quote

from socialfeed.domain import markup


def content_html(content: str) -> str:
    """Safe to put into a page as it is. Links to tags and people are relative to the page's host."""
    return markup.html(content, tag_url=_tag_url, user_url=_user_url)


def _tag_url(key: str) -> str:
    return f"/tags/{quote(key, safe='')}"


def _user_url(username: str) -> str:
    return f"/@{username}"
