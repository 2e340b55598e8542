"""Every service of the product: what the entry points are given."""

from dataclasses import dataclass

from socialfeed.application.accounts.access import Access
from socialfeed.application.accounts.members import Members
from socialfeed.application.accounts.own_account import OwnAccount
from socialfeed.application.accounts.service import Accounts
from socialfeed.application.accounts.sessions import Sessions
from socialfeed.application.activity import ActivityLog
from socialfeed.application.comments.likes import CommentLikes
from socialfeed.application.comments.service import Comments
from socialfeed.application.comments.threads import Threads
from socialfeed.application.engagement import Engagement
from socialfeed.application.feeds.discovery import Discovery
from socialfeed.application.feeds.listed import ListFeeds
from socialfeed.application.feeds.service import Feeds
from socialfeed.application.graph.boundaries import Boundaries
from socialfeed.application.graph.lists import Lists
from socialfeed.application.graph.service import Graph
from socialfeed.application.guard import Guard
from socialfeed.application.idempotency import Once
from socialfeed.application.media.images import ImageProxy
from socialfeed.application.media.service import MediaLibrary
from socialfeed.application.objects import Objects
from socialfeed.application.posts.author_pages import AuthorPages
from socialfeed.application.posts.bookmarks import Bookmarks
from socialfeed.application.posts.drafts import Drafts
from socialfeed.application.posts.pins import Pins
from socialfeed.application.posts.quotes import Quotes
from socialfeed.application.posts.service import Posts
from socialfeed.application.search.service import Search
from socialfeed.application.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Services:
    """`guard` is for resolvers and jobs that have no service of their own."""

    guard: Guard
    throttle: Throttle
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
    lists: Lists
    feeds: Feeds
    discovery: Discovery
    list_feeds: ListFeeds
    search: Search
    objects: Objects
    images: ImageProxy
