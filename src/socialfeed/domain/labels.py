"""What posts are filtered by when they are searched, as words of an index. See `domain.search.label`."""

from socialfeed.domain.ids import UserId
from socialfeed.domain.post import Post
from socialfeed.domain.search import label
from socialfeed.domain.text import languages_of


def labels_of(post: Post, *, has_media: bool = False) -> frozenset[str]:
    """`has_media` says whether anything that was uploaded belongs to it."""
    shows = has_media or post.image_url is not None
    languages = map(in_language, languages_of(post.language))
    return frozenset({by_author(post.author_id), with_media(shows), *map(with_tag, post.tags), *languages})


def by_author(author_id: UserId) -> str:
    return label("author", author_id)


def with_tag(name: str) -> str:
    """Of a tag with or without its #; case and accents do not matter."""
    return label("tag", name.strip().lstrip("#＃"))


def in_language(language: str) -> str:
    """Of posts in exactly this, or, where no region is named, in any kind of it."""
    return label("language", language)


def with_media(has_media: bool) -> str:
    return label("media", "yes" if has_media else "no")
