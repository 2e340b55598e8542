"""What posts are filtered by when they are searched, as words of an index. See `domain.search.label`."""

from socialfeed.domain.ids import UserId
from socialfeed.domain.post import Post
from socialfeed.domain.search import label


def labels_of(post: Post, *, has_media: bool = False) -> frozenset[str]:
    """`has_media` says whether anything that was uploaded belongs to it."""
    shows = has_media or post.image_url is not None
    found = {by_author(post.author_id), with_media(shows), *map(with_tag, post.tags)}
    if post.language is not None:
        # `de-AT` is German, too.
        found |= {in_language(post.language), in_language(post.language.partition("-")[0])}
    return frozenset(found)


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
