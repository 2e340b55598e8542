"""How much of everything, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from socialfeed.domain.ids import EPOCH_MS

FOLLOWS_PER_USER, LIKES_PER_POST, COMMENTS_PER_POST, POSTS_PER_SHARE = 30, 10, 2, 2
SPAN = timedelta(weeks=6)
"""Posts are spread over this time, up to `Plan.until`; people joined in the half year before it."""
JOINING = timedelta(weeks=26)


@dataclass(frozen=True, slots=True)
class Plan:
    """The exact numbers of rows. `until` is the moment at which the population looks recent."""

    users: int
    posts: int
    follows: int
    likes: int
    comments: int
    shares: int
    seed: int
    until: datetime

    @classmethod
    def scaled(
        cls,
        *,
        users: int,
        posts: int,
        until: datetime,
        follows: int | None = None,
        likes: int | None = None,
        comments: int | None = None,
        shares: int | None = None,
        seed: int = 42,
    ) -> "Plan":
        """What is not given follows from the number of users and posts, as far as there are pairs for it."""
        pairs = posts * max(0, users - 1)
        return cls(
            users=users,
            posts=posts,
            follows=min(users * FOLLOWS_PER_USER, users * (users - 1) // 2) if follows is None else follows,
            likes=min(posts * LIKES_PER_POST, pairs // 2) if likes is None else likes,
            comments=posts * COMMENTS_PER_POST if comments is None else comments,
            shares=min(posts // POSTS_PER_SHARE, pairs // 2) if shares is None else shares,
            seed=seed,
            until=until,
        )

    def __post_init__(self) -> None:
        if self.users < 1:
            raise ValueError("a population needs at least one user")
        negative = next(
            (name for name in ("posts", "follows", "likes", "comments", "shares") if getattr(self, name) < 0),
            None,
        )
        if negative:
            raise ValueError(f"the number of {negative} may not be negative")
        others = self.users - 1
        for name, most in (
            ("follows", self.users * others),
            ("likes", self.posts * others),
            ("shares", self.posts * others),
        ):
            if getattr(self, name) > most:
                raise ValueError(f"{self.users} users and {self.posts} posts leave room for {most} {name} at most")
        if self.comments and not self.posts:
            raise ValueError("comments need posts")
        if self.joining_ms <= EPOCH_MS:
            raise ValueError(
                f"a population cannot end in {self.until:%Y-%m-%d}: its people would join before ids begin"
            )

    @property
    def until_ms(self) -> int:
        return _unix_ms(self.until)

    @property
    def start_ms(self) -> int:
        """The moment of the first possible post."""
        return _unix_ms(self.until - SPAN)

    @property
    def joining_ms(self) -> int:
        """The moment the first person may join."""
        return _unix_ms(self.until - SPAN - JOINING)

    @property
    def totals(self) -> dict[str, int]:
        """The number of rows of each noun, in the order in which they depend on one another."""
        return {name: getattr(self, name) for name in ("users", "follows", "posts", "comments", "likes", "shares")}

    def chance(self, part: str) -> Random:
        """The source of chance for one part, so that no part depends on how much another part drew."""
        return Random(f"{self.seed}/{part}")


def _unix_ms(at: datetime) -> int:
    return (at - _UNIX_EPOCH) // timedelta(milliseconds=1)


def moment(ms: int) -> datetime:
    """The moment of Unix milliseconds, exactly."""
    return _UNIX_EPOCH + timedelta(milliseconds=ms)


_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
