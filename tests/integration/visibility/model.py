"""Who sees what, said once more in plain sets, apart from the code: the oracle that all storages are held against.

People, posts and comments are numbers, counted from 0 in the order in which they were made.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from socialfeed.domain.post import Visibility

SHOWN = "shown"
Pair = tuple[int, int]


@dataclass
class Person:
    active: bool = True
    private: bool = False
    words: set[str] = field(default_factory=set)


@dataclass
class Post:
    author: int
    visibility: Visibility
    mentioned: frozenset[int]
    words: frozenset[str]
    tag: str
    language: str
    deleted: bool = False


class Share(NamedTuple):
    who: int
    post: int
    below: int
    """The number of the first post that was written later."""


@dataclass
class Comment:
    author: int
    post: int
    words: frozenset[str]
    deleted: bool = False


@dataclass
class Model:
    people: list[Person]
    posts: list[Post] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    follows: list[Pair] = field(default_factory=list)
    """In the order in which they began."""
    requests: list[Pair] = field(default_factory=list)
    blocks: set[Pair] = field(default_factory=set)
    mutes: set[Pair] = field(default_factory=set)
    """Of posts, and of shares in `muted_shares`."""
    muted_shares: set[Pair] = field(default_factory=set)
    likes: set[Pair] = field(default_factory=set)
    """(who, post), as in `bookmarks`."""
    shares: list[Share] = field(default_factory=list)
    """In the order in which they were made."""
    bookmarks: set[Pair] = field(default_factory=set)
    listed: list[Pair] = field(default_factory=list)
    """(whose list, who is on it), in the order in which they were put there."""

    def blocked(self, one: int, other: int) -> bool:
        return bool(self.blocks & {(one, other), (other, one)})

    def may_share(self, who: int, number: int) -> bool:
        post = self.posts[number]
        is_for_all = post.visibility in (Visibility.PUBLIC, Visibility.UNLISTED)
        return who == post.author or (is_for_all and not self.people[post.author].private)

    def looks_up(self, viewer: int | None, who: int) -> bool:
        if viewer == who:
            return True
        return self.people[who].active and (viewer is None or (who, viewer) not in self.blocks)

    def lists(self, viewer: int | None, who: int) -> bool:
        """Whether the viewer sees the account in a list."""
        return self.looks_up(viewer, who) and (viewer is None or viewer == who or (viewer, who) not in self.blocks)

    def opens_page(self, viewer: int | None, who: int) -> bool:
        if not self.lists(viewer, who):
            return False
        return viewer == who or not self.people[who].private or self.follows_(viewer, who)

    def follows_(self, viewer: int | None, who: int) -> bool:
        return viewer is not None and (viewer, who) in self.follows

    def sees(self, viewer: int | None, number: int) -> str | None:
        """SHOWN, the reason why it is limited, or None."""
        post = self.posts[number]
        if post.deleted:
            return None
        if viewer == post.author:
            return SHOWN
        if not self.lists(viewer, post.author):
            return None
        follows = self.follows_(viewer, post.author)
        if viewer is None or viewer not in post.mentioned:
            for_followers = self.people[post.author].private or post.visibility is Visibility.FOLLOWERS
            if post.visibility is Visibility.MENTIONED or (for_followers and not follows):
                return None
        if limit := self.muted(viewer, post.author, post.words):
            return limit
        return "unlisted" if post.visibility is Visibility.UNLISTED and not follows else SHOWN

    def reads(self, viewer: int | None, number: int) -> str | None:
        """The same of a comment."""
        comment = self.comments[number]
        if comment.deleted or not self.lists(viewer, comment.author):
            return None
        if viewer == comment.author:
            return SHOWN
        return self.muted(viewer, comment.author, comment.words) or SHOWN

    def muted(self, viewer: int | None, author: int, words: frozenset[str]) -> str | None:
        if viewer is None:
            return None
        if (viewer, author) in self.mutes:
            return "muted_author"
        return "muted_word" if self.people[viewer].words & words else None

    def visible(self, viewer: int | None) -> dict[int, str]:
        seen = {number: self.sees(viewer, number) for number in range(len(self.posts))}
        return {number: how for number, how in seen.items() if how is not None}

    def home(self, viewer: int) -> dict[int, int | None]:
        """The posts, newest first, each with the one who shared it, if that is why it is there. What is at home without
        that stays where it was written: all of this happens within a day.
        """
        welcome = {viewer, *(who for fan, who in self.follows if fan == viewer)}
        seen, found = self.visible(viewer), dict[tuple[int, int], tuple[int, int | None]]()
        for number, (who, post, below) in enumerate(self.shares, start=1):
            is_heard = who == viewer or (self.people[who].active and (viewer, who) not in self.muted_shares)
            is_repeated = self.posts[post].author in welcome
            if who in welcome and is_heard and not is_repeated and seen.get(post) in (SHOWN, "unlisted"):
                found[below - 1, number] = post, who
        for post, how in seen.items():
            if how == SHOWN and self.posts[post].author in welcome:
                found[post, 0] = post, None
        newest: dict[int, int | None] = {}
        for place in sorted(found, reverse=True):
            newest.setdefault(*found[place])
        return newest

    def list_feed(self, viewer: int) -> list[int]:
        on_it = {whom for who, whom in self.listed if who == viewer}
        return sorted(
            (n for n, how in self.visible(viewer).items() if how == SHOWN and self.posts[n].author in on_it),
            reverse=True,
        )

    def on_list(self, viewer: int) -> list[int]:
        return [whom for who, whom in reversed(self.listed) if who == viewer and self.lists(viewer, whom)]

    def catches_up(self, viewer: int, found: dict[int, int | None]) -> bool:
        """Whether this is at home, by others, not more than three through anybody, and as much as can be."""
        home = {post: by for post, by in self.home(viewer).items() if viewer not in (by, self.posts[post].author)}
        through = Counter(who for post, by in found.items() for who in {self.posts[post].author, by} - {None})
        full = {who for who, number in through.items() if number == 3}
        left = [{self.posts[post].author, by} for post, by in home.items() if post not in found]
        return found.items() <= home.items() and max(through.values(), default=0) <= 3 and all(map(full.__and__, left))

    def trending(self, viewer: int | None) -> set[int]:
        engaged = (
            self.likes
            | {(who, post) for who, post, _ in self.shares}
            | {(each.author, each.post) for each in self.comments if not each.deleted}
        )
        by_others = {post for who, post in engaged if who != self.posts[post].author}
        return {number for number in by_others if self.discovers(viewer, number)}

    def discovers(self, viewer: int | None, number: int) -> bool:
        post = self.posts[number]
        is_public = post.visibility is Visibility.PUBLIC and not self.people[post.author].private
        return is_public and self.sees(viewer, number) == SHOWN

    def newest(self, viewer: int | None, *, tag: str | None = None, language: str | None = None) -> list[int]:
        """What is discovered of all, or of those with a tag, or in a language of any region, the newest first."""
        return [
            number
            for number, post in reversed(list(enumerate(self.posts)))
            if self.discovers(viewer, number)
            and tag in (None, post.tag)
            and language in (None, post.language, post.language[:2])
        ]

    def trends(self, viewer: int | None) -> dict[str, tuple[int, int]]:
        """The tags of what trends, with how many posts and how many authors that is."""
        posts = [self.posts[number] for number in self.trending(viewer)]
        authors = {tag: [post.author for post in posts if post.tag == tag] for tag in {post.tag for post in posts}}
        return {tag: (len(wrote), len(set(wrote))) for tag, wrote in authors.items()}

    def page(self, viewer: int | None, who: int) -> tuple[list[int], int]:
        """What is shown of somebody's page, and how many stand there."""
        if not self.opens_page(viewer, who):
            return [], 0
        there = [n for n, post in enumerate(self.posts) if post.author == who and not post.deleted]
        if viewer != who:
            hidden = {Visibility.MENTIONED}
            if not self.follows_(viewer, who):
                hidden.add(Visibility.FOLLOWERS)
            there = [n for n in there if self.posts[n].visibility not in hidden]
        return sorted(there, reverse=True), len(there)

    def thread(self, viewer: int | None, post: int) -> dict[int, str]:
        under = [number for number, comment in enumerate(self.comments) if comment.post == post]
        read = {number: self.reads(viewer, number) for number in under}
        return {number: how for number, how in read.items() if how is not None}

    def threads(self, viewer: int | None) -> dict[int, str]:
        """The comments on all posts that the viewer sees."""
        seen = [self.thread(viewer, post) for post in self.visible(viewer)]
        return {number: how for thread in seen for number, how in thread.items()}

    def likers(self, viewer: int | None, post: int) -> list[int]:
        return sorted(who for who, liked in self.likes if liked == post and self.lists(viewer, who))

    def followers(self, viewer: int | None, who: int) -> list[int]:
        return [fan for fan, star in reversed(self.follows) if star == who and self.lists(viewer, fan)]

    def following(self, viewer: int | None, who: int) -> list[int]:
        return [star for fan, star in reversed(self.follows) if fan == who and self.lists(viewer, star)]

    def asking(self, viewer: int) -> list[int]:
        return [fan for fan, star in reversed(self.requests) if star == viewer and self.lists(viewer, fan)]

    def suggested(self, viewer: int) -> list[int]:
        mine = {star for fan, star in self.follows if fan == viewer}
        common: dict[int, int] = {}
        for fan, star in self.follows:
            if fan in mine and star != viewer and star not in mine:
                common[star] = common.get(star, 0) + 1
        mutes = self.mutes | self.muted_shares
        fit = [
            who
            for who in common
            if self.lists(viewer, who) and (viewer, who) not in self.requests and (viewer, who) not in mutes
        ]
        return sorted(fit, key=lambda who: (-common[who], who))
