"""Every service of the product: what the entry points are given."""

from dataclasses import dataclass

from socialfeed.application.accounts import Accounts
from socialfeed.application.comments import Comments
from socialfeed.application.engagement import Engagement
from socialfeed.application.feeds.service import Feeds
from socialfeed.application.graph import Graph
from socialfeed.application.posts import Posts
from socialfeed.application.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Services:
    accounts: Accounts
    sessions: Sessions
    posts: Posts
    comments: Comments
    engagement: Engagement
    graph: Graph
    feeds: Feeds
