"""The one policy that says what a viewer sees. Every read path asks it; storage may pre-filter, this decides."""

from dataclasses import dataclass

from socialfeed.domain.ids import UserId


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """What the policy knows about a viewer: who it is and which of the authors at hand it follows."""

    viewer_id: UserId | None
    following: frozenset[UserId] = frozenset()

    def sees(self, author_id: UserId, author_is_active: bool) -> bool:
        """Whether what this author wrote may be shown at all, anywhere."""
        return author_is_active or author_id == self.viewer_id

    def has_at_home(self, author_id: UserId) -> bool:
        """Whether posts of this author belong in the viewer's home feed."""
        return author_id == self.viewer_id or author_id in self.following
