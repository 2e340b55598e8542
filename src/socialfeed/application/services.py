"""Every service of the product: what the entry points are given."""

from dataclasses import dataclass

from socialfeed.application.access import Access
from socialfeed.application.accounts import Accounts
from socialfeed.application.activity import ActivityLog
from socialfeed.application.author_pages import AuthorPages
from socialfeed.application.bookmarks import Bookmarks
from socialfeed.application.boundaries import Boundaries
from socialfeed.application.comment_likes import CommentLikes
from socialfeed.application.comments import Comments
from socialfeed.application.drafts import Drafts
from socialfeed.application.engagement import Engagement
from socialfeed.application.feeds.service import Feeds
from socialfeed.application.graph import Graph
from socialfeed.application.guard import Guard
from socialfeed.application.idempotency import Once
from socialfeed.application.images import ImageProxy
from socialfeed.application.media import MediaLibrary
from socialfeed.application.members import Members
from socialfeed.application.own_account import OwnAccount
from socialfeed.application.pins import Pins
from socialfeed.application.posts import Posts
from socialfeed.application.quotes import Quotes
from socialfeed.application.search import Search
from socialfeed.application.sessions import Sessions
from socialfeed.application.threads import Threads


@dataclass(frozen=True, slots=True)
class Services:
    """`guard` is for resolvers and jobs that have no service of their own."""

    guard: Guard
    accounts: Accounts
    own_account: OwnAccount
    sessions: Sessions
    access: Access
    members: Members
    activity: ActivityLog
    posts: Posts
    author_pages: AuthorPages
    once: Once
    media: MediaLibrary
    comments: Comments
    comment_likes: CommentLikes
    threads: Threads
    engagement: Engagement
    quotes: Quotes
    bookmarks: Bookmarks
    pins: Pins
    drafts: Drafts
    graph: Graph
    boundaries: Boundaries
    feeds: Feeds
    search: Search
    images: ImageProxy
