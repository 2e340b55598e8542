"""The request of every reader."""

import json
from collections.abc import Sequence

from bench.serving.world import Reader

OPERATION = """query UserFeed {
  userFeed(page: 1, itemsPerPage: 10) {
    items {
      id
      content
      image
      author { username firstName lastName }
      likesCount
      commentsCount
      sharesCount
      isLiked
      createdAt
    }
    totalItems
    totalPages
    currentPage
  }
}
"""
"""That of `shared/operations/feeds.graphql`."""

BODY = json.dumps({"query": OPERATION, "operationName": "UserFeed"}).encode()


def requests(readers: Sequence[Reader]) -> list[bytes]:
    """Ready to be sent."""
    return [_request(reader.token) for reader in readers]


def _request(token: str) -> bytes:
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY
