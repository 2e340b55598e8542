"""What peers are told: where the data is, and whose a token is."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import jwt

FILE = "peers.json"
"""In the folder of the measurement."""

LISTED = 400
"""The feed counts so many posts at most, as ours does."""

_AUTHORS = "SELECT followee_id AS id FROM follows WHERE follower_id = %(me)s UNION ALL SELECT %(me)s"
PAGE = f"""
SELECT n.id, n.content, n.image_url, n.author_id, n.created_at, c.likes, c.comments, c.shares
FROM (
  SELECT newest.* FROM ({_AUTHORS}) AS a
  CROSS JOIN LATERAL (
    SELECT * FROM posts p WHERE p.author_id = a.id AND p.deleted_at IS NULL ORDER BY p.id DESC LIMIT %(until)s
  ) AS newest
  ORDER BY newest.id DESC LIMIT %(limit)s OFFSET %(offset)s
) AS n JOIN post_counters c ON c.post_id = n.id ORDER BY n.id DESC
"""
"""As quick as it gets without timelines: some of the newest of each, by index."""

TOTAL = f"""
SELECT count(*) FROM (
  SELECT FROM posts p WHERE p.author_id = ANY(ARRAY({_AUTHORS})) AND p.deleted_at IS NULL LIMIT {LISTED}
) AS listed
"""


class Given(NamedTuple):
    database_url: str
    redis_url: str
    key: str

    @classmethod
    def read(cls, folder: Path) -> "Given":
        return cls(**json.loads((folder / FILE).read_text()))

    def write(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(self._asdict()))

    def reader(self, authorization: str) -> int:
        """Whose a bearer token is. Raises `jwt.InvalidTokenError`."""
        token = authorization.removeprefix("Bearer ")
        claims = jwt.decode(
            token, bytes.fromhex(self.key), algorithms=["HS256"], issuer="socialfeed", audience="socialfeed"
        )
        return int(claims["sub"])


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pages(total: int, size: int) -> int:
    return -(-total // size)
